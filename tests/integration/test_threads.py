"""Decoding in nginx's threads: the same answers, and nothing in the way."""

import concurrent.futures
import functools
import os
import signal
import socket
import subprocess
import time
import unittest

import harness
import test_reload
from harness import MULTIPART, face, multipart, part


CONF = '''
    facetree_model m %(model)s;
    client_max_body_size 8m;
    facetree_decode_timeout 20s;
    facetree_max_pixels 200000000;

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /inline {
            facetree m;
            facetree_threads off;
        }

        location = /threads {
            facetree m;
        }

        location = /hasty {
            facetree m;
            facetree_decode_timeout 1ms;
        }

        location = /mirrored {
            facetree m;
            mirror /shadow;
        }

        location = /shadow {
            internal;
            facetree m;
        }

        location = /narrow {
            facetree m;
            facetree_threads narrow queue=1;
        }

        location = /narrow-page {
            facetree m;
            facetree_threads narrow queue=1;
            error_page 503 =503 /busy.txt;
        }
    }
'''

SIDE = 4900


@functools.lru_cache(maxsize=None)
def large():
    """A small file that takes a while: 24 million gray levels."""
    return harness.png(SIDE, SIDE, bytes(SIDE * SIDE), 1)


def whole(side):
    """An interlaced PNG: its decoder must hold all of it, side x side
    bytes."""
    rows = b''
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8),
                         (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                         (0, 1, 1, 2)):
        width = len(range(x, side, dx))
        rows += bytes(width + 1) * len(range(y, side, dy))
    return harness.png_of_rows(side, side, rows, interlaced=1)


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
        """What costs little does not go to a thread."""
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


class Memory(ThreadsCase):

    THREADS = 12
    SIDE = 3000

    main = ('thread_pool many threads=%d; thread_pool narrow threads=1;'
            % THREADS)

    @classmethod
    def conf(cls):
        return super().conf().replace(
            'location = /threads {\n            facetree m;',
            'location = /threads {\n            facetree m;'
            '\n            facetree_threads many max=%d;' % cls.THREADS)

    @unittest.skipIf(harness.SANITIZED, 'freed memory is kept to be watched')
    def test_is_given_back(self):
        """Frames of megabytes do not stay with the threads that had them."""
        pid, = self.server.worker_pids()
        self.assertFace(self.client.post('/threads', face()))
        before = test_reload.resident(pid)
        body = whole(self.SIDE)
        with concurrent.futures.ThreadPoolExecutor(self.THREADS) as pool:
            for answer in pool.map(lambda n: self.client.post('/threads',
                                                              body),
                                   range(4 * self.THREADS)):
                self.assertFace(answer)
        self.assertLess(test_reload.resident(pid) - before,
                        2 * self.SIDE ** 2 / 1024)


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


    def test_half_closed(self):
        """A client that closes its side while it waits has left, as it has
        for proxy_pass; without waiting it is answered."""
        request = (b'POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
                   b'Content-Length: %d\r\n\r\n')
        for path, want in (b'/inline', 1), (b'/threads', 0):
            with self.client.connect() as s:
                s.sendall(request % (path, len(large())) + large())
                s.shutdown(socket.SHUT_WR)
                answers = harness.parse_answers(harness.receive(s))
            self.assertEqual([a.status for a in answers], [200] * want)

    def test_http2_stream_goes_away(self):
        for limit in ('0.01', '0.03', '0.06', '0.1'):
            done = subprocess.run(
                ['curl', '-sS', '--http2-prior-knowledge', '-m', limit,
                 '--data-binary', '@-', '-H', 'Content-Type: image/png',
                 'http://127.0.0.1:%d/threads' % self.server.h2port],
                input=large(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            self.assertIn(done.returncode, (0, 28))
        self.assertFace(self.client.post('/threads', large()))

    def test_subrequest(self):
        """The shadow's thread outlasts its request, or the client goes."""
        for pause in (None, 0.0, 0.02):
            with self.client.connect() as s:
                s.sendall(b'POST /mirrored HTTP/1.1\r\nHost: x\r\n'
                          b'Content-Length: %d\r\nConnection: close\r\n\r\n'
                          % len(large()) + large())
                if pause is None:
                    answer, = harness.parse_answers(harness.receive(s))
                    self.assertEqual(answer.status, 200)
                else:
                    time.sleep(pause)
        self.assertFace(self.client.post('/threads', large()))


class Timeout(ThreadsCase):

    def test_picture_takes_too_long(self):
        """The time is that of the request, whatever else is in it."""
        body = multipart(part(face(), 'a'), part(large(), 'b'))
        for answer in (self.client.post('/hasty', large()),
                       self.client.post('/hasty', body, MULTIPART)):
            document = self.assertProblem(answer, 413, 'timeout')
            self.assertEqual(document['limit'], 1)
            self.assertGreater(document['observed'], 1)


class Stopping(unittest.TestCase):
    """nginx is told to end while a thread decodes."""

    COUNT = 6                                # pictures in the request

    def serve(self, extra=''):
        conf = ThreadsCase.conf().replace(
            'server {', 'facetree_zone z:1m; server {\n'
            'location = /status { facetree_status; }', 1)
        server = harness.Nginx(conf, ThreadsCase.main + extra, 1).start()
        self.addCleanup(server.stop)
        return server

    def post(self, server):
        """A connection whose request is in a thread."""
        client = harness.Client(server)
        body = multipart(*[part(large(), 'a')] * self.COUNT)
        s = client.connect()
        self.addCleanup(s.close)
        s.sendall(b'POST /threads HTTP/1.1\r\nHost: x\r\n'
                  b'Content-Type: %s\r\nContent-Length: %d\r\n\r\n'
                  % (MULTIPART.encode(), len(body)) + body)
        harness.wait_for('the thread', lambda: client.request(
            'GET', '/status').json()['models'][0]['requests']['in_progress'])
        return s

    def ended(self, server, pid, expected=()):
        """By itself, and with nothing to say about it."""
        self.assertEqual(server.process.wait(harness.TIMEOUT), 0)
        self.assertFalse(os.path.exists('/proc/%d' % pid))
        self.assertEqual(server.bad_lines(expected), [])

    def test_quit(self):
        server = self.serve()
        pid, = server.worker_pids()
        s = self.post(server)
        server.process.send_signal(signal.SIGQUIT)
        answer, = harness.parse_answers(harness.receive(s))
        self.assertEqual(answer.status, 200)
        self.assertEqual(len(answer.json()['predictions']), self.COUNT)
        self.ended(server, pid)

    def test_quit_with_a_limit(self):
        """The connection is closed, the thread comes back all the same."""
        server = self.serve('worker_shutdown_timeout 50ms;')
        pid, = server.worker_pids()
        s = self.post(server)
        server.process.send_signal(signal.SIGQUIT)
        harness.receive(s)
        self.ended(server, pid)

    def test_term(self):
        server = self.serve()
        pid, = server.worker_pids()
        s = self.post(server)
        server.process.send_signal(signal.SIGTERM)
        harness.receive(s)

        # The master waits no longer than a second, a sanitizer does.

        self.ended(server, pid, [r'exited on signal 9']
                   if harness.SANITIZED else [])


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
