"""What an answer says, in which form, and what the logs say of it."""

import hashlib
import html
import re

import harness
from harness import MULTIPART, face, multipart, part


FORMAT = {
    'model': '$facetree_model', 'version': '$facetree_version',
    'label': '$facetree_label', 'class': '$facetree_class',
    'confidence': '$facetree_confidence', 'margin': '$facetree_margin',
    'format': '$facetree_format', 'width': '$facetree_width',
    'height': '$facetree_height', 'decode': '$facetree_decode_time',
    'predict': '$facetree_predict_time', 'error': '$facetree_error',
    'status': '$status', 'uri': '$uri', 'id': '$http_x_id',
}

CONF = '''
    facetree_model first %(model)s;
    facetree_model second %(small)s;
    facetree_top_k 3;
    log_format facts '%(format)s';
    access_log @PREFIX@/access.log facts;

    map $arg_model $wanted {
        default first;
        second  second;
        third   third;
    }

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /predict {
            facetree first;
        }

        location = /branches {
            facetree first;

            if ($arg_mark) {
                add_header X-Mark $arg_mark;
            }

            limit_except POST {
                deny all;
            }
        }

        location = /five {
            facetree first;
            facetree_top_k 5;
        }

        location = /all {
            facetree first;
            facetree_top_k 1000;
        }

        location = /pixels {
            facetree first;
            facetree_max_pixels 4095;
        }

        location = /pixels-enough {
            facetree first;
            facetree_max_pixels 4096;
        }

        location = /chosen {
            facetree $wanted;
        }

        location = /formats {
            facetree first;
            facetree_formats png jpeg;
        }

        location = /sure {
            facetree second;
            facetree_threshold 0.99;
        }

        location = /own-page {
            facetree first;
            error_page 415 422 /sorry.txt;
            error_page 405 =200 /sorry.txt;
        }

        location = /own-json {
            facetree first;
            error_page 422 /explain;
        }

        location = /explain {
            facetree_problem;
        }

        location = /with-header {
            facetree first;
            add_header X-Label $facetree_label always;
            add_header X-Error $facetree_error always;
        }
    }

    server {
        listen 127.0.0.1:@H2PORT@;
        server_name inherits;
        facetree_top_k 7;

        location = /predict {
            facetree first;
        }
    }
'''


class AnswerCase(harness.Case):

    @classmethod
    def conf(cls):
        return CONF % {
            'model': harness.synthetic_model(),
            'small': harness.small_model(),
            'format': ' '.join('%s="%s"' % item for item in FORMAT.items())}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.server.path('html', 'sorry.txt'), 'w') as stream:
            stream.write("the operator's own words")

    def logged(self, method, path, body=None):
        """What the access log says of a request, and its answer."""
        AnswerCase.number += 1
        mark = str(AnswerCase.number)
        answer = self.client.request(method, path, body, {'X-Id': mark})

        def find():
            for line in self.server.access_log().splitlines():
                facts = dict(re.findall(r'(\w+)="([^"]*)"', line))
                if facts.get('id') == mark:
                    return facts
            return None

        return harness.wait_for('the access log', find), answer

    number = 0


class Json(AnswerCase):

    def test_shape(self):
        answer = self.client.post('/predict', multipart(
            part(face(), 'me.pgm')), MULTIPART)
        self.assertEqual(answer.status, 200)
        told = answer.json()
        self.assertEqual(set(told), {'model', 'predictions', 'timing_us'})

        self.assertEqual(set(told['model']), {'name', 'version'})
        self.assertEqual(told['model']['name'], 'first')
        self.assertRegex(told['model']['version'], '^[0-9a-f]{64}$')

        self.assertEqual(set(told['timing_us']), {'decode', 'predict'})
        for value in told['timing_us'].values():
            self.assertIs(type(value), int)
            self.assertLess(value, 30000000)

        prediction, = told['predictions']
        self.assertEqual(set(prediction), {
            'label', 'class', 'confidence', 'margin', 'decision', 'top',
            'image', 'filename'})
        self.assertIs(type(prediction['label']), str)
        self.assertIs(type(prediction['class']), int)
        self.assertIs(type(prediction['confidence']), float)
        self.assertIs(type(prediction['margin']), float)
        self.assertEqual(prediction['decision'], 'accepted')
        self.assertEqual(prediction['filename'], 'me.pgm')
        self.assertEqual(prediction['image'],
                         {'format': 'pnm', 'width': 64, 'height': 64,
                          'orientation': 1})

        top = prediction['top']
        for entry in top:
            self.assertEqual(set(entry), {'label', 'class', 'probability'})
        self.assertEqual(top[0], {'label': prediction['label'],
                                  'class': prediction['class'],
                                  'probability': prediction['confidence']})
        values = [entry['probability'] for entry in top]
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertEqual(prediction['margin'], values[0] - values[1])

    def test_version_is_the_digest_of_the_file(self):
        told = self.client.post('/predict', face()).json()
        self.assertEqual(told['model']['version'], hashlib.sha256(
            harness.read(harness.synthetic_model())).hexdigest())

    def test_bare_picture_has_no_filename(self):
        got, = self.assertFace(self.client.post('/predict', face()))
        self.assertNotIn('filename', got)

    def test_probabilities_sum_to_one(self):
        got, = self.assertFace(self.client.post('/all', face()))
        self.assertEqual(len(got['top']), 40)
        self.assertEqual(sorted(e['class'] for e in got['top']),
                         list(range(40)))
        self.assertAlmostEqual(sum(e['probability'] for e in got['top']), 1)

    def test_headers(self):
        for path, body, status in (('/predict', face(), 200),
                                   ('/predict', b'GIF89a', 415),
                                   ('/predict', face()[:999], 422),
                                   ('/predict', b'', 400)):
            with self.subTest(status):
                answer = self.client.post(path, body)
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.headers['vary'], 'Accept')
                self.assertEqual(answer.headers['cache-control'], 'no-store')
                self.assertEqual(int(answer.headers['content-length']),
                                 len(answer.body))

    def test_filenames(self):
        for sent, told in (('a b.pgm', 'a b.pgm'),
                           ('/etc/passwd', 'passwd'),
                           ('C:\\faces\\me.pgm', 'me.pgm'),
                           ('gr\u00fc\u00dfe.pgm', 'gr\u00fc\u00dfe.pgm'),
                           ('<b>&amp;', '<b>&amp;')):
            with self.subTest(sent):
                got, = self.assertFace(self.client.post(
                    '/predict', multipart(part(face(), sent)), MULTIPART))
                self.assertEqual(got['filename'], told)

    def test_bytes_that_are_no_text(self):
        """Whatever a client calls its file, the answer is valid UTF-8."""
        body = multipart(part(face(), 'NAME')).replace(
            b'NAME', b'\xff\xfe\xc3(\xed\xa0\x80')
        got, = self.assertFace(self.client.post('/predict', body, MULTIPART))
        self.assertIn('\ufffd', got['filename'])
        self.assertNotRegex(got['filename'], '[\x00-\x1f]')


class Negotiation(AnswerCase):

    HTML = (
        # Firefox, Chrome, curl told to, links
        'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
        'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,'
        'image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;'
        'q=0.7',
        'text/html', 'TEXT/HTML', 'text/*', 'text/html;q=0.1',
        'application/json;q=0.4, text/html;q=0.5',
        'text/html, application/json;q=0.9',
    )
    JSON = (
        None, '', '*/*', 'application/json', 'application/*',
        'application/json, text/html;q=0.9', 'text/html;q=0',
        'text/html;q=0, */*', 'application/json, text/html',
        'text/html, application/json', 'image/png', 'rubbish',
        'text/html;q=rubbish', 'text/html;q=2',
        'text/plain', 'application/problem+json',
    )

    def test_answers_and_refusals(self):
        for accepts, kinds in (
                (self.HTML, ('text/html; charset=utf-8',) * 2),
                (self.JSON, ('application/json',
                             'application/problem+json'))):
            for accept in accepts:
                with self.subTest(accept):
                    headers = {} if accept is None else {'Accept': accept}
                    for body, kind in zip((face(), b'?'), kinds):
                        answer = self.client.request('POST', '/predict',
                                                     body, headers)
                        self.assertEqual(answer.type, kind)

    def test_http2(self):
        for accept, kind in (('text/html', 'text/html; charset=utf-8'),
                             ('*/*', 'application/json')):
            answer = self.client.curl('/predict', '-H', 'Accept: ' + accept,
                                      '-H', 'Content-Type: image/png',
                                      body=face())
            self.assertEqual((answer.status, answer.type), (200, kind))


class Html(AnswerCase):

    def page(self, body, kind=None, path='/predict', status=200):
        answer = self.client.post(path, body, kind, Accept='text/html')
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.type, 'text/html; charset=utf-8')
        self.assertTrue(answer.text.lower().startswith('<!doctype html>'))
        return answer.text

    def text_of(self, page):
        return html.unescape(re.sub(r'<[^>]*>', ' ', page))

    def test_same_facts(self):
        told = self.client.post('/five', face()).json()
        text = self.text_of(self.page(face(), path='/five'))
        prediction, = told['predictions']
        for entry in prediction['top']:
            self.assertIn(entry['label'], text)
        self.assertIn('first', text)
        self.assertIn(told['model']['version'][:12], text)
        self.assertIn('pnm', text)
        self.assertIn('%g' % (100 * prediction['confidence']), text)

    def test_no_script(self):
        for page in (self.page(face()), self.page(b'?', status=415)):
            self.assertNotRegex(page, r'(?i)<script|\son\w+=|javascript:')
            self.assertNotRegex(page, r'(?i)(src|href)="(https?:)?//')

    def test_filename_is_escaped(self):
        def tags(page):
            return re.findall('<[^>]*>', page)

        plain = tags(self.page(multipart(part(face(), 'x')), MULTIPART))
        for name in ('<script>alert(1)<x>', "'><img src=x onerror=x>",
                     "&amp;&lt;'<!--", '</dd></body>'):
            with self.subTest(name):
                page = self.page(multipart(part(face(), name)), MULTIPART)
                self.assertEqual(tags(page), plain)
                self.assertIn(name.split('/')[-1], self.text_of(page))

    def test_several(self):
        page = self.page(multipart(part(face(), 'a.pgm'), part(b'?', 'b.x'),
                                   part(face(), 'c.pgm')), MULTIPART)
        places = [page.index(name) for name in ('a.pgm', 'b.x', 'c.pgm')]
        self.assertEqual(places, sorted(places))

    def test_problem(self):
        problem = self.client.post('/predict', b'GIF89a').json()
        text = self.text_of(self.page(b'GIF89a', status=415))
        self.assertIn(problem['detail'], text)


class Settings(AnswerCase):

    def top(self, path):
        got, = self.assertFace(self.client.post(path, face()))
        return len(got['top'])

    def test_top_k_is_inherited(self):
        self.assertEqual(self.top('/predict'), 3)            # http
        self.assertEqual(self.top('/five'), 5)               # location
        self.assertEqual(self.top('/all'), 40)               # capped

    def test_top_k_of_server(self):
        answer = self.client.curl('/predict', '-H', 'Host: inherits',
                                  '-H', 'Content-Type: image/png',
                                  body=face())
        got, = self.assertFace(answer)
        self.assertEqual(len(got['top']), 7)

    def test_max_pixels(self):
        problem = self.assertProblem(self.client.post('/pixels', face()),
                                     413, 'pixels')
        self.assertEqual(problem['limit'], 4095)
        self.assertEqual(problem['observed'], 4096)
        self.assertFace(self.client.post('/pixels-enough', face()))

    def test_formats(self):
        problem = self.assertProblem(self.client.post('/formats', face()),
                                     415, 'media_type')
        self.assertIn('jpeg, png', problem['detail'])
        gray = harness.pgm_pixels(face())[2]
        self.assertFace(self.client.post('/formats',
                                         harness.png(64, 64, gray)))

    def test_threshold(self):
        got, = self.assertFace(self.client.post('/sure', face()))
        self.assertLess(got['confidence'], 0.99)
        self.assertEqual(got['decision'], 'unknown')

    def test_chosen_model(self):
        for query, name in (('', 'first'), ('?model=second', 'second'),
                            ('?model=x', 'first')):
            answer = self.client.post('/chosen' + query, face())
            self.assertEqual(answer.json()['model']['name'], name)

    def test_unknown_model(self):
        answer = self.client.post('/chosen?model=third', face())
        self.assertProblem(answer, 404)
        self.assertIn('facetree: no model "third"', self.server.log())


    def test_branches(self):
        """"if" and "limit_except" leave the location what it is."""
        answer = self.client.post('/branches?mark=a', face())
        self.assertFace(answer)
        self.assertEqual(answer.headers['x-mark'], 'a')
        self.assertFace(self.client.post('/branches', face()))
        self.assertEqual(self.client.request('PUT', '/branches',
                                             face()).status, 403)


class ErrorPages(AnswerCase):

    def test_own_page(self):
        for body, status in ((b'GIF89a', 415), (face()[:999], 422)):
            with self.subTest(status):
                answer = self.client.post('/own-page', body)
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.text, "the operator's own words")

    def test_own_status(self):
        answer = self.client.request('DELETE', '/own-page')
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.text, "the operator's own words")

    def test_back_to_facetree(self):
        """The reason is kept on the way to another location."""
        answer = self.client.post('/own-json', face()[:999])
        problem = self.assertProblem(answer, 422, 'corrupt')
        self.assertEqual(problem['detail'], self.client.post(
            '/predict', face()[:999]).json()['detail'])

    def test_not_asked_for(self):
        self.assertProblem(self.client.post('/own-page', b''), 400, 'empty')


class Variables(AnswerCase):

    def test_log(self):
        line, answer = self.logged('POST', '/predict', face())
        told = answer.json()
        prediction, = told['predictions']
        self.assertEqual(line['model'], 'first')
        self.assertEqual(line['version'], told['model']['version'])
        self.assertEqual(line['label'], prediction['label'])
        self.assertEqual(line['class'], str(prediction['class']))
        self.assertEqual(line['confidence'],
                         '%.6f' % prediction['confidence'])
        self.assertEqual(line['margin'], '%.6f' % prediction['margin'])
        self.assertEqual(line['format'], 'pnm')
        self.assertEqual((line['width'], line['height']), ('64', '64'))
        self.assertEqual(line['error'], '-')
        for name in ('decode', 'predict'):
            self.assertRegex(line[name], r'^\d+\.\d{6}$')
            self.assertEqual(round(float(line[name]) * 1e6),
                             told['timing_us'][name])

    def test_log_of_refusals(self):
        for body, token in ((b'GIF89a', 'media_type'), (b'', 'empty'),
                            (face()[:999], 'corrupt')):
            with self.subTest(token):
                line, _ = self.logged('POST', '/predict', body)
                self.assertEqual(line['error'], token)
                self.assertEqual(line['model'], 'first')
                for name in ('label', 'class', 'confidence', 'margin'):
                    self.assertEqual(line[name], '-', name)

    def test_log_after_error_page(self):
        line, _ = self.logged('POST', '/own-page', face()[:999])
        self.assertEqual(line['error'], 'corrupt')
        self.assertEqual(line['uri'], '/sorry.txt')

    def test_elsewhere(self):
        """Requests that have nothing to do with facetree."""
        line, _ = self.logged('GET', '/sorry.txt')
        self.assertEqual({line[name] for name in FORMAT
                          if name not in ('status', 'uri', 'id')}, {'-'})

    def test_headers(self):
        answer = self.client.post('/with-header', face())
        self.assertEqual(answer.headers['x-label'],
                         answer.json()['predictions'][0]['label'])
        self.assertNotIn('x-error', answer.headers)
        answer = self.client.post('/with-header', b'GIF89a')
        self.assertEqual(answer.headers['x-error'], 'media_type')
        self.assertNotIn('x-label', answer.headers)


class DecisionVariable(harness.Case):

    @classmethod
    def conf(cls):
        return '''
            facetree_model m %s;
            server {
                listen 127.0.0.1:@PORT@;
                add_header X-Decision "$facetree_decision" always;
                location = /any {
                    facetree m;
                }
                location = /sure {
                    facetree m;
                    facetree_threshold 0.99;
                }
            }
        ''' % harness.small_model()

    def test_header(self):
        for path, body, decision in (('/any', face(), 'accepted'),
                                     ('/sure', face(), 'unknown'),
                                     ('/any', b'GIF89a', None)):
            answer = self.client.post(path, body)
            self.assertEqual(answer.headers.get('x-decision'), decision)


class Privacy(AnswerCase):

    def test_logs(self):
        """Neither names nor bytes of what was sent."""
        name = 'very-private-name'
        gray = bytes(range(33, 97)) * 64
        picture = harness.pgm(64, 64, gray)
        for body, kind in ((picture, None), (picture[:999], None),
                           (gray, None),
                           (multipart(part(picture, name + '.pgm')),
                            MULTIPART),
                           (multipart(part(gray, name, name=name)),
                            MULTIPART),
                           (multipart(part(picture, name))[:2000],
                            MULTIPART)):
            self.client.post('/predict', body, kind)
        self.logged('GET', '/sorry.txt')
        logs = self.server.log() + self.server.access_log()
        self.assertNotIn('very-private', logs)
        self.assertNotIn(gray[:12].decode(), logs)
