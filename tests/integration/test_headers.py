"""Headers in and out, each said once, and what logs make of requests."""

import gzip
import http.client
import json

import harness
import test_conf
import test_inference
from harness import MULTIPART, face, multipart, part


CONF = '''
    facetree_model m %s;
    facetree_zone  counters:1m;
    log_format answer escape=json '{"uri": "$uri", "status": "$status",'
        '"model": "$facetree_model", "label": "$facetree_label",'
        '"class": "$facetree_class", "confidence": "$facetree_confidence",'
        '"margin": "$facetree_margin", "format": "$facetree_format",'
        '"width": "$facetree_width", "height": "$facetree_height",'
        '"decode": "$facetree_decode_time",'
        '"predict": "$facetree_predict_time", "error": "$facetree_error"}';

    server {
        access_log @PREFIX@/access.log answer;
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /predict {
            facetree m;
        }

        location = /chosen {
            facetree $http_x_model;
        }

        location /v2 {
            facetree_inference;
        }

        location /operator/ {
            add_header X-Content-Type-Options nosniff always;
            add_header Vary Origin always;

            location = /operator/predict {
                facetree m;
            }

            location = /operator/metrics {
                facetree_metrics;
            }

            location = /operator/status {
                facetree_status;
            }

            location /operator/v2 {
                rewrite ^/operator(/.*)$ $1 break;
                facetree_inference;
            }
        }

        location /expires/ {
            location = /expires/predict {
                expires 1h;
                facetree m;
            }

            location = /expires/never {
                expires off;
                facetree m;
            }
        }
    }
'''


class HeadersCase(harness.Case):

    workers = 1

    @classmethod
    def conf(cls):
        return CONF % harness.synthetic_model()

    def fields(self, method, path, body=None, headers=None, name=''):
        """The status, and every line of one header."""
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.server.port, timeout=harness.TIMEOUT)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            response.read()
            return response.status, response.headers.get_all(name) or []
        finally:
            connection.close()


class Once(HeadersCase):
    """Who reads two headers of a kind may believe either of them."""

    ASKS = (('POST', '/predict', face), ('POST', '/predict', bytes),
            ('GET', '/metrics', None), ('GET', '/status', None),
            ('GET', '/v2', None), ('GET', '/v2/models/m', None),
            ('POST', '/v2/models/m/infer', bytes))

    def test_nosniff(self):
        """The samples add it for all that they serve."""
        for method, path, body in self.ASKS:
            with self.subTest(path):
                _, lines = self.fields(method, '/operator' + path,
                                       body and body(),
                                       name='X-Content-Type-Options')
                self.assertEqual(lines, ['nosniff'])

    def test_cache_control_of_expires(self):
        """What the operator says of time replaces what the module says."""
        status, lines = self.fields('POST', '/expires/predict', face(),
                                    name='Cache-Control')
        self.assertEqual((status, lines), (200, ['max-age=3600']))
        status, lines = self.fields('POST', '/expires/never', face(),
                                    name='Cache-Control')
        self.assertEqual((status, lines), (200, ['no-store']))

    def test_of_the_module_alone(self):
        """It may leave nosniff to the operator, who has it for all."""
        for path in ('/predict', '/v2/models/m/infer'):
            for name, least in (('Cache-Control', 1), ('Vary', 1),
                                ('X-Content-Type-Options', 0)):
                with self.subTest(path, name=name):
                    _, lines = self.fields('POST', path, face(), name=name)
                    self.assertIn(len(lines), (least, 1), lines)

    def test_vary_is_whole(self):
        """The module's and the operator's: both are to be heeded."""
        _, lines = self.fields('POST', '/operator/predict', face(),
                               name='Vary')
        self.assertEqual(sorted(', '.join(lines).split(', ')),
                         ['Accept', 'Origin'])


class Coding(HeadersCase):
    """A body that was compressed for the way."""

    def test_is_named(self):
        form = multipart(part(face(), 'a.pgm'))
        for coding in ('gzip', 'br', 'deflate', 'x-unheard-of'):
            for body, kind in ((face(), 'image/png'), (form, MULTIPART),
                               (face(), None)):
                with self.subTest(coding, kind=kind):
                    answer = self.client.post('/predict', body, kind,
                                              Content_Encoding=coding)
                    problem = self.assertProblem(answer, 415)
                    self.assertIn(coding, problem['detail'])
                    self.assertIn('Content-Encoding', problem['detail'])

    def test_identity(self):
        for coding in ('identity', 'Identity', ''):
            with self.subTest(coding):
                self.assertFace(self.client.post('/predict', face(),
                                                 Content_Encoding=coding))

    def test_hostile_name(self):
        answer = self.client.post('/predict', face(),
                                  Content_Encoding='<b>"\x01', Accept='*/*')
        self.assertIn(answer.status, (400, 415))
        if answer.status == 415:
            self.assertProblem(answer, 415)
        page = self.client.post('/predict', face(), Accept='text/html',
                                Content_Encoding='<b>x</b>')
        self.assertEqual(page.status, 415)
        self.assertNotIn('<b>x', page.text)


class Compressed(harness.Case):
    """gzip of nginx knows an answer by its type."""

    workers = 1

    @classmethod
    def conf(cls):
        return '''
            facetree_model m %s;
            facetree_zone  counters:1m;
            gzip on;
            gzip_min_length 100;

            server {
                listen 127.0.0.1:@PORT@;

                location /usual/ {
                    location = /usual/predict {
                        facetree m;
                    }
                }

                location /json/ {
                    gzip_types application/json;

                    location = /json/predict {
                        facetree m;
                    }

                    location = /json/status {
                        facetree_status;
                    }

                    location = /json/v2 {
                        rewrite ^ /v2/models/m/infer break;
                        facetree_inference;
                    }
                }
            }
        ''' % harness.synthetic_model()

    def check(self, path, body, wanted, **headers):
        for coding in ('gzip', 'identity'):
            with self.subTest(path, coding=coding, **headers):
                answer = self.client.request(
                    'GET' if body is None else 'POST', path, body,
                    {'Accept-Encoding': coding, **headers})
                self.assertEqual(answer.status, 200)
                data = answer.body
                told = answer.headers.get('content-encoding')
                if wanted and coding == 'gzip':
                    self.assertEqual(told, 'gzip')
                    data = gzip.decompress(data)
                else:
                    self.assertIsNone(told)
                if answer.type.startswith('text/html'):
                    self.assertTrue(data.rstrip().endswith(b'</html>'))
                else:
                    json.loads(data.decode())

    def test_page(self):
        """Without gzip_types it is text/html, which has a charset here."""
        self.check('/usual/predict', face(), True, Accept='text/html')
        self.check('/usual/predict', face(), False)

    def test_json(self):
        self.check('/json/predict', face(), True)
        self.check('/json/predict', face(), True, Accept='text/html')
        self.check('/json/status', None, True)
        self.check('/json/v2', test_inference.encoded(face()).encode(), True)


class Logs(HeadersCase):

    def new_lines(self, start):
        return self.server.log(start).splitlines()

    def test_name_of_no_model(self):
        """What a client sends never reaches a terminal as it is, and is not
        the server's error."""
        for name in ('\x1b[2J\x1b[31mgone', 'a\x07b', 'x\x7fy', '\x9b31m',
                     'n' * 3000, 'quote"quote'):
            with self.subTest(name[:20]):
                start = self.server.log_size()
                connection = self.client.connect()
                with connection:
                    connection.sendall(
                        b'POST /chosen HTTP/1.1\r\nHost: x\r\n'
                        b'Connection: close\r\nContent-Length: 4\r\n'
                        b'X-Model: ' + name.encode('latin-1')
                        + b'\r\n\r\nface')
                    answer, = harness.parse_answers(
                        harness.receive(connection))
                self.assertEqual(answer.status, 404, answer)
                line = harness.wait_for('the line', lambda: [
                    line for line in self.new_lines(start)
                    if 'no model' in line])[0]
                self.assertIn('[info]', line)
                self.assertNotRegex(line, r'[\x00-\x1f\x7f-\x9f\ufffd]')
                self.assertLess(len(line), 2500)

    def logged(self, answer_of):
        """The line of the access log that a request has made."""
        before = self.server.access_log().count('\n')
        answer = answer_of()
        lines = harness.wait_for('the line', lambda: self.server.access_log()
                                 .splitlines()[before:])
        return json.loads(lines[0]), answer

    def tensor(self, **more):
        width, height, gray = harness.pgm_pixels(face(7))
        return test_inference.tensor('UINT8', [1, height, width],
                                     list(gray), **more)

    def test_variables_of_tensors(self):
        """Pixels that come as numbers are answered, and logged, like those
        of a file."""
        for body in (self.tensor(), self.tensor(outputs=[
                {'name': 'label'}])):
            line, answer = self.logged(lambda: self.client.post(
                '/v2/models/m/infer', body, test_inference.JSON))
            self.assertEqual(answer.status, 200, answer)
            prediction, = self.assertFace(self.client.post('/predict',
                                                           face(7)))
            self.assertEqual(line['model'], 'm')
            self.assertEqual(line['label'], prediction['label'])
            self.assertEqual(line['class'], str(prediction['class']))
            self.assertEqual(line['confidence'],
                             '%.6f' % prediction['confidence'])
            self.assertEqual(line['margin'], '%.6f' % prediction['margin'])
            self.assertRegex(line['predict'], r'^\d+\.\d{6}$')
            self.assertEqual(line['error'], '')

    def test_variables_of_encoded_pictures(self):
        line, answer = self.logged(lambda: self.client.post(
            '/v2/models/m/infer', test_inference.encoded(face(7)),
            test_inference.JSON))
        self.assertEqual(answer.status, 200, answer)
        prediction, = self.assertFace(self.client.post('/predict', face(7)))
        self.assertEqual((line['label'], line['format'], line['width']),
                         (prediction['label'], 'pnm', '64'))

    def test_variables_of_a_refused_tensor(self):
        line, answer = self.logged(lambda: self.client.post(
            '/v2/models/m/infer', test_inference.tensor(
                'UINT8', [1, 2, 2], [1, 2, 3, 4]), test_inference.JSON))
        self.assertEqual(answer.status, 400, answer)
        self.assertEqual((line['label'], line['class']), ('', ''))
        self.assertNotEqual(line['error'], '')


class Sample(test_conf.SampleCase):
    """conf/nginx.conf, whose refusals are of their place's form."""

    name = 'nginx.conf'
    listens = (5000,)

    @classmethod
    def prepare(cls, folder):
        harness.need_threads()

    def test_too_large_for_the_protocol(self):
        """Refused by its length, before it is sent."""
        answer = self.client.raw(
            b'POST /v2/models/faces/infer HTTP/1.1\r\nHost: x\r\n'
            b'Connection: close\r\nContent-Type: application/json\r\n'
            b'Content-Length: %d\r\n\r\n' % (100 << 20))[0]
        self.assertEqual(answer.status, 413, answer)
        self.assertEqual(answer.type, test_inference.JSON)
        self.assertTrue(answer.json()['error'])

    def test_others_of_the_protocol(self):
        """What nginx refuses by itself, as the protocol has it."""
        answer = self.client.raw(
            b'POST /v2/models/faces/infer HTTP/1.1\r\nHost: x\r\n'
            b'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nnot'
            b'\r\n')[0]
        self.assertEqual(answer.status, 400, answer)
        self.assertEqual(answer.type, test_inference.JSON)
        self.assertTrue(answer.json()['error'])

    def test_headers_once(self):
        for method, path, body in (('POST', '/predict', face()),
                                   ('POST', '/predict', b''),
                                   ('GET', '/v2', None), ('GET', '/', None),
                                   ('GET', '/metrics', None)):
            with self.subTest(path):
                answer = self.client.request(method, path, body)
                self.assertEqual(answer.headers.get('x-content-type-options'),
                                 'nosniff')
                self.assertNotIn(',', answer.headers.get('cache-control',
                                                         ''))
