"""The Open Inference Protocol: every route, every form of a tensor."""

import base64
import hashlib
import json
import struct

import harness
from harness import face, pgm_pixels
import openapi


CONF = '''
    facetree_model faces %s;
    facetree_model "b c?d" %s;
    facetree_zone  z:1m;
    facetree_top_k 1000;
    %s

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /predict {
            facetree faces;
        }

        location /v2 {
            facetree_inference;
            facetree_max_images  4;
            facetree_max_pixels  4000000;
            client_max_body_size 10m;
            error_page           413 @refused;
        }

        location @refused {
            facetree_inference;
        }
    }
'''

INFER = '/v2/models/faces/infer'
OTHER = 'b%20c%3Fd'
JSON = 'application/json'
LENGTH = 'inference-header-content-length'


def encoded(*pictures, **more):
    """A request with pictures in base64."""
    return json.dumps({'inputs': [{
        'name': 'image', 'datatype': 'BYTES', 'shape': [len(pictures)],
        'parameters': {'content_type': 'base64'},
        'data': [base64.b64encode(p).decode() for p in pictures]}], **more})


def tensor(datatype, shape, data, **more):
    return json.dumps({'inputs': [{
        'name': 'image', 'datatype': datatype, 'shape': shape,
        'data': data}], **more})


def single(value):
    """The nearest FP32."""
    return struct.unpack('<f', struct.pack('<f', value))[0]


def outputs(answer):
    return {entry['name']: entry for entry in answer['outputs']}


class Protocol(harness.Case):

    extra = ''

    @classmethod
    def conf(cls):
        return CONF % (harness.synthetic_model(), harness.small_model(),
                       cls.extra)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = hashlib.sha256(
            harness.read(harness.synthetic_model())).hexdigest()

    def ask(self, method, path, body=None, headers=None, status=200):
        """An answer that is as documented."""
        answer = self.client.request(method, path, body, headers)
        self.assertEqual(answer.status, status, answer)
        if answer.type == JSON:
            parsed = answer.json()
        else:
            parsed = answer.body.decode('latin-1')
        if status >= 400:
            self.assertEqual(openapi.errors('Error', parsed), [])
            self.assertTrue(parsed['error'])
        if openapi.operation(method, path) or status not in (404, 405):
            self.assertEqual(openapi.response_errors(
                method, path, status, answer.type, parsed), [])
        return answer

    def get(self, path, status=200):
        return self.ask('GET', path, status=status).json()

    def infer(self, body, status=200, headers=None, path=INFER):
        return self.ask('POST', path, body,
                        headers or {'Content-Type': JSON}, status)

    def predicted(self, picture):
        """What /predict says: label, class, probabilities by class."""
        prediction, = self.assertFace(self.client.post('/predict', picture))
        by_class = {entry['class']: single(entry['probability'])
                    for entry in prediction['top']}
        return (prediction['label'], prediction['class'],
                [by_class[n] for n in range(len(by_class))])

    def assertPredicted(self, answer, *pictures):
        """All outputs, in JSON, equal to what /predict says."""
        out = outputs(answer)
        self.assertEqual(set(out), {'label', 'class', 'probabilities'})
        expected = [self.predicted(picture) for picture in pictures]
        classes = len(expected[0][2])
        self.assertGreater(classes, 10)
        self.assertEqual(out['label']['data'], [e[0] for e in expected])
        self.assertEqual(out['class']['data'], [e[1] for e in expected])
        self.assertEqual([single(p) for p in out['probabilities']['data']],
                         [p for e in expected for p in e[2]])
        self.assertEqual(out['label']['shape'], [len(pictures)])
        self.assertEqual(out['class']['shape'], [len(pictures)])
        self.assertEqual(out['probabilities']['shape'],
                         [len(pictures), classes])
        self.assertEqual(answer['model_name'], 'faces')
        self.assertEqual(answer['model_version'], self.version)


class Routes(Protocol):

    def test_get_and_head(self):
        one = '/v2/models/faces'
        paths = ['/v2', '/v2/health/live', '/v2/health/ready', '/v2/models',
                 '/v2/models/stats', one, one + '/ready', one + '/stats',
                 '/v2/models/' + OTHER]
        for version in (self.version, self.version[:12]):
            paths += [one + '/versions/' + version + end
                      for end in ('', '/ready', '/stats')]
        for path in paths:
            with self.subTest(path):
                got = self.ask('GET', path)
                self.assertEqual(got.type, JSON)
                head = self.client.request('HEAD', path)
                self.assertEqual(head.status, 200)
                self.assertEqual(head.type, JSON)
                self.assertEqual(head.body, b'')
                self.assertEqual(head.headers['content-length'],
                                 got.headers['content-length'])
                self.assertEqual(self.client.request(
                    'GET', path + '/?a=b').body, got.body)

    def test_what_they_say(self):
        self.assertEqual(self.get('/v2')['name'], 'facetree')
        self.assertIs(self.get('/v2/health/live')['live'], True)
        self.assertIs(self.get('/v2/health/ready')['ready'], True)
        model = self.get('/v2/models/faces')
        self.assertEqual(model['name'], 'faces')
        self.assertEqual(model['versions'], [self.version])
        self.assertEqual(self.get('/v2/models/' + OTHER)['name'], 'b c?d')
        self.assertIs(self.get('/v2/models/faces/ready')['ready'], True)

    def test_index(self):
        for body in (None, '{}', '{"ready": true}'):
            index = self.ask('POST', '/v2/repository/index', body).json()
            self.assertEqual([entry['name'] for entry in index],
                             ['faces', 'b c?d'])
            self.assertEqual(index[0]['version'], self.version)
        for body in ('[', '{"ready": 1}', '7'):
            self.ask('POST', '/v2/repository/index', body, status=400)

    def test_not_found(self):
        good = self.version
        for path in ('/v2/models/nobody', '/v2/models/nobody/ready',
                     '/v2/models/faces/versions/' + good[:11],
                     '/v2/models/faces/versions/' + good + '0/ready',
                     '/v2/models/faces/versions/' + good[::-1] + '/stats',
                     '/v2/models/b/c%20d', '/v2/nothing', '/v2/./x',
                     '/v2x', '/v2/models/' + 'x' * 300):
            with self.subTest(path):
                self.get(path, 404)
        for path in ('/v2/models/nobody/infer',
                     '/v2/models/faces/versions/1/infer'):
            self.infer(encoded(face()), 404, path=path)

    def test_methods(self):
        for method, path, allow in (
                ('POST', '/v2', 'GET, HEAD, OPTIONS'),
                ('DELETE', '/v2/models', 'GET, HEAD, OPTIONS'),
                ('PUT', '/v2/models/faces/ready', 'GET, HEAD, OPTIONS'),
                ('GET', INFER, 'POST, OPTIONS'),
                ('PUT', INFER, 'POST, OPTIONS'),
                ('GET', '/v2/repository/index', 'POST, OPTIONS')):
            with self.subTest(method + ' ' + path):
                answer = self.ask(method, path, status=405)
                self.assertEqual(answer.headers['allow'], allow)
                answer = self.client.request('OPTIONS', path)
                self.assertEqual((answer.status, answer.body), (204, b''))
                self.assertEqual(answer.headers['allow'], allow)
        self.ask('OPTIONS', '/v2/nothing', status=404)
        head = self.client.request('HEAD', INFER)
        self.assertEqual((head.status, head.body), (405, b''))

    def test_etag(self):
        """What changes with the models alone can be kept, and asked for
        again."""
        tags = []
        for path in ('/v2', '/v2/models', '/v2/models/faces'):
            with self.subTest(path):
                answer = self.client.request('GET', path)
                self.assertEqual(answer.headers['cache-control'], 'no-cache')
                tag = answer.headers['etag']
                self.assertRegex(tag, r'^"[0-9a-f]{32}"$')
                tags.append(tag)
                for match in (tag, '"x", ' + tag, 'W/' + tag, '*'):
                    again = self.client.request(
                        'GET', path, headers={'If-None-Match': match})
                    self.assertEqual((again.status, again.body), (304, b''))
                    self.assertEqual(again.headers['etag'], tag)
                other = self.client.request(
                    'GET', path, headers={'If-None-Match': '"x"'})
                self.assertEqual(other.body, answer.body)
        self.assertEqual(len(set(tags)), 3)
        for path in ('/v2/health/live', '/v2/health/ready', '/v2/models/stats',
                     '/v2/models/faces/ready', '/v2/models/faces/stats'):
            answer = self.client.request('GET', path)
            self.assertEqual(answer.headers['cache-control'], 'no-store')
            self.assertNotIn('etag', answer.headers)

    def test_conditional_post(self):
        for name in ('If-None-Match', 'If-Match'):
            for value in ('*', '"x"'):
                answer = self.client.request(
                    'POST', INFER, encoded(face()),
                    {name: value, 'Content-Type': 'application/json'})
                self.assertEqual(answer.status, 200, (name, value))
                self.assertNotIn('etag', answer.headers)

    def test_statistics(self):
        def now():
            entry, = self.get('/v2/models/faces/stats')['model_stats']
            return entry
        before = now()
        self.infer(encoded(face(0), face(1)))
        self.infer('{', 400)
        after = now()
        for name, more in (('inference_count', 2), ('execution_count', 1)):
            self.assertEqual(after[name] - before[name], more)
        for name in ('success', 'fail'):
            self.assertEqual(after['inference_stats'][name]['count']
                             - before['inference_stats'][name]['count'], 1)


class Inference(Protocol):

    def test_encoded(self):
        self.assertPredicted(self.infer(encoded(face(3))).json(), face(3))

    def test_batch(self):
        pictures = [face(n) for n in (0, 57, 211)]
        self.assertPredicted(self.infer(encoded(*pictures)).json(),
                             *pictures)

    def test_pixels(self):
        gray = [list(pgm_pixels(face(n))[2]) for n in (5, 99)]
        rows = [[g[y * 64:(y + 1) * 64] for y in range(64)] for g in gray]
        for datatype, scale in (('UINT8', 1), ('FP32', 255)):
            for shape, data in (
                    ([1, 64, 64], gray[0]), ([1, 64, 64], rows[:1]),
                    ([1, 4096], gray[0]), ([2, 64, 64], rows),
                    ([2, 4096], gray[0] + gray[1])):
                if scale != 1:
                    data = json.loads(json.dumps(data), parse_int=lambda s:
                                      int(s) / scale)
                with self.subTest(datatype, shape=shape):
                    answer = self.infer(tensor(datatype, shape, data)).json()
                    self.assertPredicted(answer, *[
                        face(5), face(99)][:shape[0]])

    def test_raw_file(self):
        """The body is the file; the answer is binary."""
        for kind in ('application/octet-stream', 'image/png'):
            answer = self.infer(face(8), headers={
                LENGTH: '0', 'Content-Type': kind})
            self.assertBinary(answer, face(8))

    def assertBinary(self, answer, *pictures):
        """All outputs behind the JSON, equal to what /predict says."""
        self.assertEqual(answer.type, 'application/octet-stream')
        size = int(answer.headers[LENGTH])
        head, raw = json.loads(answer.body[:size]), answer.body[size:]
        self.assertEqual(openapi.response_errors('POST', INFER, 200, JSON,
                                                 head), [])
        data = {}
        for entry in head['outputs']:
            self.assertNotIn('data', entry)
            length = entry['parameters']['binary_data_size']
            data[entry['name']], raw = raw[:length], raw[length:]
        self.assertEqual(raw, b'')
        expected = [self.predicted(picture) for picture in pictures]
        labels = [e[0].encode() for e in expected]
        self.assertEqual(data['label'], b''.join(
            struct.pack('<I', len(text)) + text for text in labels))
        self.assertEqual(data['class'], b''.join(
            struct.pack('<q', e[1]) for e in expected))
        self.assertEqual(data['probabilities'], b''.join(
            struct.pack('<f', p) for e in expected for p in e[2]))
        return head

    def binary(self, datatype, shape, raw, **more):
        head = json.dumps({'inputs': [{
            'name': 'image', 'datatype': datatype, 'shape': shape,
            'parameters': {'binary_data_size': len(raw)}}], **more}).encode()
        return self.infer(head + raw, headers={
            'Content-Type': 'application/octet-stream',
            LENGTH: str(len(head))})

    def test_binary_tensors(self):
        gray = [pgm_pixels(face(n))[2] for n in (5, 99)]
        pictures = [face(5), face(99)]
        raws = (
            ('UINT8', [2, 64, 64], gray[0] + gray[1]),
            ('FP32', [2, 64, 64], b''.join(
                struct.pack('<f', level / 255) for g in gray for level in g)),
            ('BYTES', [2], b''.join(
                struct.pack('<I', len(p)) + p for p in pictures)))
        for datatype, shape, raw in raws:
            with self.subTest(datatype):
                answer = self.binary(datatype, shape, raw)
                self.assertEqual(answer.type, JSON)
                self.assertPredicted(answer.json(), *pictures)
                head = self.assertBinary(self.binary(
                    datatype, shape, raw, id='r1',
                    parameters={'binary_data_output': True}), *pictures)
                self.assertEqual(head['id'], 'r1')

    def test_chosen_outputs(self):
        answer = self.infer(encoded(face(), outputs=[
            {'name': 'class'}, {'name': 'label'}])).json()
        self.assertEqual([entry['name'] for entry in answer['outputs']],
                         ['class', 'label'])
        answer = self.infer(encoded(face(), outputs=[
            {'name': 'class', 'parameters': {'binary_data': True}},
            {'name': 'label'}]))
        size = int(answer.headers[LENGTH])
        label, number, _ = self.predicted(face())
        self.assertEqual(answer.body[size:], struct.pack('<q', number))
        self.assertEqual(outputs(json.loads(answer.body[:size]))['label']
                         ['data'], [label])

    def test_classification(self):
        answer = self.infer(encoded(face(0), face(44), outputs=[
            {'name': 'probabilities',
             'parameters': {'classification': 2}}])).json()
        entry = outputs(answer)['probabilities']
        self.assertEqual((entry['datatype'], entry['shape']),
                         ('BYTES', [2, 2]))
        for first, picture in ((0, face(0)), (2, face(44))):
            label, number, chances = self.predicted(picture)
            best = sorted(range(len(chances)), key=lambda n: -chances[n])[:2]
            for text, rank in zip(entry['data'][first:first + 2], best):
                chance, index, name = text.split(':', 2)
                self.assertEqual(single(float(chance)), chances[rank])
                self.assertEqual(int(index), rank)
            self.assertEqual(entry['data'][first].split(':', 1)[1],
                             '%d:%s' % (number, label))

    def test_id(self):
        for value in ('', 'a', 'ä"\\\n', 'x' * 1024):
            self.assertEqual(self.infer(encoded(face(), id=value))
                             .json()['id'], value)
        self.assertNotIn('id', self.infer(encoded(face())).json())
        for value in (7, None, 'x' * 1025):
            self.infer(encoded(face(), id=value), 400)

    def test_versions(self):
        for version in (self.version, self.version[:12]):
            path = '/v2/models/faces/versions/%s/infer' % version
            self.assertPredicted(self.infer(encoded(face()), path=path)
                                 .json(), face())
        answer = self.infer(encoded(face()),
                            path='/v2/models/%s/infer' % OTHER).json()
        self.assertEqual(answer['model_name'], 'b c?d')
        self.assertNotEqual(answer['model_version'], self.version)

    def test_chunked(self):
        body = encoded(face(9)).encode()
        pieces = [body[n:n + 700] for n in range(0, len(body), 700)]
        self.assertPredicted(self.infer(iter(pieces)).json(), face(9))
        self.infer(iter([b'{"in', b'puts": 1}']), 400)

    def test_slow_pieces(self):
        body = encoded(face(9)).encode()
        head = ('POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n'
                'Content-Length: %d\r\n\r\n' % (INFER, len(body))).encode()
        answer, = self.client.raw(head + body[:99], body[99:2000],
                                  body[2000:], pause=0.05)
        self.assertEqual(answer.status, 200, answer)
        self.assertPredicted(answer.json(), face(9))

    def test_http2(self):
        answer = self.client.curl(INFER, '-H', 'Content-Type: ' + JSON,
                                  body=encoded(face(2)).encode())
        self.assertEqual(answer.status, 200, answer)
        self.assertPredicted(answer.json(), face(2))

    def test_large_body(self):
        """Larger than any buffer: through a temporary file."""
        start = self.server.log_size()
        noise = bytes(n * 7919 % 251 for n in range(900 * 900))
        picture = harness.pgm(900, 900, noise)
        answer = self.infer(encoded(picture, face(1))).json()
        self.assertIn('buffered to a temporary file', self.server.log(start))
        self.assertEqual(outputs(answer)['label']['data'],
                         [self.predicted(picture)[0],
                          self.predicted(face(1))[0]])

    def test_refusals(self):
        gray = [0] * 4096
        broken = face()[:200]
        for status, body in (
                (400, ''), (400, '{'), (400, '[]'), (400, 'null'),
                (400, '{}'), (400, '{"inputs": []}'), (400, b'\xff\xfe'),
                (400, '[' * 100), (400, encoded()),
                (400, encoded(face()).replace('"image"', '"picture"')),
                (400, encoded(face()).replace('[1]', '[2]')),
                (400, encoded(face()).replace('UDU', '!!!')),
                (400, tensor('UINT8', [1, 63, 64], gray[64:])),
                (400, tensor('UINT8', [1, 64, 64], gray[1:])),
                (400, tensor('UINT8', [1, 64, 64], [256] + gray[1:])),
                (400, tensor('FP32', [1, 64, 64], [1.5] + gray[1:])),
                (400, tensor('FP64', [1, 64, 64], gray)),
                (400, encoded(face(), outputs=[{'name': 'names'}])),
                (400, encoded(face(), outputs=[{'name': 'label'}] * 2)),
                (413, encoded(*[face()] * 5)),
                (413, encoded(harness.pgm(2100, 2000, bytes(4200000)))),
                (413, tensor('UINT8', [5, 4096], gray * 5)),
                (415, encoded(b'not a picture')),
                (422, encoded(broken)), (422, encoded(face(), broken))):
            with self.subTest(body[:80], status=status):
                self.infer(body, status)

    def test_refused_by_nginx(self):
        """Through error_page, told or found to be too long."""
        for body in (b' ' * 11000000, [b' ' * 1100000] * 10):
            for left in 2, 1, 0:

                # A worker that ends may close while the client still sends.

                try:
                    error = self.infer(body, 413).json()['error']
                    break
                except (ConnectionResetError, BrokenPipeError):
                    if left == 0:
                        raise
            self.assertNotIn('JSON', error)

    def test_refused_headers(self):
        body = encoded(face())
        for status, headers in (
                (415, {'Content-Type': 'text/plain'}),
                (415, {'Content-Type': 'application/octet-stream'}),
                (415, {'Content-Type': JSON, 'Content-Encoding': 'gzip'}),
                (400, {LENGTH: 'x'}), (400, {LENGTH: '-1'}),
                (400, {LENGTH: str(len(body) + 1)}),
                (400, {LENGTH: '9' * 30})):
            with self.subTest(headers):
                self.infer(body, status, headers)
        self.infer(b'', 400, {LENGTH: '0'})


class InThreads(Inference):

    extra = 'facetree_threads default;'

    @classmethod
    def setUpClass(cls):
        harness.need_threads()
        super().setUpClass()


class InFiles(Inference):

    extra = 'client_body_buffer_size 1k;'

    def test_it_is_a_file(self):
        start = self.server.log_size()
        self.infer(encoded(face()))
        self.assertIn('buffered to a temporary file', self.server.log(start))


class OverloadedThreads(Protocol):
    """A queue of one: some requests are refused, all get an answer."""

    main = 'thread_pool one threads=1 max_queue=1;'
    extra = 'facetree_threads one queue=1;'

    @classmethod
    def setUpClass(cls):
        harness.need_threads()
        super().setUpClass()

    expected = (r'facetree: busy: ',)
    workers = 1

    def test_overload(self):
        picture = harness.png(1000, 1000, bytes(1000000))
        body = encoded(*[picture] * 4).encode()       # short to send
        head = ('POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n'
                'Content-Length: %d\r\n\r\n' % (INFER, len(body))).encode()
        sockets = [self.client.connect() for _ in range(12)]
        for s in sockets:
            s.sendall(head + body[:-1])
        for s in sockets:
            s.sendall(body[-1:])
        answers = []
        for s in sockets:
            answers += harness.parse_answers(harness.receive(s))
            s.close()
        self.assertEqual(len(answers), 12)
        self.assertEqual({a.status for a in answers}, {200, 503})
        for answer in answers:
            self.assertEqual(openapi.response_errors(
                'POST', INFER, answer.status, answer.type, answer.json()),
                [])
            if answer.status == 503:
                self.assertEqual(answer.headers['retry-after'], '1')
                self.assertTrue(answer.json()['error'])
