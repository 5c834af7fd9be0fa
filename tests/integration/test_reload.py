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
NAMES = 1000
FEW = 20                  # where each takes seconds
NO_ADDRESS = 'listen 192.0.2.1:80;'           # of documentation: no host's

ZONED = '''
    %s
    facetree_zone counters:%s;

    server {
        listen 127.0.0.1:@PORT@;
        %s

        location = /predict {
            facetree %s;
        }

        location = /status {
            facetree_status;
        }
    }
'''


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


class ZoneCase(ReloadCase):
    """Configurations that differ in the names of their models."""

    size = '128k'

    @classmethod
    def conf(cls):
        return cls.named('m')

    @classmethod
    def named(cls, name, server='', path='@PREFIX@/model.ftm'):
        return ZONED % ('facetree_model %s %s;' % (name, path), cls.size,
                        server, name)

    def take(self, conf):
        self.server.write(conf)
        self.server.reload()

    def refuse(self, conf):
        self.server.write(conf)
        return self.server.reload_refused()

    def status(self):
        return self.client.request('GET', '/status').json()

    def counted(self):
        """The successes of the one model, when none is under way."""
        model, = self.status()['models']
        return model['requests']['success']

    def used(self):
        zone, = self.status()['zones']
        return zone['size'] - zone['free']

    def predict(self, count):
        before = self.counted()
        for number in range(count):
            self.version()
        harness.wait_for('their end', lambda: self.counted()
                         == before + count)

    def wait_alone(self):
        harness.wait_for('old workers to end', lambda: len(
            self.server.children()) == self.workers)


class Introduced(ZoneCase):
    """The reload that brings the module, with a model that is none."""

    expected = (r'\[emerg\].* model "[^"]*missing\.ftm"',)

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Nginx('''
            server {
                listen 127.0.0.1:@PORT@;
            }''', cls.main, cls.workers)
        cls.server.load = False
        cls.put(harness.small_model())
        cls.server.start()
        cls.client = Client(cls.server)

    def test_master_survives(self):
        master = self.server.process
        workers = self.server.worker_pids()
        bad = self.named('m', path='missing.ftm')

        self.server.load = True
        for number in range(3):
            self.assertIn('missing.ftm', self.refuse(bad))
            self.assertEqual(self.server.worker_pids(), workers)
            self.assertIsNone(master.poll())

        self.take(self.conf())
        self.version()
        self.assertEqual(self.status()['reloads'],
                         {'success': 0, 'failure': 0})

        self.refuse(bad)
        self.assertEqual(self.status()['reloads']['failure'], 1)

        # It may go again, and what replaces it has never heard of it.

        self.server.load = False
        self.take('server { listen 127.0.0.1:@PORT@; }')
        self.server.load = True
        self.refuse(bad)
        self.take(self.conf())
        self.version()


class WithoutHttp(ZoneCase):
    """The configuration before has no http block at all."""

    expected = Introduced.expected

    def test_master_survives(self):
        http = harness.CONF
        try:
            harness.CONF = http.partition('http {')[0] + '# %(conf)s'
            self.server.write('')
            start = self.server.log_size()
            self.server.process.send_signal(signal.SIGHUP)
            harness.wait_for('new workers', lambda: 'start worker processes'
                             in self.server.log(start))
        finally:
            harness.CONF = http
        self.refuse(self.named('m', path='missing.ftm'))
        self.assertIsNone(self.server.process.poll())
        self.server.write(self.conf())
        self.server.reload()
        self.version()


class Refused(ZoneCase):
    """What is refused after the zone was made ready changes nothing."""

    expected = (r'\[emerg\].* bind\(\) to 192\.0\.2\.1:80 failed',)

    def test_counters_stay(self):
        self.predict(3)
        success = self.status()['reloads']['success']
        for seed in range(11, 14):
            self.put(harness.small_model(seed))
            self.assertIn('bind()', self.refuse(
                self.named('m', NO_ADDRESS)))
            self.assertEqual(self.counted(), 3)
        self.assertEqual(self.status()['reloads']['success'], success)

        # Nor does it take room for good: the zone holds 28 blocks.

        for number in range(30):
            self.assertIn('bind()', self.refuse(
                self.named('new-%d' % number, NO_ADDRESS)))
        self.assertEqual(self.counted(), 3)

        self.put(self.models[0])
        self.take(self.conf())
        self.assertEqual(self.counted(), 3)
        self.assertEqual(self.status()['reloads']['success'], success + 1)


class Gone(ZoneCase):
    """Models that are no longer configured do not fill the zone."""

    def test_names(self):
        names = 40 if harness.SANITIZED else 100
        self.wait_alone()
        for number in range(names):
            self.take(self.named('name-%d' % number))
            self.predict(1)
        for number in range(3):
            self.wait_alone()
            self.take(self.named('last'))
        used = self.used()
        self.wait_alone()
        self.take(self.named('last'))
        self.assertEqual(self.used(), used)

    def test_comes_back(self):
        """A model that is gone for one reload goes on counting."""
        self.take(self.named('back'))
        self.predict(3)
        self.wait_alone()
        self.take(self.named('other'))
        self.predict(1)
        self.wait_alone()
        self.take(self.named('back'))
        self.assertEqual(self.counted(), 3)

    def test_held(self):
        """A worker that still has a request keeps the block it counts in."""
        self.take(self.named('held'))
        body = face()
        with self.client.connect() as s:
            s.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\n'
                      b'Content-Length: %d\r\n\r\n' % len(body) + body[:99])
            harness.wait_for('the request', lambda: self.status()[
                'models'][0]['requests']['in_progress'] == 1)
            for number in range(4):
                self.take(self.named('other-%d' % number))
            harness.wait_for('idle workers to end', lambda: len(
                self.server.children()) == self.workers + 1)
            s.sendall(body[99:])
            answer, = harness.parse_answers(harness.receive(s))
            self.assertFace(answer)
        self.wait_alone()
        self.assertEqual(self.counted(), 0)

        # It counted in its own block, which goes when nobody wants it.

        self.take(self.named('held'))
        self.assertEqual(self.counted(), 1)
        for number in range(3):
            self.wait_alone()
            self.take(self.named('other-%d' % number))
        self.take(self.named('held'))
        self.assertEqual(self.counted(), 0)

    def test_returns(self):
        """One reload back, and the counters of before go on."""
        self.take(self.named('one'))
        self.predict(2)
        self.take(self.named('two'))
        self.take(self.named('one'))
        self.assertEqual(self.counted(), 2)


class Thousand(ZoneCase):
    """In the installed nginx; nginx itself sleeps a tenth of a second in every
    reload."""

    size = '1m'
    workers = 1

    def test_names(self):
        names = FEW if 'FACETREE_NGINX' in os.environ else NAMES
        for number in range(names):
            self.take(self.named('a-model-of-the-day-%d' % number))
        self.predict(1)
        self.wait_alone()
        self.take(self.named('last'))
        self.assertLess(self.used(), 1 << 18)
