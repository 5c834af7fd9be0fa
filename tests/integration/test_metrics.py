"""What the server counts: the form it is shown in, and that it is true."""

import collections
import http.client
import json
import math
import os
import re
import signal
import threading
import time

import harness
from harness import face
import openapi
import test_reload


SERVER = '''
    server {
        listen 127.0.0.1:@PORT@;

        location = /predict {
            facetree m;
            facetree_max_images 2;
        }

        location /v2 {
            facetree_inference;
            facetree_max_images 2;
        }

        location = /metrics {
            facetree_metrics;
        }

        location = /status {
            facetree_status;
        }
    }
'''

CONF = '''
    facetree_model m @PREFIX@/model.ftm;
    facetree_zone  counters:1m;
''' + SERVER

INFER = '/v2/models/m/infer'
TEXT = 'text/plain; version=0.0.4; charset=utf-8'
OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(r'(%s)(?:\{(%s(?:,%s)*)\})? (\S+)' % (
    NAME, LABEL.replace('(', '(?:', 1).replace('"((?:', '"(?:(?:'),
    LABEL.replace('(', '(?:', 1).replace('"((?:', '"(?:(?:')))
NUMBER = re.compile(r'[0-9]+(\.[0-9]+)?')
SUFFIXES = {'gauge': ('',), 'counter': ('_total',),
            'histogram': ('_bucket', '_sum', '_count')}


class Metrics(dict):
    """Values by name and labels, a sorted tuple of pairs."""

    def total(self, name, **labels):
        """The sum of all series that have these labels."""
        return sum(value for (other, pairs), value in self.items()
                   if other == name and set(labels.items()) <= set(pairs))

    def has(self, name):
        return any(other == name for other, _ in self)


def parse(text, openmetrics=False):
    """Every line by the grammar; families whole and once; counts that add
    up."""
    metrics = Metrics()
    types, helped, family = {}, set(), None
    assert text.endswith('\n') and '\r' not in text
    lines = text[:-1].split('\n')
    if openmetrics:
        assert lines.pop() == '# EOF', 'no end'
    for line in lines:
        match = re.fullmatch(r'# HELP (%s) (\S.*)' % NAME, line)
        if match:
            family = match.group(1)
            assert family not in helped, 'again: ' + line
            helped.add(family)
            continue
        match = re.fullmatch(r'# TYPE (%s) (counter|gauge|histogram)' % NAME,
                             line)
        if match:
            assert match.group(1) == family, 'stray: ' + line
            assert family not in types, 'again: ' + line
            types[family] = match.group(2)
            assert openmetrics or (match.group(2) == 'counter') \
                == family.endswith('_total'), line
            continue
        match = SAMPLE.fullmatch(line)
        assert match, 'malformed: ' + line
        name, inside, number = match.group(1), match.group(2), match.group(3)
        assert family in types, 'no type: ' + line
        base = family
        if types[family] == 'counter' and not openmetrics:
            base = family[:-len('_total')]
        assert name in [base + s for s in SUFFIXES[types[family]]], \
            'in family %s: %s' % (family, line)
        assert NUMBER.fullmatch(number), 'no number: ' + line
        assert math.isfinite(float(number)), line
        labels = re.findall(LABEL, inside or '')
        assert len({label for label, _ in labels}) == len(labels), line
        key = name, tuple(sorted(labels))
        assert key not in metrics, 'again: ' + line
        metrics[key] = float(number)
    assert helped == set(types)
    check_histograms(metrics, [f for f in types if types[f] == 'histogram'])
    return metrics


def check_histograms(metrics, families):
    for family in families:
        series = collections.defaultdict(list)
        for (name, labels), value in metrics.items():
            if name == family + '_bucket':
                rest = tuple(p for p in labels if p[0] != 'le')
                assert len(rest) == len(labels) - 1, 'no le: %s' % (labels,)
                series[rest].append((dict(labels)['le'], value))
        for labels, buckets in series.items():
            bounds = [float(le) for le, _ in buckets]
            values = [value for _, value in buckets]
            assert buckets[-1][0] == '+Inf', buckets
            assert bounds == sorted(set(bounds)), bounds
            assert values == sorted(values), values
            assert metrics[family + '_count', labels] == values[-1], labels
            assert metrics[family + '_sum', labels] >= 0


class MetricsCase(test_reload.ReloadCase):

    @classmethod
    def conf(cls):
        return CONF

    def metrics(self):
        answer = self.client.request('GET', '/metrics')
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(openapi.response_errors(
            'GET', '/metrics', 200, answer.type, answer.text), [])
        self.assertEqual(answer.type, TEXT)
        return parse(answer.text)

    def status(self):
        answer = self.client.request('GET', '/status')
        self.assertEqual(openapi.response_errors(
            'GET', '/status', answer.status, answer.type, answer.json()), [])
        return answer.json()

    def infer(self, body):
        return self.client.post(INFER, body, 'application/json')

    def ended(self, **labels):
        return self.metrics().total('facetree_inference_requests_total',
                                    **labels)

    def wait_ended(self, count, **labels):
        """A request is counted a moment after its answer was sent."""
        harness.wait_for('%d requests to end' % count,
                         lambda: self.ended(**labels) == count)
        return self.metrics()


def gray(count):
    return json.dumps({'inputs': [{
        'name': 'image', 'datatype': 'UINT8', 'shape': [count, 4096],
        'data': [7] * 4096 * count}]})


class Grammar(MetricsCase):

    def test_self(self):
        """The parser refuses what it should."""
        good = ('# HELP h x\n# TYPE h histogram\n'
                'h_bucket{a="b",le="1"} 1\nh_bucket{a="b",le="+Inf"} 2\n'
                'h_sum{a="b"} 3.5\nh_count{a="b"} 2\n')
        self.assertEqual(parse(good).total('h_sum', a='b'), 3.5)
        for old, new in (('} 2\n', '} 0\n'), ('="b"', '=b'), ('3.5', 'NaN'),
                         ('# TYPE h', '# TYPE g'), ('h_sum', 'g_sum'),
                         ('3.5', '3.5 '), ('"+Inf"', '"2"'), ('"b"', '"\\b"'),
                         ('h_count', 'h_bucket'), ('# HELP h x\n', ''),
                         ('histogram', 'counter'), ('{a', '{a="c",a')):
            with self.subTest(new), self.assertRaises(AssertionError):
                parse(good.replace(old, new))

    def test_text(self):
        self.client.post('/predict', face())
        metrics = self.metrics()
        for name in ('facetree_build_info', 'facetree_model_info',
                     'facetree_requests_in_progress', 'facetree_shm_bytes',
                     'facetree_request_duration_seconds_count'):
            self.assertTrue(metrics.has(name), name)
        self.assertEqual(metrics.total('facetree_shm_bytes',
                                       zone='counters'), 1 << 20)

    def test_openmetrics(self):
        self.client.post('/predict', face())
        answer = self.client.request('GET', '/metrics', headers={
            'Accept': 'application/openmetrics-text;version=1.0.0,'
                      'text/plain;version=0.0.4;q=0.5,*/*;q=0.1'})
        self.assertEqual(answer.type, OPENMETRICS)
        self.assertEqual(openapi.response_errors(
            'GET', '/metrics', 200, answer.type, answer.text), [])
        other = parse(answer.text, openmetrics=True)
        self.assertEqual(set(other) - set(self.metrics()), set())
        for accept in ('*/*', 'text/plain', 'text/html', '',
                       'application/openmetrics-text;q=0'):
            answer = self.client.request('GET', '/metrics',
                                         headers={'Accept': accept})
            self.assertEqual(answer.type, TEXT, accept)

    def test_methods(self):
        for path in ('/metrics', '/status'):
            for method in ('POST', 'PUT', 'DELETE'):
                answer = self.client.request(method, path, b'x')
                self.assertProblem(answer, 405, 'method')
                self.assertEqual(answer.headers['allow'],
                                 'GET, HEAD, OPTIONS')
            head = self.client.request('HEAD', path)
            self.assertEqual((head.status, head.body), (200, b''))


class Tally(MetricsCase):

    def test_a_mix(self):
        """Every counter moves by what the client has seen, and no other."""
        before = self.metrics()
        codes = collections.Counter()
        reasons = collections.Counter()
        formats = collections.Counter()
        ended = collections.Counter()
        pictures = runs = body = 0
        white = harness.png(64, 64, bytes(4096))
        two = harness.multipart(harness.part(face(), 'a'),
                                harness.part(white, 'b'))
        three = harness.multipart(*[harness.part(white, 'a')] * 3)
        kind = harness.MULTIPART
        # endpoint, method, body, type; status, reason, formats, classified
        for request, answer in (
                (('predict', 'POST', face(), None), (200, None, 'pnm', 1)),
                (('predict', 'PUT', white, None), (200, None, 'png', 1)),
                (('predict', 'POST', two, kind), (200, None, 'pnm png', 2)),
                (('predict', 'POST', b'', None), (400, 'empty', '', None)),
                (('predict', 'POST', b'x', kind),
                 (400, 'multipart', '', None)),
                (('predict', 'POST', three, kind),
                 (413, 'images', '', None)),
                (('predict', 'POST', face(), 'text/css'),
                 (415, 'media_type', '', None)),
                (('predict', 'POST', face()[:100], None),
                 (422, 'corrupt', 'pnm', 0)),
                (('predict', 'GET', None, None), (405, '', '', None)),
                (('infer', 'POST', gray(2), None), (200, None, 'raw raw', 2)),
                (('infer', 'POST', gray(3), None), (413, 'images', '', None)),
                (('infer', 'POST', '{', None), (400, 'json', '', None)),
                (('infer', 'POST', '{}', None), (400, 'request', '', None)),
                (('infer', 'POST', gray(1).replace('4096', '409'), None),
                 (400, 'shape', '', None)),
                (('infer', 'GET', None, None), (405, '', '', None))):
            endpoint, method, data, content_type = request
            status, reason, seen, count = answer
            for _ in range(3):
                got = self.client.request(
                    method, '/predict' if endpoint == 'predict' else INFER,
                    data, {'Content-Type': content_type} if content_type
                    else {})
                self.assertEqual(got.status, status, got)
                codes[endpoint, method, str(status)] += 1
                formats.update(seen.split())
                if count is not None:
                    runs += 1
                    pictures += count
                if reason == '':           # refused before a model is known
                    continue
                body += len(data)
                ended['failure' if reason else 'success'] += 1
                if reason:
                    reasons[reason] += 1
        for path in ('/v2', '/v2/models'):
            self.client.request('GET', path)
            codes['metadata', 'GET', '200'] += 1
        self.client.request('GET', '/v2/models/nobody')
        codes['metadata', 'GET', '404'] += 1
        self.client.post('/v2/models/nobody/infer', '{}')
        codes['infer', 'POST', '404'] += 1
        self.client.request('GET', '/v2/health/ready')
        codes['health', 'GET', '200'] += 1

        all_ended = before.total('facetree_inference_requests_total') \
            + sum(ended.values())
        after = self.wait_ended(all_ended)

        def moved(name, *labels):
            found = collections.Counter()
            for (other, pairs), value in after.items():
                if other == name:
                    more = value - before.get((other, pairs), 0)
                    if more:
                        found[tuple(dict(pairs)[n] for n in labels)] += more
            return found

        http_codes = moved('facetree_http_requests_total', 'endpoint',
                           'method', 'code')
        self.assertGreater(http_codes.pop(('metrics', 'GET', '200')), 0)
        self.assertEqual(http_codes, codes)
        for name, label, expected in (
                ('facetree_inference_requests_total', 'outcome', ended),
                ('facetree_inference_failures_total', 'reason', reasons),
                ('facetree_images_total', 'format', formats)):
            self.assertEqual(moved(name, label), {
                (key,): count for key, count in expected.items()}, name)
        for name, expected in (
                ('facetree_inferences_total', pictures),
                ('facetree_executions_total', runs),
                ('facetree_confidence_count', pictures),
                ('facetree_vote_margin_count', pictures),
                ('facetree_image_pixels_count', sum(formats.values())),
                ('facetree_request_body_bytes_sum', body),
                ('facetree_request_duration_seconds_count',
                 sum(ended.values())),
                ('facetree_queue_rejected_total', 0)):
            self.assertEqual(sum(moved(name).values()), expected, name)
        stages = moved('facetree_stage_duration_seconds_count', 'stage')
        self.assertEqual(stages['predict',], runs)
        self.assertEqual(after.total('facetree_requests_in_progress'), 0)

        status = self.status()
        self.assertAgree(status, self.metrics())

    def assertAgree(self, status, metrics):
        """/status and /metrics have the same facts."""
        one, = status['models']
        requests, pictures = one['requests'], one['pictures']
        total = metrics.total
        for value, name, labels in (
                (requests['success'], 'inference_requests_total',
                 {'outcome': 'success'}),
                (requests['failure'], 'inference_requests_total',
                 {'outcome': 'failure'}),
                (requests['in_progress'], 'requests_in_progress', {}),
                (requests['queued'], 'queue_depth', {}),
                (requests['queue_rejected'], 'queue_rejected_total', {}),
                (pictures['classified'], 'inferences_total', {}),
                (pictures['executions'], 'executions_total', {}),
                (pictures['below_threshold'], 'rejected_total', {}),
                (one['bytes'], 'model_bytes', {}),
                (status['reloads']['success'], 'reloads_total',
                 {'result': 'success'}),
                (status['reloads']['failure'], 'reloads_total',
                 {'result': 'failure'}),
                (status['zones'][0]['free'], 'shm_bytes',
                 {'state': 'free'})):
            self.assertEqual(value, total('facetree_' + name, **labels), name)
        for name, value in requests['failures'].items():
            self.assertEqual(value, total('facetree_inference_failures_total',
                                          reason=name), name)
        self.assertEqual(sum(requests['failures'].values()),
                         requests['failure'])
        for name, value in pictures['formats'].items():
            self.assertEqual(value, total('facetree_images_total',
                                          format=name), name)
        for endpoint, codes in status['http_requests'].items():
            if endpoint != 'metrics':
                for code, value in codes.items():
                    self.assertEqual(value, total(
                        'facetree_http_requests_total', endpoint=endpoint,
                        code=code), endpoint + code)
        for member, name, label in (
                ('request_seconds', 'request_duration_seconds', 'endpoint'),
                ('stage_seconds', 'stage_duration_seconds', 'stage')):
            for key, entry in one[member].items():
                self.assertEqual(entry['count'], total(
                    'facetree_%s_count' % name, **{label: key}), key)
                self.assertAlmostEqual(entry['sum'], total(
                    'facetree_%s_sum' % name, **{label: key}), 6)
        self.assertEqual(one['version'], dict(next(
            pairs for name, pairs in metrics
            if name == 'facetree_model_info'))['digest'])

    def test_client_goes(self):
        """Half a body, and the client is gone."""
        name = 'facetree_inference_failures_total'
        before = self.metrics()
        with self.client.connect() as s:
            s.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\n'
                      b'Content-Length: 9000\r\n\r\n' + face()[:500])
            harness.wait_for('the request', lambda: self.metrics().total(
                'facetree_requests_in_progress') == 1)
        harness.wait_for('its end', lambda: self.metrics().total(
            'facetree_requests_in_progress') == 0)
        after = self.metrics()
        self.assertEqual(after.total(name, reason='client_abort')
                         - before.total(name, reason='client_abort'), 1)
        self.assertEqual(after.total(name) - before.total(name), 1)


class Reloads(MetricsCase):

    expected = (r'\[emerg\].* model "[^"]*model\.ftm"',)

    def counted(self, result):
        return self.metrics().total('facetree_reloads_total', result=result)

    def test_they_are_counted_and_outlived(self):
        self.put(self.models[0])
        self.server.reload()
        done = self.ended()
        for number in range(5):
            self.assertFace(self.client.post('/predict', face(number)))
            self.infer('{')
        before = self.wait_ended(done + 10)
        good, bad = self.counted('success'), self.counted('failure')

        self.server.reload()
        after = self.metrics()
        for (name, labels), value in before.items():
            # A reload may free what the model before the last one had.
            if name not in ('facetree_reloads_total', 'facetree_shm_bytes',
                            'facetree_http_requests_total',
                            'facetree_model_load_timestamp_seconds'):
                self.assertEqual(after[name, labels], value, (name, labels))
        self.assertEqual(self.counted('success'), good + 1)

        with open(self.server.path('model.new'), 'wb') as stream:
            stream.write(harness.read(self.models[0])[:-1])
        os.rename(self.server.path('model.new'),
                  self.server.path('model.ftm'))
        for number in range(1, 4):
            self.server.reload_refused()
            self.assertEqual(self.counted('failure'), bad + number)
        self.assertEqual(self.counted('success'), good + 1)
        self.assertEqual(self.ended(), done + 10)

        self.put(self.models[0])
        self.server.reload()
        self.assertEqual(self.counted('success'), good + 2)
        self.assertEqual(self.ended(), done + 10)

    def test_new_versions_start_anew(self):
        paths = self.models + [harness.small_model(9)]
        for path in paths:
            self.put(path)
            self.server.reload()
            version = test_reload.digest(path)
            before = self.ended(version=version)
            self.assertEqual(self.ended(), before)
            for number in range(3):
                self.assertFace(self.client.post('/predict', face(number)))
            self.wait_ended(before + 3, version=version)
        for path, kept in ((paths[1], True), (paths[0], False)):
            self.put(path)
            self.server.reload()
            metrics = self.metrics()
            self.assertEqual(metrics.total(
                'facetree_inferences_total') > 0, kept)
            self.assertEqual(metrics.total(
                'facetree_request_duration_seconds_count') > 0, kept)

    def test_memory(self):
        free = []
        for number in range(20):
            self.put(self.models[number % 2])
            self.server.reload()
            free.append(self.metrics().total('facetree_shm_bytes',
                                             state='free'))
        self.assertGreater(free[-1], 0)
        self.assertEqual(set(free[2:]), {free[2]})


class Killed(MetricsCase):

    expected = (r'\[alert\].* exited on signal 9',)

    @classmethod
    def conf(cls):
        harness.need_threads()
        return '    facetree_threads default min=0;\n' + CONF

    def gauges(self):
        metrics = self.metrics()
        return (metrics.total('facetree_requests_in_progress'),
                metrics.total('facetree_queue_depth'))

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)

        def replaced():
            pids = self.server.worker_pids()
            return pid not in pids and len(pids) == self.workers

        harness.wait_for('another worker', replaced)

    def test_with_a_request(self):
        sockets = [self.client.connect() for _ in range(6)]
        for s in sockets:
            s.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\n'
                      b'Content-Length: 9000\r\n\r\n' + face()[:500])
        harness.wait_for('the requests', lambda: self.gauges() == (6, 0))
        for pid in self.server.worker_pids():
            self.kill(pid)
        harness.wait_for('no requests', lambda: self.gauges() == (0, 0))
        for s in sockets:
            s.close()
        self.assertFace(self.client.post('/predict', face()))

    def test_under_load(self):
        stop = threading.Event()
        answers, faults = [], []
        body = harness.png(900, 900, bytes(810000))

        def ask():
            while not stop.is_set():
                try:
                    answers.append(self.client.post('/predict', body).status)
                except (OSError, http.client.HTTPException) as error:
                    faults.append(error)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(4):
                time.sleep(0.2)
                self.kill(self.server.worker_pids()[0])
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(set(answers), {200})
        self.assertGreater(len(answers), 20)
        harness.wait_for('no requests', lambda: self.gauges() == (0, 0))
        good = self.ended(outcome='success')
        self.assertFace(self.client.post('/predict', face()))
        self.wait_ended(good + 1, outcome='success')


class NoZone(MetricsCase):

    @classmethod
    def conf(cls):
        return CONF.replace('facetree_zone  counters:1m;', '')

    def test_facts_remain(self):
        self.assertFace(self.client.post('/predict', face()))
        metrics = self.metrics()
        self.assertEqual(metrics.total('facetree_model_ready', model='m'), 1)
        self.assertTrue(metrics.has('facetree_build_info'))
        self.assertFalse(metrics.has('facetree_shm_bytes'))
        self.assertFalse(metrics.has('facetree_inferences_total'))
        status = self.status()
        self.assertEqual(status['models'][0]['name'], 'm')
        self.assertEqual(self.client.request(
            'GET', '/v2/models/m/stats').status, 200)
        self.server.reload()
        self.metrics()


class SmallZone(MetricsCase):

    expected = (r'facetree_zone "counters" is too small',)

    @classmethod
    def conf(cls):
        return ''.join('facetree_model %s @PREFIX@/model.ftm;\n' % name
                       for name in ('m', 'm2', 'm3')) \
            + 'facetree_zone counters:32k;' + SERVER

    def refused(self, conf):
        server = harness.Nginx(conf)
        server.port, server.h2port = self.server.port, self.server.h2port
        code, output = server.test()
        self.assertEqual(code, 1, output)
        lines = [line for line in output.splitlines() if '[' in line]
        self.assertEqual(len(lines), 1, output)
        self.assertIn('[emerg]', lines[0])
        return lines[0]

    def test_of_a_new_configuration(self):
        model = self.server.path('model.ftm')
        many = ''.join('facetree_model n%d %s;\n' % (n, model)
                       for n in range(12))
        self.assertIn('facetree_zone "z" is too small: ',
                      self.refused(many + 'facetree_zone z:32k;'))
        for value in ('z', ':1m', 'z:', 'z:1k', 'z:x', 'z:-1'):
            self.assertIn('invalid zone "%s"' % value,
                          self.refused('facetree_zone %s;' % value))
        self.assertIn('duplicate', self.refused(
            'facetree_zone z:1m; facetree_zone y:1m;'))

    def test_of_a_reload(self):
        """There is room for the models once, not for the versions after."""
        self.put(self.models[0])
        self.server.reload()
        workers = self.server.worker_pids()
        self.assertFace(self.client.post('/predict', face()))
        self.put(self.models[1])
        log = self.server.reload_refused()
        self.assertIn('facetree_zone "counters" is too small', log)
        self.assertEqual(log.count('[emerg]'), 1, log)
        self.assertEqual(self.version(), self.versions[0])
        self.assertEqual(self.server.worker_pids(), workers)
        self.put(self.models[0])
        self.server.reload()
        self.assertEqual(self.version(), self.versions[0])
        self.metrics()
