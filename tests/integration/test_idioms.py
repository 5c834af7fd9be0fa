"""How nginx's users lead a request to a location: error_page, rewrite, mirror,
auth_request and their like.

Each row of IDIOMS is a configuration twice, in servers of their own: TARGET
is "facetree a;" in one and "proxy_pass" to a program that tells what it got
in the other; INFER is "facetree_inference;" and the same.  A location of
the module is to be reached wherever that program is.
"""

import http.server
import json
import threading

import clients
import harness
import test_body
import test_inference
import test_metrics
from harness import face


class Echo(http.server.BaseHTTPRequestHandler):
    """Tells path and length of what it is sent; a path may ask for more."""

    protocol_version = 'HTTP/1.1'
    timeout = harness.TIMEOUT

    def answer(self):
        length = int(self.headers.get('Content-Length') or 0)
        got = len(self.rfile.read(length))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, got))
        body = json.dumps({'path': self.path, 'length': got}).encode()
        self.send_response(500 if self.path == '/fails' else 200)
        if self.path.startswith('/accel/'):
            self.send_header('X-Accel-Redirect',
                             self.path[len('/accel/'):])
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *args):
        pass


def start_echo():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Echo)
    server.daemon_threads = True
    server.seen = []
    server.lock = threading.Lock()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Row:
    """An idiom.

    status      of both answers; "own": of the module's, where GET or a body
                that is gone is no picture
    reached     the target's handler has run: by which model
    """

    def __init__(self, name, conf, path='/', method='POST', body='face',
                 status=200, own=None, reached='a', refused=None,
                 expected=()):
        self.name = name
        self.conf = conf
        self.path = path
        self.method = method
        self.body = body
        self.status = status
        self.own = own or status
        self.reached = reached
        self.refused = refused
        self.expected = expected


GOTO = 'location = / { error_page 418 = @it; return 418; }\n'
AT_IT = 'location @it { TARGET }\n'
# What proxy_pass needs in the location of an auth_request.
NO_BODY = (' proxy_pass_request_body off;'
           ' proxy_set_header Content-Length ""; ')
INFER_A = '/v2/models/a/infer'
INFER_B = '/v2/models/b/infer'

IDIOMS = [
    # An error page that is a location.
    Row('fallback of a dead upstream',
        'location = / { proxy_pass http://127.0.0.1:DEAD;'
        ' error_page 502 = @it; }' + AT_IT),
    Row('fallback of a dead upstream =200',
        'location = / { proxy_pass http://127.0.0.1:DEAD;'
        ' error_page 502 =200 @it; }' + AT_IT),
    Row('fallback that keeps the status',
        'location = / { proxy_pass http://127.0.0.1:DEAD;'
        ' error_page 502 @it; }' + AT_IT, status=502),
    Row('fallback of an upstream that fails',
        'location = / { proxy_pass http://127.0.0.1:ECHO/fails;'
        ' proxy_intercept_errors on; error_page 500 = @it; }' + AT_IT),
    Row('goto', GOTO + AT_IT),
    Row('goto =200', GOTO.replace('= @', '=200 @') + AT_IT),
    Row('goto =201', GOTO.replace('= @', '=201 @') + AT_IT, status=201),
    Row('goto that keeps the status', GOTO.replace('= @', '@') + AT_IT,
        status=418),
    Row('goto by path', GOTO.replace('@it', '/it')
        + 'location = /it { TARGET }', own=405, reached=None),
    Row('goto of GET', GOTO + AT_IT, method='GET', body=None, own=405,
        reached=None),
    Row('POST to a file',
        'location = /index.html { error_page 405 = @it; }' + AT_IT,
        path='/index.html'),
    Row('forbidden, but not here',
        'location = / { deny all; error_page 403 = @it; }' + AT_IT,
        expected=('access forbidden by rule',)),
    Row('recursive_error_pages on',
        'recursive_error_pages on;' + GOTO.replace('@it', '@other')
        + 'location @other { proxy_pass http://127.0.0.1:DEAD;'
        ' error_page 502 = @it; }' + AT_IT),
    Row('recursive_error_pages off',
        'recursive_error_pages off;' + GOTO.replace('@it', '@other')
        + 'location @other { proxy_pass http://127.0.0.1:DEAD;'
        ' error_page 502 = @it; }' + AT_IT, status=502, reached=None),
    Row('second module location for what the first refuses',
        'location = / { facetree b; facetree_formats png;'
        ' error_page 415 = @it; }' + AT_IT),
    Row('second module location =200',
        'location = / { facetree b; facetree_formats png;'
        ' error_page 415 =200 @it; }' + AT_IT),
    Row('two refusals, recursive',
        'recursive_error_pages on;'
        'location = / { facetree b; facetree_formats png;'
        ' error_page 415 = @two; }'
        'location @two { facetree b; facetree_formats jpeg;'
        ' error_page 415 = @it; }' + AT_IT),
    Row('two refusals, not recursive',
        'location = / { facetree b; facetree_formats png;'
        ' error_page 415 = @two; }'
        'location @two { facetree b; facetree_formats jpeg;'
        ' error_page 415 = @it; }' + AT_IT, status=415, reached=None),
    Row('protocol by goto',
        'location /v2 { error_page 418 = @it; return 418; }'
        'location @it { INFER }', path=INFER_A, body='infer'),

    # Other ways between locations.
    Row('try_files to a name',
        'location = / { try_files /none @it; }' + AT_IT),
    Row('try_files to a path',
        'location = / { try_files /none /it; }'
        'location = /it { TARGET }'),
    Row('rewrite last',
        'location = / { rewrite ^ /it last; } location = /it { TARGET }'),
    Row('rewrite break',
        'location = / { rewrite ^ /it break; TARGET }'),
    Row('rewrite in the server',
        'rewrite ^/old$ /new; location = /new { TARGET }', path='/old'),
    Row('accel redirect to a name',
        'location = / { proxy_pass http://127.0.0.1:ECHO/accel/@it; }'
        + AT_IT),
    Row('accel redirect to a path',
        'location = / { proxy_pass http://127.0.0.1:ECHO/accel//it; }'
        'location = /it { internal; TARGET }', own=405, reached=None),
    Row('limit_except allows',
        'location = / { limit_except POST { deny all; } TARGET }'),
    Row('limit_except denies',
        'location = / { limit_except PUT { deny all; } TARGET }',
        status=403, reached=None, expected=('access forbidden by rule',)),
    Row('if that sets',
        'location = / { if ($request_method = POST) { set $x 1; } TARGET }'),
    Row('if that leads',
        'location = / { if ($request_method = POST) { rewrite ^ /it last; }'
        ' } location = /it { TARGET }'),
    Row('if that does not', 'location = / { TARGET'
        ' if ($request_method = GET) { return 204; } }'),

    # The protocol, whose path says what is asked.
    Row('health by rewrite',
        'location = /healthz { rewrite ^ /v2/health/live last; }'
        'location /v2 { INFER }', path='/healthz', method='GET', body=None,
        reached=None),
    Row('health by rewrite break',
        'location = /healthz { rewrite ^ /v2/health/live break; INFER }',
        path='/healthz', method='GET', body=None, reached=None),
    Row('health by try_files',
        'location = /healthz { try_files /none /v2/health/ready; }'
        'location /v2 { INFER }', path='/healthz', method='GET', body=None,
        reached=None),
    Row('one model for another, last',
        'location /v2/models/a/ {'
        ' rewrite ^/v2/models/a/(.*)$ /v2/models/b/$1 last; }'
        'location /v2 { INFER }', path=INFER_A, body='infer', reached='b'),
    Row('one model for another, break',
        'location /v2 {'
        ' rewrite ^/v2/models/a/(.*)$ /v2/models/b/$1 break; INFER }',
        path=INFER_A, body='infer', reached='b'),
    Row('protocol below a prefix',
        'location /api/ { rewrite ^/api(/.*)$ $1 last; }'
        'location /v2 { INFER }', path='/api' + INFER_B, body='infer',
        reached='b'),
    Row('protocol by an encoded path', 'location /v2 { INFER }',
        path='/v2/models/%61/infer', body='infer'),
    Row('protocol by a path with dots', 'location /v2 { INFER }',
        path='/v2/models/b/../a/infer', body='infer'),
    Row('protocol with arguments', 'location /v2 { INFER }',
        path=INFER_A + '?x=/v2/models/b', body='infer'),

    # Subrequests.
    Row('auth_request to health',
        'location = / { auth_request /v2/health/ready; TARGET }'
        'location /v2 { internal;' + NO_BODY + 'INFER }'),
    Row('auth_request to health by rewrite',
        'location = / { auth_request /auth; TARGET }'
        'location = /auth { internal; rewrite ^ /v2/health/ready break;'
        + NO_BODY + 'INFER }'),
    Row('auth_request to a model that is not there',
        'location = / { auth_request /auth; TARGET }'
        'location = /auth { internal; return 403; }', status=403,
        reached=None),
    Row('auth_request to a location that wants POST',
        'location = / { auth_request /auth; TARGET }'
        'location = /auth { internal;' + NO_BODY + 'TARGET }', own=500, reached=None,
        expected=('auth request unexpected status: 405',)),
    Row('mirror beside',
        'location = / { mirror /shadow; TARGET }'
        'location = /shadow { internal; facetree b; }'),
    Row('mirror of the protocol, another model',
        'location /v2 { mirror /shadow; INFER }'
        'location = /shadow { internal;'
        ' rewrite ^ /v2/models/b/infer break; facetree_inference; }',
        path=INFER_A, body='infer'),
]

CONF = '''
    facetree_model a %s;
    facetree_model b %s;
    facetree_zone  counters:1m;
    client_max_body_size 1m;
    proxy_connect_timeout 5s;

    server {
        listen 127.0.0.1:@PORT@ default_server;
        location = /metrics { facetree_metrics; }
    }
'''

SERVER = '''
    server {
        listen 127.0.0.1:@PORT@;
        server_name %s;
        %s
    }
'''


class IdiomsCase(harness.Case):

    workers = 1
    rows = ()

    @classmethod
    def conf(cls):
        cls.echo = start_echo()
        cls.addClassCleanup(cls.echo.server_close)
        cls.addClassCleanup(cls.echo.shutdown)
        dead, = harness.free_ports(1)
        proxy = 'proxy_pass http://127.0.0.1:ECHO;'
        text = CONF % (harness.synthetic_model(), harness.small_model())
        for number, row in enumerate(cls.rows):
            for kind, target, infer in (
                    ('own', 'facetree a;', 'facetree_inference;'),
                    ('proxy', proxy, proxy)):
                text += SERVER % ('row%d.%s' % (number, kind), row.conf
                                  .replace('TARGET', target)
                                  .replace('INFER', infer))
        return (text.replace('ECHO', str(cls.echo.server_address[1]))
                .replace('DEAD', str(dead)))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.server.path('html', 'index.html'), 'w') as stream:
            stream.write('a file')
        cls.bodies = {None: None, 'face': face(5),
                      'infer': test_inference.encoded(face(5)).encode()}

    def ask(self, number, kind):
        row = self.rows[number]
        return self.client.request(
            row.method, row.path, self.bodies[row.body],
            {'Host': 'row%d.%s' % (number, kind)})

    def model(self, answer):
        """The model that has classified, or None."""
        try:
            document = answer.json()
        except ValueError:
            return None
        if 'predictions' in document:
            return document['model']['name']
        return document.get('model_name')

    def echoed(self, answer):
        try:
            return 'length' in answer.json()
        except ValueError:
            return False


class Table(IdiomsCase):

    rows = IDIOMS

    def test_every_row(self):
        for number, row in enumerate(self.rows):
            with self.subTest(row.name):
                proxied = self.ask(number, 'proxy')
                self.assertEqual(proxied.status, row.status, proxied)
                if row.reached:
                    self.assertTrue(self.echoed(proxied), proxied)
                    self.assertEqual(proxied.json()['length'],
                                     len(self.bodies[row.body]))
                own = self.ask(number, 'own')
                self.assertEqual(own.status, row.own, own)
                self.assertEqual(self.model(own), row.reached, own)

    def metrics(self):
        return test_metrics.parse(self.client.request('GET',
                                                      '/metrics').text)

    def test_mirror_asks_the_other(self):
        """The shadow runs its own model, once, and the parent's not."""
        def counts():
            metrics = self.metrics()
            return [metrics.total('facetree_inferences_total', model=m)
                    for m in 'ab']

        for number, row in enumerate(self.rows):
            if row.name.startswith('mirror'):
                with self.subTest(row.name):
                    before = counts()
                    self.assertEqual(self.ask(number, 'own').status, 200)
                    want = [value + 1 for value in before]
                    harness.wait_for('both models', lambda: sum(counts())
                                     >= sum(want))
                    self.assertEqual(counts(), want)

    def test_nothing_in_progress(self):
        """Whatever the way, every request ends once."""
        for number in range(len(self.rows)):
            self.ask(number, 'own')
        harness.wait_for('the last', lambda: not self.metrics().total(
            'facetree_requests_in_progress'))


PROBLEM = 'location @refused { facetree_problem; }\n'
REFUSE = ' error_page 400 405 408 411 413 415 422 429 503 = @refused;'


class Problems(IdiomsCase):
    """facetree_problem explains, facetree classifies."""

    rows = [
        Row('too large for nginx', 'client_max_body_size 1k;'
            'location = / { facetree a;' + REFUSE + '}' + PROBLEM,
            status=413, refused='body_size'),
        Row('broken', 'location = / { facetree a;' + REFUSE + '}' + PROBLEM,
            body='cut', status=422, refused='corrupt'),
        Row('not a picture', 'location = / { facetree a;' + REFUSE + '}'
            + PROBLEM, body='text', status=415, refused='media_type'),
        Row('empty', 'location = / { facetree a;' + REFUSE + '}' + PROBLEM,
            body='empty', status=400, refused='empty'),
        Row('GET', 'location = / { facetree a;' + REFUSE + '}' + PROBLEM,
            method='GET', body=None, status=405),
        Row('without =', 'location = / { facetree a;'
            + REFUSE.replace('= ', '') + '}' + PROBLEM,
            body='cut', status=422, refused='corrupt'),
        # With "=" nginx forgets the status.
        Row('nothing of the module before', 'location = / { return 429;'
            + REFUSE.replace('= ', '') + '}' + PROBLEM, status=429,
            refused='rate'),
        Row('by path', 'location = / { facetree a;' + REFUSE.replace(
            '@', '/') + '}' + PROBLEM.replace('@', '= /'),
            body='cut', status=422, refused='corrupt'),
        Row('too large, at a location that classifies',
            'client_max_body_size 1k; location = / { facetree a;'
            ' error_page 413 = @it; } location @it { facetree a; }',
            status=413),
        *[Row('%d, at a location that classifies' % status,
              'location = / { return %d; error_page %d %s; }'
              'location = /it { facetree a; } location @it { facetree a; }'
              % (status, status, target), status=status)
          for status in (401, 403, 429) for target in ('@it', '/it')],
    ]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bodies.update(cut=face()[:900], text=b'no picture at all',
                          empty=b'')

    def test_every_row(self):
        for number, row in enumerate(self.rows):
            with self.subTest(row.name):
                self.assertProblem(self.ask(number, 'own'), row.status,
                                   row.refused)

    def test_as_a_page(self):
        for number, row in enumerate(self.rows):
            with self.subTest(row.name):
                answer = self.client.request(
                    row.method, row.path, self.bodies[row.body],
                    {'Host': 'row%d.own' % number, 'Accept': 'text/html'})
                self.assertEqual((answer.status, answer.type),
                                 (row.status, 'text/html; charset=utf-8'))


class Refused(harness.Case):
    """A client that was refused gets the protocol's explanation as well."""

    @classmethod
    def conf(cls):
        return '''
            facetree_model a %s;

            server {
                listen 127.0.0.1:@PORT@;
                error_page 401 403 429 @it;

                location ~ /([0-9]+)/ {
                    rewrite ^/(.*)/v2 /v2 break;
                    return 403;
                }

                location @it {
                    rewrite ^ /v2/models/a/infer break;
                    facetree_inference;
                }
            }
        ''' % harness.small_model()

    def test_protocol(self):
        answer = self.client.post(
            '/1/', test_inference.encoded(face()).encode(),
            test_inference.JSON)
        self.assertEqual((answer.status, answer.type),
                         (403, 'application/json'))
        self.assertEqual(list(answer.json()), ['error'])


class AuthRequest(harness.Case):
    """The subrequest must leave the body to its parent, however it comes."""

    @classmethod
    def conf(cls):
        return '''
            facetree_model a %s;

            server {
                listen 127.0.0.1:@PORT@;
                listen 127.0.0.1:@H2PORT@ http2;
                client_body_buffer_size 1k;

                location = /ready {
                    auth_request /v2/health/ready;
                    facetree a;
                }

                location = /live {
                    auth_request /auth;
                    facetree a;
                }

                location = /auth {
                    internal;
                    rewrite ^ /v2/models/a break;
                    facetree_inference;
                }

                location /v2 {
                    facetree_inference;
                }
            }
        ''' % harness.small_model()

    PATHS = ('/ready', '/live')

    def test_length(self):
        for path in self.PATHS:
            self.assertFace(self.client.post(path, face()))
            self.assertFace(self.client.curl(path, '-H', 'Content-Type:'
                                             ' image/png', body=face()))

    def test_chunked(self):
        for path in self.PATHS:
            for size in (100, 1000, len(face())):
                with self.subTest(path, size=size):
                    answer, = self.client.raw(test_body.head(
                        path, 'Transfer-Encoding: chunked')
                        + test_body.chunked(face(), size))
                    self.assertFace(answer)

    def test_http2_without_length(self):
        for path in self.PATHS:
            with self.subTest(path):
                self.assertFace(self.client.curl(path, '-T', '-', data=False,
                                                 body=face()))

    def test_empty(self):
        for path in self.PATHS:
            answer, = self.client.raw(test_body.head(
                path, 'Transfer-Encoding: chunked') + b'0\r\n\r\n')
            self.assertProblem(answer, 400, 'empty')


class Unbuffered(harness.Case):
    """proxy_request_buffering off: what a dead upstream was to have may be
    gone when error_page leads here.  That is not the client's fault."""

    workers = 1

    @classmethod
    def conf(cls):
        dead, = harness.free_ports(1)
        return '''
            facetree_model a %s;
            client_body_buffer_size 16k;

            server {
                listen 127.0.0.1:@PORT@;
                listen 127.0.0.1:@H2PORT@ http2;

                location / {
                    proxy_pass http://127.0.0.1:%d;
                    proxy_http_version 1.1;
                    proxy_request_buffering off;
                    error_page 502 = @it;
                }

                location /v2 {
                    proxy_pass http://127.0.0.1:%d;
                    proxy_http_version 1.1;
                    proxy_request_buffering off;
                    error_page 502 = @infer;
                }

                location @it {
                    facetree a;
                }

                location @infer {
                    facetree_inference;
                }
            }
        ''' % (harness.small_model(), dead, dead)

    def test_fallback(self):
        body = harness.pgm(700, 700, bytes(490000))
        infer = test_inference.encoded(body).encode()
        chunks = 'Transfer-Encoding: chunked'
        for path, data, framing, pieces in (
                ('/', body, test_body.length(body), [body]),
                ('/', body, chunks, [test_body.chunked(body, 10000)]),
                (INFER_A, infer, test_body.length(infer), [infer]),
                (INFER_A, infer, chunks, [test_body.chunked(infer, 9999)])):
            for start in (0, 1, 100, 100000):
                with self.subTest(path, framing=framing, start=start):
                    sent = pieces[0]
                    answer, = self.client.raw(
                        test_body.head(path, framing) + sent[:start],
                        sent[start:], pause=0.05)
                    self.assertIn(answer.status, (200, 502, 503), answer)

    def test_http2(self):
        clients.need_http2()
        body = harness.pgm(700, 700, bytes(490000))
        plan = clients.Plan('unbuffered', 0, [clients.Ask('photo', '/', body)])
        plan.leave, plan.slow_reads, plan.window = None, 0, 65535
        with clients.narrow(self.server.h2port) as s:
            outcome = clients.Stream(s, plan).run()
        self.assertTrue(outcome.whole, outcome.error)
        self.assertIn(outcome.status, (200, 502, 503))

    def test_small(self):
        """All of it came with the head: nothing is missing."""
        answer, = self.client.raw(
            test_body.head('/', test_body.length(face())) + face())
        self.assertFace(answer)
