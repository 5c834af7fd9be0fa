"""Decoding in nginx's threads: the same answers, and nothing in the way."""

import concurrent.futures
import functools
import time

import harness
from harness import MULTIPART, face, multipart, part


CONF = '''
    facetree_model m %(model)s;
    client_max_body_size 8m;
    facetree_decode_timeout 20s;

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /inline {
            facetree m;
        }

        location = /threads {
            facetree m;
            facetree_threads default min=1k;
        }

        location = /narrow {
            facetree m;
            facetree_threads narrow min=1k;
        }

        location = /narrow-page {
            facetree m;
            facetree_threads narrow min=1k;
            error_page 503 =503 /busy.txt;
        }
    }
'''

SIDE = 4900


@functools.lru_cache(maxsize=None)
def large():
    """A small file that takes a while: 24 million gray levels."""
    return harness.png(SIDE, SIDE, bytes(SIDE * SIDE), 1)


class ThreadsCase(harness.Case):

    workers = 1
    main = 'thread_pool narrow threads=1 max_queue=1;'

    @classmethod
    def conf(cls):
        harness.need_threads()
        return CONF % {'model': harness.synthetic_model()}


class Answers(ThreadsCase):

    def test_same_answer(self):
        for body, kind in ((face(), None), (face()[:-9], None),
                           (b'GIF89a' * 999, None),
                           (multipart(part(face(), 'a'), part(face(), 'b'),
                                      part(b'?' * 999, 'c')), MULTIPART),
                           (large(), None)):
            told = []
            for path in ('/inline', '/threads'):
                answer = self.client.post(path, body, kind)
                document = answer.json()
                document.pop('timing_us', None)
                told.append((answer.status, answer.type, document))
            self.assertEqual(*told)

    def test_small_ones_stay(self):
        """Below the size nothing goes to a thread, and all is answered."""
        self.assertEqual(self.client.post('/threads', b'?' * 99).status, 415)

    def test_many_at_once(self):
        bodies = [face(n) for n in range(0, 400, 4)]
        want = [self.client.post('/inline', body).json()['predictions']
                for body in bodies]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda body: self.client.post(
                '/threads', body).json()['predictions'], bodies * 3))
        self.assertEqual(got, want * 3)

    def test_pipelined(self):
        request = (b'POST /threads HTTP/1.1\r\nHost: x\r\n'
                   b'Content-Length: %d\r\n\r\n' % len(face()) + face())
        last = request.replace(b'Host: x', b'Host: x\r\nConnection: close')
        answers = self.client.raw(request * 4 + last)
        self.assertEqual([a.status for a in answers], [200] * 5)

    def test_http2(self):
        for body in (face(), large()):
            answer = self.client.curl('/threads', '-H',
                                      'Content-Type: image/png', body=body)
            self.assertFace(answer)

    def test_page(self):
        answer = self.client.post('/threads', face(), Accept='text/html')
        self.assertEqual(answer.type, 'text/html; charset=utf-8')

    def test_others_are_served_meanwhile(self):
        """One worker, and yet small answers overtake the large one."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.client.post, '/threads', large())
            served = 0
            while not slow.done():
                self.assertFace(self.client.post('/inline', face()))
                served += 1
            self.assertFace(slow.result())
        self.assertGreater(served, 3)


class Leaving(ThreadsCase):

    def test_client_goes_away(self):
        """Before the thread is back; the worker lives on."""
        head = (b'POST /threads HTTP/1.1\r\nHost: x\r\n'
                b'Content-Length: %d\r\n\r\n' % len(large()))
        for pause in (0.0, 0.005, 0.02, 0.05):
            for number in range(3):
                with self.client.connect() as s:
                    s.sendall(head + large())
                    time.sleep(pause)
        self.assertFace(self.client.post('/threads', large()))

    def test_reload_under_way(self):
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            slow = [pool.submit(self.client.post, '/threads', large())
                    for number in range(3)]
            time.sleep(0.05)
            self.server.reload()
            for answer in slow:
                self.assertFace(answer.result())

    reloads = True


class FullQueue(ThreadsCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.server.path('html', 'busy.txt'), 'w') as stream:
            stream.write('busy')

    def crowd(self, path):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda n: self.client.post(path, large()),
                                 range(8)))

    def test_busy(self):
        answers = self.crowd('/narrow')
        busy = [a for a in answers if a.status != 200]
        self.assertTrue(busy)
        self.assertLess(len(busy), 8)
        for answer in busy:
            self.assertProblem(answer, 503)
            self.assertRegex(answer.headers.get('retry-after', ''),
                             r'^[1-9]\d*$')
        self.assertFace(self.client.post('/narrow', large()))

    def test_own_page(self):
        texts = {a.text for a in self.crowd('/narrow-page')
                 if a.status == 503}
        self.assertEqual(texts, {'busy'})
