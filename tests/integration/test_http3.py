"""Uploads over QUIC: the same answers, and clients that vanish without a word.

Needs an nginx with http_v3 and a curl that speaks HTTP/3, as Debian 13 has
both; skipped elsewhere.
"""

import json
import os
import signal
import subprocess

import harness
from harness import MULTIPART, face, multipart, part, pgm
from test_threads import large


# QUIC's idle timeout is keepalive_timeout; the body's own is far longer, so
# that it is not what ends an abandoned upload.

CONF = '''
    facetree_model m %s;
    facetree_zone z:1m;
    facetree_decode_timeout 20s;
    client_max_body_size 8m;
    client_body_buffer_size 64k;
    client_body_timeout 300s;
    keepalive_timeout 2s;

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ quic reuseport;
        ssl_certificate @PREFIX@/server.crt;
        ssl_certificate_key @PREFIX@/server.key;

        location = /inline {
            facetree m;
            error_page 400 413 @refused;
        }

        location @refused {
            facetree m;
        }

        location = /threads {
            facetree m;
            facetree_threads default min=1k;
        }

        location = /status {
            facetree_status;
        }
    }
'''


class Http3Case(harness.Case):

    main = ''

    @classmethod
    def conf(cls):
        harness.need_http3()
        harness.need_threads()
        return CONF % harness.synthetic_model()

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Nginx(cls.conf(), cls.main, cls.workers)
        harness.certificate(cls.server.prefix)
        cls.server.start()
        cls.client = harness.Client(cls.server)

    def setUp(self):
        """Old workers share the socket with new ones, and take packets from
        them for as long as they have a connection."""
        harness.wait_for('old workers to end', lambda: len(
            self.server.children()) == self.workers)
        super().setUp()
        harness.wait_for('old workers to end', lambda: len(
            self.server.children()) == self.workers)

    def url(self, path):
        return 'https://127.0.0.1:%d%s' % (self.server.h2port, path)

    def ask(self, path, *args, body=b''):
        return harness.curl('3', self.url(path), *args, body=body)

    def post(self, path, body, content_type='image/png', *args):
        return self.ask(path, '-H', 'Content-Type: ' + content_type,
                        '--data-binary', '@-', *args, body=body)

    def requests(self):
        return self.client.request('GET', '/status').json()['models'][0][
            'requests']


def told(answer):
    """What must not depend on the version of HTTP."""
    document = answer.json()
    document.pop('timing_us', None)
    return answer.status, answer.type, document


class Answers(Http3Case):

    def same(self, path, body, content_type='image/png'):
        """The answer over QUIC, which is the one over HTTP/1.1."""
        answer = self.post(path, body, content_type)
        self.assertEqual(told(answer), told(
            self.client.post(path, body, content_type)))
        return answer

    def test_small(self):
        self.assertFace(self.same('/inline', face()))

    def test_threads(self):
        for body in (face(), large()):
            self.assertFace(self.same('/threads', body))

    def test_through_a_file(self):
        """More than the buffer, with and without its length told before."""
        body = pgm(1000, 1000, bytes(1000 * 1000))
        self.assertFace(self.same('/inline', body))
        self.assertFace(self.ask('/inline', '-T', '-', body=body))

    def test_form(self):
        body = multipart(part(face(0), 'a'), part(face(1), 'b'))
        self.assertFace(self.same('/threads', body, MULTIPART), 2)

    def test_page(self):
        for path in ('/inline', '/threads'):
            answer = self.post(path, face(), 'image/png', '-H',
                               'Accept: text/html')
            self.assertEqual((answer.status, answer.type),
                             (200, 'text/html; charset=utf-8'))
            self.assertIn('</html>', answer.text)

    def test_refusals(self):
        for body, status, token in ((face()[:-9], 422, 'corrupt'),
                                    (b'GIF89a' * 999, 415, None),
                                    (b'', 400, None)):
            for path in ('/inline', '/threads'):
                with self.subTest(path=path, status=status):
                    self.assertProblem(self.same(path, body), status, token)
        answer = self.ask('/inline')
        self.assertProblem(answer, 405)
        self.assertIn('POST', answer.headers['allow'])

    def test_too_large(self):
        """Refused by the length that is told.  So large a body is not sent:
        curl ends with an error when it is told to stop, answer or not."""
        self.assertProblem(self.ask(
            '/inline', '-T', '-', '-H', 'Content-Length: 99999999',
            body=face()), 413, 'body_size')

    def test_too_short(self):
        """The stream ends before the length that was told."""
        answer = self.ask('/inline', '-T', '-', '-H', 'Content-Length: 9000',
                          body=face()[:500])
        self.assertProblem(answer, 400)
        self.assertEqual(self.requests()['in_progress'], 0)

    def test_streams(self):
        """Many uploads at once, in fewer connections."""
        count = 30
        answers, connections = harness.curl_streams(
            [self.url(('/inline', '/threads')[number % 2])
             for number in range(count)], face(), 10)
        self.assertEqual([status for status, _ in answers], [200] * count)
        self.assertLess(connections, count)
        want = self.client.post('/inline', face()).json()['predictions']
        for _, body in answers:
            self.assertEqual(json.loads(body)['predictions'], want)


class Abandoned(Http3Case):
    """The client's process is killed: nobody tells the server."""

    workers = 1

    def upload(self, path, body, *args):
        """A curl that has sent this and waits for more to send."""
        process = subprocess.Popen(
            ['curl', '-sS', '-k', '--http3-only', '-o', os.devnull, *args,
             '-T', '-', self.url(path)], stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.kill)
        process.stdin.write(body)
        process.stdin.flush()
        return process

    def quiet(self):
        """Nothing is in progress, nothing waits for a thread; what has
        failed since the start."""
        def over():
            requests = self.requests()
            return not requests['in_progress'] and not requests['queued'] \
                and (requests,)

        requests, = harness.wait_for('the end of all requests', over)
        self.assertEqual(os.listdir(self.server.path('body')), [])
        return requests

    def begun(self):
        harness.wait_for('the request',
                         lambda: self.requests()['in_progress'] == 1)

    def test_in_the_body(self):
        for name, body in (('in memory', face()[:500]),
                           ('in a file', bytes(1 << 20))):
            with self.subTest(name):
                before = self.quiet()
                process = self.upload('/inline', body, '-H',
                                      'Content-Length: %d' % (2 << 20))
                self.begun()
                process.send_signal(signal.SIGKILL)
                process.wait()
                after = self.quiet()
                self.assertEqual(
                    after['failures']['client_abort'],
                    before['failures'].get('client_abort', 0) + 1, after)

    def test_in_a_thread(self):
        """The picture has come; its answer finds nobody."""
        self.quiet()
        process = self.upload('/threads', large())
        self.begun()
        process.stdin.close()
        harness.wait_for('the thread', lambda: self.requests()['queued'])
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.quiet()
        self.assertFace(self.post('/threads', large()))

    def test_others_are_served(self):
        process = self.upload('/inline', face()[:500], '-H',
                              'Content-Length: 9000')
        self.begun()
        for _ in range(5):
            self.assertFace(self.post('/inline', face()))
        process.kill()
        self.quiet()
