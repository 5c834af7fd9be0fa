"""A new model under load: nothing is lost, nothing grows."""

import hashlib
import os
import re
import shutil
import signal
import threading
import time

import harness
from harness import Client, face


CONF = '''
    facetree_model m @PREFIX@/model.ftm;

    server {
        listen 127.0.0.1:@PORT@;

        location = /predict {
            facetree m;
        }
    }
'''

CLIENTS = 4
RELOADS = 100
FEW = 20                  # where each takes seconds


def digest(path):
    return hashlib.sha256(harness.read(path)).hexdigest()


def resident(pid):
    """KiB of memory that the process does not share with a file."""
    text = harness.read('/proc/%d/status' % pid).decode()
    return int(re.search(r'RssAnon:\s+(\d+) kB', text).group(1))


class ReloadCase(harness.Case):

    reloads = True

    @classmethod
    def conf(cls):
        return CONF

    @classmethod
    def setUpClass(cls):
        cls.models = [harness.small_model(), harness.synthetic_model()]
        cls.versions = [digest(path) for path in cls.models]
        assert cls.versions[0] != cls.versions[1]
        cls.server = harness.Nginx(cls.conf(), cls.main, cls.workers)
        cls.put(cls.models[0])
        cls.server.start()
        cls.client = Client(cls.server)

    @classmethod
    def put(cls, path):
        """Replaces the model as careful people do, by renaming."""
        new = cls.server.path('model.new')
        shutil.copyfile(path, new)
        os.rename(new, cls.server.path('model.ftm'))

    def version(self):
        answer = self.client.post('/predict', face())
        self.assertFace(answer)
        return answer.json()['model']['version']


class UnderLoad(ReloadCase):
    """A hundred models, one after the other: no request is lost, nothing
    grows."""

    @classmethod
    def conf(cls):
        return '    facetree_zone counters:1m;\n' + CONF.replace(
            'server {', 'server { location = /status { facetree_status; }')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = [harness.synthetic_model(), harness.model(
            '--data', 'synthetic', '--random-state', '7')]
        cls.versions = [digest(path) for path in cls.models]
        cls.bytes = min(os.path.getsize(path) for path in cls.models)

    def turn(self, number):
        self.put(self.models[number % 2])
        self.server.reload()
        self.assertEqual(self.version(), self.versions[number % 2])

    def sizes(self):
        """Memory and descriptors of the processes, bytes of the zone."""
        harness.wait_for('old workers to end', lambda: len(
            self.server.children()) == self.workers)
        for number in range(10):
            self.version()
        pids = [self.server.process.pid] + self.server.worker_pids()
        time.sleep(0.2)               # the last connections are closed by then
        zone, = self.client.request('GET', '/status').json()['zones']
        return ([resident(pid) for pid in pids],
                [len(os.listdir('/proc/%d/fd' % pid)) for pid in pids],
                zone['size'] - zone['free'])

    def ask(self, seen, faults):
        try:
            answer = self.client.post('/predict', face())
            if answer.status != 200:
                faults.append(repr(answer))
            seen.append(answer.json()['model']['version'])
        except Exception as error:
            faults.append(repr(error))

    def load(self, reloads):
        """Reloads while clients ask; returns what they saw, and faults."""
        stop = threading.Event()
        faults = []
        seen = [[] for _ in range(CLIENTS)]

        def work(mine):
            while not stop.is_set():
                self.ask(mine, faults)

        threads = [threading.Thread(target=work, args=(mine,))
                   for mine in seen]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, reloads + 1):
                self.turn(number)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        return seen, faults

    def test_no_request_is_lost(self):
        for number in range(5):
            self.turn(number)
        before = self.sizes()
        reloads = FEW if harness.SANITIZED else RELOADS
        seen, faults = self.load(reloads)
        after = self.sizes()

        self.assertEqual(faults, [])
        for versions in seen:
            self.assertGreater(len(versions), reloads)
            self.assertEqual(set(versions), set(self.versions))

        self.assertEqual(after[1][0], before[1][0], 'descriptors of master')

        # nginx may or may not tell a worker of one that has left.

        self.assertLessEqual(max(after[1]), max(before[1]) + 2, 'descriptors')
        self.assertEqual(after[2], before[2], 'bytes of the zone')

        # Were a model lost at each reload, its bytes would show many times.

        if not harness.SANITIZED:
            bound = reloads * self.bytes // 1024 // 3
            self.assertGreater(bound, 200)
            for old, new in zip(before[0], after[0]):
                self.assertLess(new - old, bound, (before[0], after[0]))


class Broken(ReloadCase):

    expected = (r'\[emerg\].* model "[^"]*model\.ftm"',)

    def test_old_answers_go_on(self):
        self.put(self.models[0])
        self.server.reload()
        self.assertEqual(self.version(), self.versions[0])

        workers = self.server.worker_pids()
        bad = self.server.path('bad.ftm')
        data = bytearray(harness.read(self.models[1]))
        data[len(data) // 2] ^= 1
        with open(bad, 'wb') as stream:
            stream.write(data)

        self.put(bad)
        log = self.server.reload_refused()
        self.assertRegex(log, r'\[emerg\].*model\.ftm", byte \d+: ')
        for number in range(20):
            self.assertEqual(self.version(), self.versions[0])
        self.assertEqual(self.server.worker_pids(), workers)

        os.unlink(self.server.path('model.ftm'))
        self.assertIn('No such file', self.server.reload_refused())
        self.assertEqual(self.version(), self.versions[0])

        self.put(self.models[1])
        self.server.reload()
        self.assertEqual(self.version(), self.versions[1])

    def test_file_changes_in_place(self):
        """What serves is a copy: nobody can pull it away."""
        self.put(self.models[0])
        self.server.reload()
        path = self.server.path('model.ftm')
        with open(path, 'r+b') as stream:
            stream.write(b'\0' * 100)
        self.assertEqual(self.version(), self.versions[0])
        os.truncate(path, 0)
        for number in range(10):
            self.assertEqual(self.version(), self.versions[0])


class Quit(ReloadCase):

    stops = True

    def test_request_under_way(self):
        """QUIT lets a request that is arriving finish."""
        body = face()
        with self.client.connect() as s:
            s.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\n'
                      b'Content-Length: %d\r\n\r\n' % len(body) + body[:99])
            time.sleep(0.2)
            self.server.process.send_signal(signal.SIGQUIT)
            time.sleep(0.2)
            s.sendall(body[99:])
            answer, = harness.parse_answers(harness.receive(s))
        self.assertFace(answer)
        self.assertEqual(self.server.process.wait(harness.TIMEOUT), 0)
