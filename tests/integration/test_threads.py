"""Decoding in nginx's threads: the same answers, and nothing in the way; the
queue before them, and clients that leave it."""

import concurrent.futures
import contextlib
import functools
import json
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import zlib

import clients
import harness
import test_idioms
import test_inference
import test_metrics
import test_reload
from clients import Ask
from harness import MULTIPART, chunk, face, multipart, part


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


def whole(side, height=None, fill=0):
    """An interlaced PNG: its decoder must hold all of it, a byte a pixel.
    "fill" bytes of a comment make its file larger."""
    height = height or side
    rows = b''
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8),
                         (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                         (0, 1, 1, 2)):
        width = len(range(x, side, dx))
        rows += bytes(width + 1) * len(range(y, height, dy)) if width else b''
    data = harness.png_of_rows(side, height, rows, interlaced=1)
    end = data.index(b'IDAT') - 4
    return data[:end] + chunk(b'tEXt', b'a\0' + b'x' * fill) + data[end:]


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


# Requests that hold a thread until they leave, and those behind them.

class Held(clients.Stream):
    """An HTTP/2 request that stays, all of it sent, until leave()."""

    def go(self):
        return self.outcome

    def leave(self):
        super().go()


class Sent:
    """A request that has been sent and is not read; "http2": None, "reset"
    of the stream, or "close" of its connection."""

    def __init__(self, server, ask, http2=None):
        self.stream = None
        self.socket = clients.narrow(server.h2port if http2 else server.port)
        if http2:
            plan = clients.Plan('sent', 0, [ask])
            plan.leave, plan.reset = clients.SENT, http2 == 'reset'
            plan.window, plan.stay = 65535, 0
            self.stream = Held(self.socket, plan)
            self.stream.run()
        else:
            clients.send_all(self.socket, ask)

    def leave(self):
        """The connection of a stream that was reset stays."""
        if self.stream and self.stream.plan.reset:
            self.stream.leave()
        else:
            self.socket.close()

    def answered(self):
        return bool(select.select([self.socket], [], [], 0)[0])

    def answer(self):
        answer, = harness.parse_answers(harness.receive(self.socket))
        return answer

    def close(self):
        self.socket.close()


@functools.lru_cache(maxsize=None)
def slow_picture():
    """76 KB that take half a second: rows of 16-bit RGBA, all filtered."""
    side = 3000
    packer = zlib.compressobj(9)
    rows = packer.compress((b'\4' + bytes(8 * side)) * side) + packer.flush()
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 16, 6,
                                         0, 0, 0))
            + chunk(b'IDAT', rows) + chunk(b'IEND', b''))


def endless(*pictures):
    """A form that takes many seconds: whoever sends it leaves before its
    end."""
    return multipart(*[part(data, 'a') for data in
                       list(pictures) + [slow_picture()] * 40])


QUEUE_CONF = '''
    facetree_model  m %(model)s;
    facetree_zone   z:1m;
    facetree_memory 16m;
    facetree_max_pixels     1000000000;
    facetree_max_images     100;
    facetree_decode_timeout 300s;
    client_max_body_size    32m;
    proxy_read_timeout      1s;

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /metrics {
            facetree_metrics;
        }

        location = /one {
            facetree m;
            facetree_threads default max=1 queue=8;
        }

        location = /inline {
            facetree m;
            facetree_threads off;
        }

        location = /wide {
            facetree m;
            facetree_threads wide max=2 queue=8;
        }

        location = /behind {
            facetree m;
            facetree_threads behind max=3 queue=8;
        }

        location = /full {
            facetree m;
            facetree_threads full max=1 queue=0;
        }

        location = /full/module {
            facetree m;
            facetree_threads full max=1 queue=0;
            error_page 503 = @module;
        }

        location = /full/text {
            facetree m;
            facetree_threads full max=1 queue=0;
            error_page 503 =200 @text;
        }

        location = /full/problem {
            facetree m;
            facetree_threads full max=1 queue=0;
            error_page 503 @problem;
        }

        location @module {
            facetree m;
            facetree_threads off;
        }

        location @text {
            return 200 "come in";
        }

        location @problem {
            facetree_problem;
        }

        location = /after/none {
            facetree m;
            facetree_threads default max=1 queue=8;
        }

        location = /after/answered {
            facetree m;
            facetree_threads default max=1 queue=8;
            post_action /to-answered;
        }

        location = /after/silent {
            facetree m;
            facetree_threads default max=1 queue=8;
            post_action /to-silent;
        }

        location = /to-answered {
            internal;
            proxy_pass http://127.0.0.1:%(answered)d;
        }

        location = /to-silent {
            internal;
            proxy_pass http://127.0.0.1:%(silent)d;
        }
    }
'''


class Silent:
    """Reads all that it is sent, and never says a word."""

    def __init__(self):
        self.seen = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                s, _ = self.listener.accept()
                threading.Thread(target=self.read, args=(s,),
                                 daemon=True).start()

    def read(self, s):
        with s, contextlib.suppress(OSError):
            self.seen.append(s.recv(65536))
            while s.recv(65536):
                pass

    def close(self):
        self.listener.close()


class Queue:
    """A server with QUEUE_CONF, for a TestCase to hold requests in."""

    main = ('thread_pool wide threads=2; thread_pool behind threads=1;'
            'thread_pool full threads=1;')

    @classmethod
    def queue_conf(cls):
        harness.need_threads()
        cls.echo, cls.silent = test_idioms.start_echo(), Silent()
        for close in (cls.echo.server_close, cls.echo.shutdown,
                      cls.silent.close):
            cls.addClassCleanup(close)
        return QUEUE_CONF % {'model': harness.small_model(),
                             'answered': cls.echo.server_address[1],
                             'silent': cls.silent.port}

    def send(self, path, body, kind=None, http2=None, **headers):
        if kind:
            headers['Content_Type'] = kind
        sent = Sent(self.server, Ask('sent', path, body, **headers), http2)
        self.addCleanup(sent.close)
        return sent

    def metrics(self):
        return test_metrics.parse(
            harness.Client(self.server).request('GET', '/metrics').text)

    def gauges(self):
        metrics = self.metrics()
        return tuple(int(metrics.total(name)) for name in (
            'facetree_queue_depth', 'facetree_memory_reserved_bytes'))

    def waiting(self, count):
        harness.wait_for('%d in the queue' % count,
                         lambda: self.gauges()[0] == count)

    def occupy(self, path, http2=None, pictures=(), least=1):
        """A request in a thread, for as long as it likes, with so many
        bytes."""
        _, before = self.gauges()
        sent = self.send(path, endless(*pictures), MULTIPART, http2)

        def works():
            depth, reserved = self.gauges()
            return depth == 0 and reserved >= before + least

        harness.wait_for('the thread', works)
        return sent


class QueueCase(Queue, harness.Case):

    workers = 1

    @classmethod
    def conf(cls):
        return cls.queue_conf()

    def setUp(self):
        super().setUp()
        self.rest = clients.Rest(self.server)

    def assertRest(self):
        self.assertEqual(self.rest.back(), {}, 'left behind')


class QueueMoves(QueueCase):
    """The first in the queue is the only one that waits for memory."""

    height = None

    def largest(self, share=1.0, fill=0):
        """What the worker can just take when it is alone, or a share."""
        width = 4096
        low, high = 1, 8192

        while self.height is None and high - low > 1:
            height = (low + high) // 2
            answer = self.client.post('/one', whole(width, height))
            self.assertIn(answer.status, (200, 413), answer)
            if answer.status == 200:
                low = height
            else:
                self.assertProblem(answer, 413, 'memory')
                high = height

        if self.height is None:
            self.assertGreater(low, 100)
            type(self).height = low

        # A body that arrives in pieces is copied.

        height = self.height - 2 - 2 * fill // width
        return whole(width, int(share * height), fill)

    def check_first_leaves(self, http2):
        """A thread is free, and what memory is left is enough for the one
        behind."""
        first = self.occupy('/wide', pictures=[self.largest(0.85)],
                            least=8 << 20)

        # Long enough to be parsed in a thread, and who knows with what.

        waits = self.send('/wide', self.largest(0.5, 100000), http2=http2)
        self.waiting(1)
        behind = self.send('/wide', harness.png(2000, 2000,
                                                bytes(2000 * 2000)))
        self.waiting(2)
        waits.leave()
        self.assertFace(behind.answer())
        self.assertFalse(first.answered())
        first.leave()
        waits.close()
        self.assertRest()

    def test_first_leaves(self):
        self.check_first_leaves(None)

    def test_first_leaves_over_http2(self):
        clients.need_http2()
        for how in ('reset', 'close'):
            with self.subTest(how):
                self.check_first_leaves(how)

    def test_none_waits_for_another(self):
        """Each holds some memory for its parsing, in turn, and turns out to
        want nearly all there is."""
        body = self.largest(fill=100000)
        first = self.occupy('/behind')
        crowd = [self.send('/behind', body) for _ in range(2)]
        harness.wait_for('all three in the pool', lambda: (
            self.waiting(0), self.metrics().total(
                'facetree_requests_in_progress'))[1] == 3)
        first.leave()
        self.assertEqual([sent.answer().status for sent in crowd],
                         [200] * len(crowd))
        self.assertRest()

    def test_slow_reader(self):
        """An answer that nobody reads takes no memory from decoding."""
        clients.need_http2()
        body = self.largest()
        page = multipart(*[part(face(), 'a')] * 16)
        plan = clients.Plan('slow', 0, [Ask(
            'page', '/inline', page, Content_Type=MULTIPART,
            Accept='text/html')])
        plan.leave, plan.window, plan.stay = clients.SENT, 0, 0
        with clients.narrow(self.server.h2port) as s:
            stream = Held(s, plan)
            stream.run()
            while stream.outcome.status is None:
                stream.take()
            self.assertEqual(stream.outcome.status, 200)
            self.assertGreater(self.gauges()[1], 0)
            self.assertFace(self.client.post('/one', body))
            self.assertEqual(stream.outcome.size, 0)
        self.assertRest()


class OrdinaryLoad(QueueCase):
    """Requests that each fit many times; together they are no reason to
    refuse any."""

    SMALL = 12

    @classmethod
    def conf(cls):
        harness.need_threads()
        return '''
            facetree_model m %s;
            facetree_zone  z:1m;
            facetree_max_pixels     1000000000;
            facetree_max_images     100;
            facetree_decode_timeout 300s;
            client_max_body_size    32m;
            client_body_buffer_size 128k;

            server {
                listen 127.0.0.1:@PORT@;

                location = /one {
                    facetree m;
                }

                location /v2 {
                    facetree_inference;
                    facetree_max_images 16;
                }

                location = /metrics {
                    facetree_metrics;
                }
            }
        ''' % harness.small_model()

    def infer(self, length):
        """A request of one picture that is padded to this length."""
        side = 1200
        document = json.loads(test_inference.encoded(
            harness.png(side, side, bytes(side * side))))
        document['parameters'] = {'note': ''}
        text = json.dumps(document)
        document['parameters']['note'] = 'x' * (length - len(text))
        return json.dumps(document).encode()

    def test_photo_and_tensors(self):
        """Tensors that wait for the photo's thread, the first of them long
        enough to be parsed in one."""
        path = '/v2/models/m/infer'
        photo = self.occupy('/one')
        crowd = [self.send(path, self.infer(length), test_inference.JSON)
                 for length in [700000] + [65000] * self.SMALL]
        self.waiting(len(crowd))
        photo.leave()
        self.assertEqual([sent.answer().status for sent in crowd],
                         [200] * len(crowd))
        self.assertRest()


class DefaultPool(QueueCase):
    """Locations that say nothing of threads share what another says of the
    pool "default", wherever that one stands."""

    reloads = True

    SERVER = '''
            server {
                listen 127.0.0.1:@PORT@;

                location = /metrics {
                    facetree_metrics;
                }

                %s
            }
        '''

    SILENT = 'location = /silent { facetree m; }'
    SAID = '''
                location = /one {
                    facetree m;
                    facetree_threads default max=1 queue=0;
                }
            '''

    @classmethod
    def conf(cls):
        head, _, _ = cls.queue_conf().partition('server {')
        return head + cls.SERVER % cls.SILENT

    def test_reload(self):
        head, _, _ = self.server.conf.partition('server {')
        body = harness.png(2000, 2000, bytes(2000 * 2000))
        for locations in (self.SAID + self.SILENT, self.SILENT + self.SAID):
            with self.subTest(locations):
                self.server.write(head + self.SERVER % locations)
                self.server.reload()
                self.assertFace(self.client.post('/silent', body))
                first = self.occupy('/one')
                self.assertProblem(self.client.post('/silent', body), 503,
                                   'overload')
                first.leave()
                self.assertRest()


class RetryAfter(QueueCase):
    """Who is told to come again is told when, and nobody else is."""

    def test_one(self):
        first = self.occupy('/full')
        body = harness.png(2000, 2000, bytes(2000 * 2000))
        for path, status, want in (
                ('/full', 503, r'^[1-9]\d*$'),
                ('/full/problem', 503, r'^[1-9]\d*$'),
                ('/full/module', 200, None),
                ('/full/text', 200, None)):
            with self.subTest(path):
                answer = self.client.post(path, body)
                self.assertEqual(answer.status, status, answer)
                told = answer.headers.get('retry-after')
                if want:
                    self.assertRegex(told or '', want)
                    self.assertProblem(answer, 503)
                else:
                    self.assertIsNone(told)
        self.assertFalse(first.answered())
        first.leave()
        self.assertRest()


class PostAction(QueueCase):
    """nginx goes on with a request whose client has left."""

    HOW = (None, 'reset', 'close')

    def check(self, path, seen, http2):
        if http2:
            clients.need_http2()
        before = len(seen)
        works = self.occupy(path, http2)
        waits = self.send(path, harness.png(2000, 2000, bytes(2000 * 2000)),
                          http2=http2)
        self.waiting(1)
        waits.leave()
        harness.wait_for('the action of who waited',
                         lambda: len(seen) == before + 1)
        self.waiting(0)
        works.leave()
        harness.wait_for('the action of who had a thread',
                         lambda: len(seen) == before + 2)
        waits.close()
        works.close()
        self.assertRest()
        self.assertFace(self.client.post('/one', face()))

    def test_answered(self):
        for http2 in self.HOW:
            with self.subTest(http2):
                self.check('/after/answered', self.echo.seen, http2)

    def test_silent(self):
        for http2 in self.HOW:
            with self.subTest(http2):
                self.check('/after/silent', self.silent.seen, http2)

    def test_after_an_answer(self):
        """Whoever stays has one, too."""
        before = len(self.echo.seen)
        answer = self.client.post('/after/answered', harness.png(
            2000, 2000, bytes(2000 * 2000)))
        self.assertFace(answer)
        harness.wait_for('the action',
                         lambda: len(self.echo.seen) == before + 1)
        self.assertRest()


class ShutDown(Queue, unittest.TestCase):
    """worker_shutdown_timeout closes connections whose requests work and
    wait."""

    main = Queue.main + 'worker_shutdown_timeout 1s;'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.text = cls.queue_conf()

    def check(self, path, http2):
        if http2:
            clients.need_http2()
        self.server = harness.Nginx(self.text, self.main, 1).start()
        self.addCleanup(self.server.stop)
        old, = self.server.worker_pids()
        self.occupy(path, http2)
        self.send(path, harness.png(2000, 2000, bytes(2000 * 2000)),
                  http2=http2)
        self.waiting(1)
        self.server.reload()
        harness.wait_for('the old worker to leave',
                         lambda: not os.path.exists('/proc/%d' % old))
        harness.wait_for('the gauges', lambda: self.gauges() == (0, 0))
        self.assertEqual(self.metrics().total(
            'facetree_requests_in_progress'), 0)
        answer = harness.Client(self.server).post('/one', face())
        self.assertEqual(answer.status, 200, answer)
        self.assertTrue(self.server.stop())
        self.assertEqual(self.server.bad_lines(), [])

    def test_reload(self):
        for http2 in (None, 'close'):
            for path in ('/after/none', '/after/answered', '/after/silent'):
                with self.subTest(path, http2=http2):
                    self.check(path, http2)
