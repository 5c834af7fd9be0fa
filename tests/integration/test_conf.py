"""The configurations in conf/ run, and do what they promise."""

import base64
import collections
import concurrent.futures
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import unittest

import harness
from harness import ROOT, face
import test_metrics


class SampleNginx(harness.Nginx):
    """A file of conf/ in the prefix that it is written for."""

    def __init__(self, name, ports):
        """"ports" are those that the file listens on."""
        super().__init__('', workers=2)
        self.sample = harness.read(os.path.join(ROOT, 'conf', name)).decode()
        self.listens = ports
        self.ports = {}
        for name in ('conf', 'logs'):
            os.makedirs(self.path(name), exist_ok=True)
        os.rmdir(self.path('html'))
        shutil.copytree(os.path.join(ROOT, 'html'), self.path('html'))
        for folder, _, names in os.walk(self.path('html')):
            os.chmod(folder, 0o755)
            for name in names:
                os.chmod(os.path.join(folder, name), 0o644)
        shutil.rmtree(self.path('body'))
        os.rename(self.path('temp'), self.path('body'))
        os.symlink('body', self.path('temp'))
        self.conf_path = self.path('conf', 'nginx.conf')
        self.log_path = self.path('logs', 'error.log')
        self.access_path = self.path('logs', 'access.log')

    def write(self, conf=None):
        self.ports = dict(zip(self.listens, [self.port, self.h2port]
                              + harness.free_ports(len(self.listens))))
        text = self.sample
        for old, new in (
                (r'load_module .*;', 'load_module %s;' % harness.MODULE
                 if harness.MODULE else ''),
                (r'worker_processes auto;', 'daemon off; worker_processes 2;'),
                (r'worker_connections \d+;', 'worker_connections 512;'),
                (r'listen (?:127\.0\.0\.1:)?(\d+)', lambda match:
                 'listen 127.0.0.1:%d' % self.ports[int(match.group(1))])):
            text, count = re.subn(old, new, text)
            assert count, old
        with open(self.conf_path, 'w') as stream:
            stream.write(text)


class SampleCase(harness.Case):

    name = ''
    listens = ()
    nginx = SampleNginx

    @classmethod
    def setUpClass(cls):
        cls.server = cls.nginx(cls.name, cls.listens)
        shutil.copyfile(harness.synthetic_model(),
                        cls.server.path('conf', 'model.ftm'))
        cls.prepare(cls.server.path('conf'))
        cls.server.start()
        cls.client = harness.Client(cls.server)

    @classmethod
    def prepare(cls, folder):
        pass


class Demo(SampleCase):

    name = 'nginx.conf'
    listens = (5000,)

    @classmethod
    def prepare(cls, folder):
        harness.need_threads()

    def test_page_knows_the_limits(self):
        """The page says them, and sends nothing that is over."""
        page = harness.read(os.path.join(ROOT, 'html', 'index.html')).decode()
        every = harness.read(os.path.join(ROOT, 'conf',
                                          'facetree.conf')).decode()
        megabytes, = re.findall(r'client_max_body_size +(\d+)m;',
                                self.server.sample)
        pixels, = re.findall(r'facetree_max_pixels (\d+);', every)
        images, = re.findall(r'facetree_max_images (\d+);', every)
        for name, value in (('bytes', int(megabytes) << 20),
                            ('pixels', int(pixels)), ('images', int(images))):
            self.assertIn('data-max-%s="%d"' % (name, value), page)
        self.assertIn('up to %s&nbsp;MB and %d&nbsp;megapixels'
                      % (megabytes, int(pixels) // 10 ** 6), page)

    def test_page(self):
        answer = self.client.request('GET', '/')
        self.assertEqual((answer.status, answer.type),
                         (200, 'text/html; charset=utf-8'))
        self.assertIn("default-src 'self'",
                      answer.headers['content-security-policy'])

    def test_description(self):
        """The page says where it is; it is what the tests check against."""
        link = self.client.request('GET', '/').headers['link']
        address, = re.fullmatch(r'<(.*)>; rel="service-desc"', link).groups()
        answer = self.client.request('GET', address)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.type, 'application/json')
        self.assertEqual(answer.body, harness.read(
            os.path.join(ROOT, 'docs', 'openapi.json')))

    def test_every_path_of_the_description(self):
        """GET what the description lists: it is there, and answers so."""
        document = self.client.request('GET', '/openapi.json').json()
        version = self.client.request('GET', '/v2/models/faces').json()[
            'versions'][0]
        asked = 0
        for path, item in document['paths'].items():
            path = path.replace('{model}', 'faces').replace('{version}',
                                                            version)
            for method in set(item) & {'get', 'post', 'put'}:
                answer = self.client.request(method.upper(), path, b''
                                             if method != 'get' else None)
                self.assertNotIn(answer.status, (404, 405), path)
                self.assertIn(str(answer.status), item[method]['responses'],
                              (method, path))
                asked += 1
        self.assertGreater(asked, 15)

    def test_upload(self):
        self.assertFace(self.client.post('/predict', face()))
        self.assertProblem(self.client.post('/predict', bytes(33 << 20)),
                           413, 'body_size')
        log = harness.wait_for('the log', lambda: [
            line for line in self.server.access_log().splitlines()
            if 'POST /predict' in line and ' 413 ' in line])
        self.assertIn('error=body_size', log[0])
        self.assertIn('model=faces', self.server.access_log())
        metrics = test_metrics.parse(
            self.client.request('GET', '/metrics').text)
        self.assertEqual(metrics.total('facetree_http_requests_total',
                                       endpoint='predict', code='413'), 1)

    def test_watching(self):
        metrics = self.client.request('GET', '/metrics')
        test_metrics.parse(metrics.text)
        self.assertEqual(self.client.request('GET', '/status').status, 200)


# The passes of an interlaced PNG: first pixel, and steps.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2))

# In a mount namespace of its own, which ends with nginx.
SMALL_DISK = 'mount -t tmpfs -o size=64k,mode=1777 facetree "$0" && exec "$@"'


class SmallDiskNginx(SampleNginx):
    """The disk for bodies is full with the first of them."""

    def command(self):
        return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c',
                SMALL_DISK, self.path('body'), *super().command()]


def status(pid, name):
    """A number that the kernel tells of a process."""
    text = harness.read('/proc/%d/status' % pid).decode()
    return int(re.search(r'^%s:\s+(\d+)' % name, text, re.M).group(1))


def need_mount():
    if subprocess.run(['unshare', '--mount', '--propagation', 'private',
                       'true'], stderr=subprocess.DEVNULL,
                      check=False).returncode:
        raise unittest.SkipTest('mounting needs more rights')


def selector(alert):
    """The metric and its labels that an alert counts."""
    text = harness.read(os.path.join(
        ROOT, 'conf', 'prometheus-alerts.yml')).decode()
    rule = text[text.index('alert: %s\n' % alert):]
    name, labels = re.search(r'rate\((\w+)\{(.*?)\}', rule).groups()
    return name, dict(re.findall(r'(\w+)="([^"]*)"', labels))


class FullDisk(SampleCase):
    """nginx's own 500 for it is made a 503: it is load, and passes."""

    name = 'nginx.conf'
    listens = (5000,)
    nginx = SmallDiskNginx
    expected = (r'\[crit\].*No space left on device',)
    reloads = True

    @classmethod
    def prepare(cls, folder):
        harness.need_threads()

    @classmethod
    def setUpClass(cls):
        need_mount()
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.before = {alert: self.counted(alert) for alert in self.ALERTS}

    ALERTS = ('FacetreeInternalErrors', 'FacetreeOverload')

    def counted(self, alert):
        name, labels = selector(alert)
        return test_metrics.parse(self.client.request(
            'GET', '/metrics').text).total(name, **labels)

    def assertCounted(self, alert):
        """One request more is what this alert counts, and it alone."""
        expected = {name: float(name == alert) for name in self.ALERTS}

        def grown():
            return {name: self.counted(name) - self.before[name]
                    for name in self.ALERTS}

        harness.wait_for('the counters', lambda: any(grown().values()))
        self.assertEqual(grown(), expected)

    def test_upload(self):
        answer = self.client.post('/predict', face() + bytes(1 << 20))
        self.assertProblem(answer, 503, 'overload')
        self.assertEqual(answer.headers['retry-after'], '1')
        self.assertEqual(answer.headers['x-content-type-options'], 'nosniff')
        self.assertCounted('FacetreeOverload')
        self.assertFace(self.client.post('/predict', face()))
        self.assertIn('error=overload', self.server.access_log())

    def test_page(self):
        """For a person the refusal is a page."""
        answer = self.client.post('/predict', bytes(1 << 20),
                                  accept='text/html')
        self.assertEqual((answer.status, answer.type),
                         (503, 'text/html; charset=utf-8'))
        self.assertEqual(answer.headers['retry-after'], '1')

    def test_protocol(self):
        answer = self.client.post('/v2/models/faces/infer', bytes(1 << 20),
                                  'application/json')
        self.assertEqual((answer.status, list(answer.json())),
                         (503, ['error']))
        self.assertEqual(answer.headers['retry-after'], '1')
        self.assertCounted('FacetreeOverload')

    @unittest.skipIf(harness.SANITIZED, 'it takes terabytes of addresses')
    def test_faults_of_the_module(self):
        """They stay 500, and are what the critical alert is for: a picture
        whose frame the system has no memory for."""
        pids = self.server.worker_pids()
        for pid in pids:
            self.limit(pid, (status(pid, 'VmSize') + 2048) << 10)
        side = 4096
        rows = sum((1 + -(-(side - x) // dx)) * -(-(side - y) // dy)
                   for x, y, dx, dy in ADAM7)
        picture = harness.png_of_rows(side, side, bytes(rows), interlaced=1)
        self.assertLess(len(picture), 32 << 10)
        try:
            self.assertEqual(self.client.post('/predict', picture).status,
                             500)
            self.assertCounted('FacetreeInternalErrors')
        finally:
            for pid in pids:
                self.limit(pid, 'unlimited')
        self.assertFace(self.client.post('/predict', picture))

    @staticmethod
    def limit(pid, size):
        """As the worker's own user, which needs no privilege."""
        subprocess.run(['prlimit', '--pid', str(pid),
                        '--as=%s:unlimited' % size], check=True,
                       user=status(pid, 'Uid'), group=status(pid, 'Gid'),
                       extra_groups=[])

    def test_without_it(self):
        """The alert would see it: the samples' lines are what helps."""
        sample = self.server.sample
        lines = sample.splitlines(True)
        self.server.sample = ''.join(
            line for line in lines if 'error_page 500' not in line)
        self.assertEqual(len(self.server.sample.splitlines()),
                         len(lines) - 2)
        self.server.write()
        self.server.reload()
        try:
            answer = self.client.post('/predict', face() + bytes(1 << 20))
            self.assertEqual(answer.status, 500)
            self.assertCounted('FacetreeInternalErrors')
        finally:
            self.server.sample = sample
            self.server.write()
            self.server.reload()


PASSWORD = {'Authorization': 'Basic '
            + base64.b64encode(b'ann:secret').decode()}
ORIGIN = 'https://photos.example.com'


class InternetCase(SampleCase):
    """Clients differ by address, all of them of this machine: limits are by
    address, and so is the share of the canary."""

    name = 'internet.conf'
    listens = (5443, 5000, 5001)
    expected = (r'limiting (requests|connections)',)

    @classmethod
    def prepare(cls, folder):
        harness.need_threads()
        face()                           # threads must not draw it at once
        shutil.copyfile(harness.small_model(),
                        os.path.join(folder, 'next.ftm'))
        with open(os.path.join(folder, 'users'), 'w') as stream:
            stream.write('ann:{PLAIN}secret\n')
        harness.certificate(folder)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tls = ssl.create_default_context(
            cafile=cls.server.path('conf', 'server.crt'))
        cls.tls.check_hostname = False

    def connection(self, source='127.0.0.1'):
        return http.client.HTTPSConnection(
            '127.0.0.1', self.server.ports[5443], timeout=harness.TIMEOUT,
            context=self.tls, source_address=(source, 0))

    def ask(self, method, path, body=None, headers=None, source='127.0.0.1'):
        connection = self.connection(source)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return harness.Answer(response.status, response.getheaders(),
                                  response.read())
        finally:
            connection.close()

    def upload(self, source='127.0.0.1', **headers):
        return self.ask('POST', '/predict', face(), {**PASSWORD, **{
            name.replace('_', '-'): value
            for name, value in headers.items()}}, source)


class Internet(InternetCase):

    def metrics(self):
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.server.ports[5001], timeout=harness.TIMEOUT)
        connection.request('GET', '/metrics')
        text = connection.getresponse().read().decode()
        connection.close()
        return test_metrics.parse(text)

    def test_tls(self):
        answer = self.ask('GET', '/')
        self.assertEqual(answer.status, 200)
        self.assertIn('max-age', answer.headers['strict-transport-security'])
        plain = http.client.HTTPConnection('127.0.0.1',
                                           self.server.ports[5000])
        plain.request('GET', '/a?b')
        response = plain.getresponse()
        response.read()
        plain.close()
        self.assertEqual(response.status, 308)
        self.assertRegex(response.getheader('location'),
                         r'^https://127\.0\.0\.1:\d+/a\?b$')

    def test_http2(self):
        done = subprocess.run(
            ['curl', '-sS', '-k', '--http2', '-u', 'ann:secret', '-m', '30',
             '--interface', '127.0.1.1', '-w', '\n%{http_version}',
             '--data-binary', '@-', '-H', 'Content-Type: image/png',
             'https://127.0.0.1:%d/predict' % self.server.ports[5443]],
            input=face(), stdout=subprocess.PIPE, check=True)
        text, version = done.stdout.decode().rsplit('\n', 1)
        self.assertEqual(version, '2')
        self.assertEqual(len(json.loads(text)['predictions']), 1)

    def test_password(self):
        for headers in ({}, {'Authorization': 'Basic eDp5'}):
            answer = self.ask('POST', '/predict', face(), headers,
                              '127.0.1.2')
            self.assertProblem(answer, 401, 'unauthorized')
            self.assertEqual(answer.headers['www-authenticate'],
                             'Basic realm="facetree"')
            answer = self.ask('GET', '/v2', None, headers, '127.0.1.2')
            self.assertEqual((answer.status, list(answer.json())),
                             (401, ['error']))
        self.assertFace(self.upload('127.0.1.2'))
        self.assertEqual(self.ask('GET', '/v2', None, PASSWORD,
                                  '127.0.1.2').status, 200)
        self.assertEqual(self.ask('GET', '/v2/health/ready').status, 200)

    def test_other_sites(self):
        for origin, allowed in ((ORIGIN, ORIGIN), ('https://evil.example',
                                                   None), (None, None)):
            headers = {'Origin': origin} if origin else {}
            with self.subTest(origin):
                answer = self.ask('OPTIONS', '/predict', None, headers,
                                  '127.0.1.3')
                self.assertEqual((answer.status, answer.body), (204, b''))
                self.assertEqual(answer.headers['allow'],
                                 'POST, PUT, OPTIONS')
                self.assertIn('Authorization', answer.headers[
                    'access-control-allow-headers'])
                for got in (answer, self.upload('127.0.1.3', **headers),
                            self.ask('POST', '/predict', b'',
                                     {**PASSWORD, **headers}, '127.0.1.3')):
                    self.assertEqual(got.headers.get(
                        'access-control-allow-origin'), allowed, got)
                    self.assertIn('Origin', got.headers['vary'])

    def test_chosen_model(self):
        for name in ('faces', 'next'):
            answer = self.upload('127.0.1.4', X_Model=name)
            self.assertFace(answer)
            self.assertEqual(answer.json()['model']['name'], name)
        answer = self.upload('127.0.1.4', X_Model='nobody')
        problem = self.assertProblem(answer, 404, 'model')
        self.assertIn('no such model', problem['detail'])

    def test_canary(self):
        """About a tenth of the clients, and the same ones each time."""
        sources = ['127.0.%d.%d' % (2 + n // 250, 1 + n % 250)
                   for n in range(200)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first, again = (list(pool.map(
                lambda source: self.upload(source).json()['model']['name'],
                some)) for some in (sources, sources[:40]))
        self.assertEqual(first[:40], again)
        share = collections.Counter(first)
        self.assertEqual(set(share), {'faces', 'next'})
        self.assertTrue(5 <= share['next'] <= 45, share)

    def test_shadow(self):
        """The next model sees what comes in, and nobody else notices."""
        def counts():
            metrics = self.metrics()
            return [metrics.total(name, model='next') for name in (
                'facetree_inferences_total',
                'facetree_inference_requests_total')]

        before = counts()
        for _ in range(5):
            answer = self.upload('127.0.1.5', X_Model='faces')
            self.assertEqual(answer.json()['model']['name'], 'faces')
        harness.wait_for('the shadow', lambda: counts() == [
            value + 5 for value in before])
        log = self.server.access_log()
        self.assertRegex(log, r'"POST /shadow" 200 .* model=next ')
        self.assertRegex(log, r'"POST /predict" 200 .* model=faces ')
        self.assertEqual(self.ask('POST', '/shadow', face()).status, 404)

    def test_shadow_of_a_refusal(self):
        """Each of the two has a context of its own."""
        answer = self.ask('POST', '/predict', face()[:200],
                          {**PASSWORD, 'X-Model': 'faces'}, '127.0.1.6')
        self.assertProblem(answer, 422, 'corrupt')

    def test_rate(self):
        answers = [self.upload('127.0.1.7') for _ in range(20)]
        refused = [a for a in answers if a.status != 200]
        self.assertGreaterEqual(len(answers) - len(refused), 11)
        self.assertTrue(refused)
        for answer in refused:
            self.assertProblem(answer, 429, 'rate')

    def test_connections(self):
        """Four of one address may wait for their bodies."""
        open_ones = []
        for _ in range(4):
            connection = self.connection('127.0.1.8')
            connection.putrequest('POST', '/predict')
            for name, value in {**PASSWORD, 'Content-Length': '99'}.items():
                connection.putheader(name, value)
            connection.endheaders(b'P5')
            open_ones.append(connection)
        answer = harness.wait_for('the limit', lambda: [
            a for a in [self.upload('127.0.1.8')] if a.status != 200])[0]
        self.assertProblem(answer, 429, 'rate')
        self.assertIn('limiting connections by zone "senders"',
                      self.server.log())
        self.assertEqual(self.ask('GET', '/', source='127.0.1.8').status, 200)
        self.assertFace(self.upload('127.0.1.9'))
        for connection in open_ones:
            connection.close()

        def admitted():
            return self.upload('127.0.1.8').status == 200

        harness.wait_for('room', admitted)

    def test_logs(self):
        self.upload('127.0.1.10')
        text = self.server.access_log() + self.server.log()
        self.assertIn(' ann [', text)
        self.assertNotIn('secret', text)


class InternetHttp3(InternetCase):
    """The lines for HTTP/3, switched on as the head of the file says."""

    @classmethod
    def prepare(cls, folder):
        harness.need_http3()
        super().prepare(folder)
        cls.server.sample, count = re.subn('#h3 ', '', cls.server.sample)
        assert count > 2, 'nothing is switched on'

    def url(self, path):
        return 'https://127.0.0.1:%d%s' % (self.server.ports[5443], path)

    def curl(self, path, *args, body=b''):
        return harness.curl('3', self.url(path), *args, body=body)

    def test_told(self):
        """A browser that came over TCP hears of it."""
        promise = 'h3=":%d"; ma=86400' % self.server.ports[5443]
        for answer in (self.ask('GET', '/'), self.upload()):
            self.assertEqual(answer.headers['alt-svc'], promise, answer)

    def test_page(self):
        answer = self.curl('/')
        self.assertEqual(answer.status, 200)
        self.assertIn('max-age', answer.headers['strict-transport-security'])

    def test_upload(self):
        upload = ['-H', 'Content-Type: image/png', '--data-binary', '@-']
        self.assertFace(self.curl('/predict', '-u', 'ann:secret', *upload,
                                  body=face()))
        self.assertProblem(self.curl('/predict'), 401, 'unauthorized')
        self.assertProblem(self.curl(
            '/predict', '-u', 'ann:secret', '-T', '-', '-H',
            'Content-Length: 99999999', body=face()), 413, 'body_size')

    def test_rate(self):
        """QUIC is no way around the limits."""
        answers, _ = harness.curl_streams(
            [self.url('/predict')] * 60, None, 60, '-u', 'ann:secret',
            '--interface', '127.0.1.7')
        self.assertEqual({status for status, _ in answers}, {405, 429})


class Watching(test_metrics.MetricsCase):
    """The dashboard and the alerts ask for what there is."""

    @classmethod
    def conf(cls):
        harness.need_threads()
        return ('facetree_threads default;\n' + test_metrics.CONF)

    # What Prometheus adds, and what the dashboard's variables and functions
    # are called.
    ADDED = {'job', 'instance'}

    def check(self, expressions):
        self.client.post('/predict', face())
        self.client.post('/predict', b'')
        self.wait_ended(self.ended(outcome='success'), outcome='success')
        metrics = self.metrics()
        labels = collections.defaultdict(lambda: collections.defaultdict(set))
        for name, pairs in metrics:
            for label, value in pairs:
                labels[name][label].add(value)
            labels[name]['']
        used = set()
        for expression in expressions:
            names = re.findall(r'\bfacetree_\w+', expression)
            for name in names:
                self.assertIn(name, labels, expression)
                used.add(name)
            for name, inside in re.findall(r'(facetree_\w+)\{([^}]*)\}',
                                           expression):
                for label, test, value in re.findall(
                        r'(\w+)(=~|=)"([^"]*)"', inside):
                    if label in self.ADDED:
                        continue
                    self.assertIn(label, labels[name], expression)
                    if not value.startswith('$') and value != 'failure' \
                            and label not in ('reason',):
                        self.assertIn(value, labels[name][label], expression)
            known = self.ADDED.union(*(labels[name] for name in names))
            for group in re.findall(r'\b(?:by|on) \(([^)]*)\)', expression):
                for label in re.split(r',\s*', group):
                    self.assertIn(label, known, expression)
            self.assertEqual(expression.count('('), expression.count(')'))
        return used

    def test_self(self):
        for wrong in ('facetree_nothing', 'facetree_model_ready{colour="x"}',
                      'sum by (colour) (facetree_model_ready)',
                      'facetree_shm_bytes{state="lost"}',
                      'sum(facetree_model_ready'):
            with self.subTest(wrong), self.assertRaises(AssertionError):
                self.check([wrong])

    def test_dashboard(self):
        with open(os.path.join(ROOT, 'conf', 'grafana-dashboard.json')) as s:
            board = json.load(s)
        expressions = [target['expr'] for panel in board['panels']
                       for target in panel['targets']]
        expressions += [variable['query']['query']
                        .replace('label_values(', '').rsplit(',', 1)[0]
                        for variable in board['templating']['list']
                        if variable['type'] == 'query']
        expressions += [a['expr'] for a in board['annotations']['list']]
        used = self.check(expressions)
        self.assertGreater(len(used), 15)
        ids = [panel['id'] for panel in board['panels']]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in board['panels']:
            place = panel['gridPos']
            self.assertLessEqual(place['x'] + place['w'], 24)
            cells = {(x, y) for x in range(place['x'],
                                           place['x'] + place['w'])
                     for y in range(place['y'], place['y'] + place['h'])}
            self.assertFalse(cells & taken, panel['title'])
            taken |= cells

    def test_alerts(self):
        try:
            import yaml
        except ImportError:
            self.skipTest('python3-yaml is absent')
        with open(os.path.join(ROOT, 'conf', 'prometheus-alerts.yml')) as s:
            rules = yaml.safe_load(s)['groups'][0]['rules']
        self.check([rule['expr'] for rule in rules])
        names = [rule['alert'] for rule in rules]
        self.assertEqual(len(names), len(set(names)))
        for rule in rules:
            self.assertIn(rule['labels']['severity'],
                          ('critical', 'warning', 'info'))
            self.assertRegex(rule['expr'], r'[<>=]=? [\d.]+$')
            self.assertTrue(rule['annotations']['summary'])
            self.assertTrue(rule['annotations']['description'])
