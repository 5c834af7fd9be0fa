"""Clients that read slowly, that leave, and that take nothing with them."""

import concurrent.futures
import os
import random
import shutil
import signal
import subprocess
import sys

import clients
import harness
import test_inference
from clients import Ask, Plan, Rest
from harness import MULTIPART, face, multipart, part


CONF = '''
    facetree_model m @PREFIX@/model.ftm;
    facetree_model forest @PREFIX@/forest.ftm;
    facetree_zone  counters:1m;
    client_max_body_size 8m;
    client_body_timeout 5s;

    server {
        listen 127.0.0.1:@PORT@ sndbuf=8k;
        listen 127.0.0.1:@H2PORT@ sndbuf=8k http2;

        location = /predict {
            facetree m;
        }

        location = /forest {
            facetree forest;
            facetree_top_k 1000;
        }

        location = /inline {
            facetree m;
            facetree_threads off;
        }

        location = /threads {
            facetree m;
            %s
        }

        location /v2 {
            facetree_inference;
            facetree_max_images 64;
        }

        location = /metrics {
            facetree_metrics;
        }

        location = /status {
            facetree_status;
        }
    }
'''

HTML = {'Accept': 'text/html'}
SEED = os.environ.get('FACETREE_SEED') or '1'
COUNT = int(os.environ.get('FACETREE_CLIENTS')
            or (400 if harness.SANITIZED or harness.RELOAD else 2000))
CROWD = 8                                # clients at a time


def forest_model():
    return harness.model('--data', 'synthetic', '--estimator',
                         'random-forest', '--n-estimators', '20',
                         '--random-state', '7')


def sixteen():
    """A form of sixteen pictures of four pixels: 3 KB."""
    return multipart(*[part(harness.png(2, 2, bytes(4)), 'p%d.png' % n)
                       for n in range(16)])


def noisy(side):
    """A PNG that does not compress: a large body for few pixels."""
    return harness.png(side, side, random.Random(1).randbytes(side * side), 1)


def pixels(side):
    """A PNG of next to no bytes that takes a while."""
    return harness.png(side, side, bytes(side * side), 1)


def classes(model, count):
    """All classes of many faces by the protocol: 1 KB for each face."""
    body = test_inference.encoded(*[face(n) for n in range(count)], outputs=[
        {'name': 'probabilities', 'parameters': {'classification': 40}}])
    return Ask('infer ' + model, '/v2/models/%s/infer' % model,
               body.encode(), Content_Type=test_inference.JSON)


class ClientsCase(harness.Case):

    main = 'worker_rlimit_nofile 4096;'
    left = {}

    @classmethod
    def conf(cls):
        threads = '--with-threads' in harness.built_with()
        return CONF % ('facetree_threads default;' if threads else '')

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Nginx(cls.conf(), cls.main, cls.workers)
        shutil.copyfile(harness.synthetic_model(),
                        cls.server.path('model.ftm'))
        shutil.copyfile(forest_model(), cls.server.path('forest.ftm'))
        cls.server.start()
        cls.client = harness.Client(cls.server)

    def setUp(self):
        # What one test leaves behind is not the next one's fault.
        if self.left:
            type(self).left = {}
            self.server.stop()
            self.server.start()
        super().setUp()
        self.rest = Rest(self.server)

    def assertRest(self):
        type(self).left = self.rest.back(10)
        self.assertEqual(self.left, {}, 'left behind')

    def assertWhole(self, outcome, status=200):
        self.assertTrue(outcome.whole, outcome.error)
        self.assertEqual(outcome.status, status)


class Attacks(ClientsCase):
    """What took a worker for good, to the letter."""

    def test_narrow_and_gone(self):
        """Sixteen small pictures, a page as answer, fifty bytes read."""
        ask = Ask('page', '/predict', sixteen(), Content_Type=MULTIPART,
                  **HTML)
        for _ in range(300):
            with clients.narrow(self.server.port, clients.SMALLEST_BUFFER,
                                clients.SMALLEST_SEGMENT) as s:
                self.assertTrue(clients.send_all(s, ask))
                self.assertTrue(s.recv(50).startswith(b'HTTP/1.1 200'))
        self.assertRest()

    def test_narrow_and_gone_from_a_thread(self):
        harness.need_threads()
        ask = Ask('page', '/threads', multipart(
            part(noisy(200), 'a'), *[part(face(), 'b')] * 15),
            Content_Type=MULTIPART, **HTML)
        for _ in range(60):
            with clients.narrow(self.server.port, clients.SMALLEST_BUFFER,
                                clients.SMALLEST_SEGMENT) as s:
                self.assertTrue(clients.send_all(s, ask))
                self.assertTrue(s.recv(50).startswith(b'HTTP/1.1 200'))
        self.assertRest()

    def test_infer_and_gone(self):
        """The other body handler."""
        ask = classes('forest', 64)
        whole = self.client.post(ask.path, ask.body, ask.headers[
            'content-type'])
        self.assertEqual(whole.status, 200, whole)
        self.assertGreater(len(whole.body), 20000, 'fits in the buffers')
        for _ in range(40):
            with clients.narrow(self.server.port, clients.SMALLEST_BUFFER,
                                clients.SMALLEST_SEGMENT) as s:
                self.assertTrue(clients.send_all(s, ask))
                self.assertTrue(s.recv(50).startswith(b'HTTP/1.1 200'))
        self.assertRest()

    def test_window_of_a_byte(self):
        """nghttp -w1: a window of two bytes at a time is the whole way."""
        if not shutil.which('nghttp'):
            self.skipTest('nghttp is not installed')
        path = os.path.join(harness.scratch(), 'tiny.png')
        with open(path, 'wb') as stream:
            stream.write(harness.png(8, 8, bytes(range(64))))
        for _ in range(5):
            done = subprocess.run(
                ['nghttp', '-w1', '-n', '-s', '-d', path,
                 'http://127.0.0.1:%d/predict' % self.server.h2port],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=harness.TIMEOUT)
            text = done.stdout.decode()
            self.assertEqual(done.returncode, 0, text)
            self.assertRegex(text, r' 200 +\d+ /predict')
        self.assertRest()

    def test_ordinary_client(self):
        """A browser on a slow line gets all of a page of 292 KB."""
        ask = Ask('page', '/forest?explain=1', multipart(
            *[part(face(n), 'f%d.pgm' % n) for n in range(16)]),
            Content_Type=MULTIPART, **HTML)
        for segment in (1460, 536):
            with clients.narrow(self.server.port, 4096, segment) as s:
                clients.send_all(s, ask)
                outcome = clients.read_all(s, 4096, 20, 0.005)
            self.assertWhole(outcome)
            self.assertGreater(len(outcome.body), 200000)
            self.assertTrue(outcome.body.endswith(b'</html>\n'))
        self.assertRest()

    def test_ordinary_client_http2(self):
        clients.need_http2()
        ask = Ask('page', '/forest?explain=1', multipart(
            *[part(face(n), 'f%d.pgm' % n) for n in range(16)]),
            Content_Type=MULTIPART, **HTML)
        for window in clients.WINDOWS:
            plan = Plan(SEED, 0, [ask], leaving=0)
            plan.http2, plan.window, plan.slow_reads = True, window, 20
            plan.buffer = plan.segment = None
            with self.subTest(window=window):
                self.assertWhole(clients.run(self.server, plan))
        self.assertRest()


def asks():
    """All that a client may ask for; small and large, quick and slow."""
    faces = [part(face(n), 'f%d.pgm' % n) for n in range(16)]
    form = {'Content_Type': MULTIPART}
    forms = multipart(*faces)
    yield Ask('face', '/predict', face(3))
    yield Ask('face inline', '/inline', face(3))
    yield Ask('page', '/forest', forms, **form, **HTML)
    yield Ask('explained page', '/forest?explain=1', forms, **form, **HTML)
    yield Ask('explained', '/inline?explain=1', forms, **form)
    for path in ('/predict', '/threads', '/inline'):
        yield Ask('pixels ' + path, path, pixels(2000), statuses=(200, 503))
        yield Ask('noise ' + path, path, noisy(700), statuses=(200, 503))
    yield Ask('page of pixels', '/threads', multipart(
        part(pixels(1500), 'a'), *faces[:15]), statuses=(200, 503), **form,
        **HTML)
    yield Ask('broken', '/predict', face()[:900], statuses=(422,))
    yield Ask('broken page', '/threads', noisy(300)[:50000], statuses=(422,),
              **HTML)
    yield Ask('too long', '/predict', bytes(9 << 20), statuses=(413,))
    yield classes('m', 4)
    yield classes('forest', 64)
    yield Ask('infer of pixels', '/v2/models/m/infer',
              test_inference.encoded(pixels(1500)).encode(),
              statuses=(200, 503), Content_Type=test_inference.JSON)
    yield Ask('metadata', '/v2/models/forest')
    yield Ask('index', '/v2')
    # A worker that is about to go says so.
    yield Ask('ready', '/v2/health/ready', statuses=(200, 503))
    yield Ask('metrics', '/metrics')
    yield Ask('status', '/status')


class Crowd(ClientsCase):
    """Hundreds of drawn clients; the seed is told, and replays them."""

    reloads = True

    def tell(self, text):
        sys.stdout.write('    %s\n' % text)

    def crowd(self, first, count, meanwhile=None):
        """Plans by number; returns the outcomes, by plan."""
        some = list(asks())
        plans = [Plan(SEED, first + n, some) for n in range(count)]
        cut = []

        def one(plan):
            if len(cut) > 2 * CROWD:             # the rest would wait as well
                return None
            outcome = clients.run(self.server, plan)
            if plan.leave is None and not outcome.whole:
                cut.append(plan)
            return plan, outcome

        with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
            running = [pool.submit(one, plan) for plan in plans]
            if meanwhile:
                meanwhile(lambda: sum(f.done() for f in running))
            return [f.result() for f in running if f.result()]

    def check(self, outcomes, lost=0):
        """Everybody who stayed has all of an answer that its request may
        get; "lost" of them may have none."""
        stayed = [(plan, outcome) for plan, outcome in outcomes
                  if plan.leave is None]
        cut = ['%s: %s' % pair for pair in
               ((plan, outcome.error) for plan, outcome in stayed
                if not outcome.whole)]
        wrong = ['%s: %s' % (plan, outcome.status)
                 for plan, outcome in stayed if outcome.whole
                 and outcome.status not in plan.ask.statuses]
        self.tell('seed %s: %d clients, %d of them stayed, %d without all '
                  'of their answers' % (SEED, len(outcomes), len(stayed),
                                        len(cut)))
        self.assertGreater(len(stayed), len(outcomes) // 5)
        self.assertEqual(wrong, [])
        self.assertLessEqual(len(cut), lost, '\n'.join(cut))

    def test_calm(self):
        self.check(self.crowd(0, COUNT))
        self.assertRest()

    def test_reloads(self):
        """What a worker has taken, it answers before it goes."""
        def reload(done):
            for part_done in (1, 2, 3):
                harness.wait_for('clients', lambda: done()
                                 >= part_done * COUNT // 8, 120)
                self.server.reload()

        # A connection that has not asked yet may be closed by the old one.
        outcomes = self.crowd(10000, COUNT // 2, reload)
        again = [(plan, clients.run(self.server, plan)
                  if plan.leave is None and outcome.status is None
                  else outcome) for plan, outcome in outcomes]
        self.check(again)
        self.assertRest()

    def test_kill(self):
        """One worker is killed: its clients lose their answers, no others."""
        def kill(done):
            harness.wait_for('clients', lambda: done() >= COUNT // 8, 120)
            pids = self.server.worker_pids()
            os.kill(pids[0], signal.SIGKILL)
            harness.wait_for('another worker', lambda: pids[0] not in
                             self.server.worker_pids() and len(
                                 self.server.worker_pids()) == len(pids))

        self.check(self.crowd(20000, COUNT // 4, kill), CROWD)
        self.assertRest()

    expected = (r'exited on signal 9',)
