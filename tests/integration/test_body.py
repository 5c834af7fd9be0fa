"""Request bodies: every way in which a picture may arrive, or fail to."""

import contextlib
import os
import socket
import subprocess
import threading
import time
import urllib.parse

import clients
import harness
from clients import Ask
from harness import MULTIPART, face, multipart, part, parse_answers, receive


CONF = '''
    facetree_model m %(model)s;

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        client_max_body_size 1m;
        client_body_buffer_size 64k;

        location = /predict {
            facetree m;
            error_page 400 408 411 413 /problem;
        }

        location = /problem {
            client_max_body_size 0;
            facetree_problem;
        }

        location = /plain {
            facetree m;
        }

        # nginx checks the size again when it goes to another location, and
        # over HTTP/2 refuses it again; a named location is not checked.

        location = /named {
            facetree m;
            error_page 413 @refused;
        }

        location @refused {
            facetree m;
        }

        location = /small-buffer {
            facetree m;
            client_body_buffer_size 1k;
        }

        location = /file-only {
            facetree m;
            client_body_in_file_only on;
        }

        location = /file-clean {
            facetree m;
            client_body_in_file_only clean;
        }

        location = /small {
            facetree m;
            facetree_max_bytes 4k;
        }

        location = /two {
            facetree m;
            facetree_max_images 2;
        }

        location = /field {
            facetree m;
            facetree_field photo;
        }
    }
'''


def head(path, *fields, method='POST', close=True):
    """The bytes of a request's head."""
    lines = ['%s %s HTTP/1.1' % (method, path), 'Host: localhost']
    lines += fields
    if close:
        lines.append('Connection: close')
    return '\r\n'.join(lines + ['', '']).encode()


def length(body):
    return 'Content-Length: %d' % len(body)


def chunked(body, size):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in pieces) \
        + b'0\r\n\r\n'


class BodyCase(harness.Case):

    @classmethod
    def conf(cls):
        return CONF % {'model': harness.small_model()}

    def clean(self, path='/predict'):
        """What the same picture gets when nothing is special about it."""
        return self.assertFace(self.client.post(path, face()))[0]


class Bare(BodyCase):
    """The picture itself is the body."""

    def test_types(self):
        want = self.clean()
        for kind in (None, 'image/x-portable-graymap', 'image/png',
                     'application/octet-stream', 'IMAGE/JPEG',
                     'image/png; name=x'):
            with self.subTest(kind):
                answer = self.client.post('/predict', face(), kind)
                self.assertEqual(self.assertFace(answer), [want])

    def test_put(self):
        answer = self.client.request('PUT', '/predict', face())
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_no_content_type(self):
        body = face()
        answer, = self.client.raw(head('/predict', length(body)), body)
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_http_1_0(self):
        body = face()
        answer, = self.client.raw(b'POST /predict HTTP/1.0\r\n'
                                  b'Content-Length: %d\r\n\r\n' % len(body),
                                  body)
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_urlencoded(self):
        body = urllib.parse.urlencode({'file': 'x' * 100}).encode()
        answer = self.client.post('/predict', body,
                                  'application/x-www-form-urlencoded')
        problem = self.assertProblem(answer, 415, 'media_type')
        self.assertIn('multipart/form-data', problem['detail'])

    def test_json_body(self):
        answer = self.client.post('/predict', b'{}', 'application/json')
        self.assertProblem(answer, 415, 'media_type')

    def test_empty(self):
        for kind in (None, 'image/png'):
            with self.subTest(kind):
                answer = self.client.post('/predict', b'', kind)
                self.assertProblem(answer, 400, 'empty')


class Arrival(BodyCase):
    """However the bytes come, the answer is the same."""

    def check(self, path, *pieces, pause=0.0):
        body = face()
        answer, = self.client.raw(head(path, length(body)), *pieces,
                                  pause=pause)
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_split_over_packets(self):
        body = face()
        for cuts in ((1,), (15, 16, 17), (1000, 2000, 3000),
                     (len(body) - 1,)):
            with self.subTest(cuts):
                cuts = (0,) + cuts + (len(body),)
                self.check('/predict', *[body[a:b] for a, b
                                         in zip(cuts, cuts[1:])], pause=0.05)

    def test_split_multipart_everywhere_near_boundaries(self):
        want = self.clean()
        body = multipart(part(face(), 'a.pgm'))
        marks = [i for i in range(len(body))
                 if body.startswith(b'--' + harness.BOUNDARY.encode(), i)]
        self.assertEqual(len(marks), 2)
        for cut in sorted(c for m in marks for c in range(m, m + 8)):
            if cut == 0:
                continue
            answer, = self.client.raw(
                head('/predict', length(body), 'Content-Type: ' + MULTIPART),
                body[:cut], body[cut:], pause=0.01)
            got, = self.assertFace(answer)
            self.assertEqual(got.pop('filename'), 'a.pgm')
            self.assertEqual(got, want)

    def test_small_buffer(self):
        """Longer than the buffer: through a temporary file."""
        body = face()
        self.assertGreater(len(body), 1024)
        self.check('/small-buffer', body)
        self.check('/small-buffer', body[:2000], body[2000:], pause=0.05)

    def test_file_clean(self):
        self.check('/file-clean', face())

    def test_file_multipart(self):
        want = self.clean()
        body = multipart(part(b'hello', name='note'),
                         part(face(), 'a.pgm'), part(face(), 'b.pgm'))
        for path in ('/small-buffer', '/file-clean'):
            with self.subTest(path):
                answer = self.client.post(path, body, MULTIPART)
                for got in self.assertFace(answer, 2):
                    del got['filename']
                    self.assertEqual(got, want)

    def test_chunked(self):
        want = [self.clean()]
        body = face()
        for path in ('/predict', '/small-buffer', '/file-clean'):
            for size in (len(body), 1000, 7, 1):
                with self.subTest(path=path, size=size):
                    answer, = self.client.raw(
                        head(path, 'Transfer-Encoding: chunked'),
                        chunked(body, size))
                    self.assertEqual(self.assertFace(answer), want)

    def test_chunked_in_packets(self):
        data = chunked(face(), 500)
        pieces = [data[i:i + 333] for i in range(0, len(data), 333)]
        answer, = self.client.raw(
            head('/predict', 'Transfer-Encoding: chunked'), *pieces,
            pause=0.01)
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_chunked_empty(self):
        answer, = self.client.raw(
            head('/predict', 'Transfer-Encoding: chunked'), b'0\r\n\r\n')
        self.assertProblem(answer, 400, 'empty')

    def test_chunked_broken(self):
        answer, = self.client.raw(
            head('/predict', 'Transfer-Encoding: chunked'),
            b'5\r\nabcdefgh\r\n0\r\n\r\n')
        self.assertProblem(answer, 400)

    def test_expect_continue(self):
        body = face()
        with self.client.connect() as s:
            s.sendall(head('/predict', length(body), 'Expect: 100-continue'))
            first = b''
            while not first.endswith(b'\r\n\r\n'):
                first += s.recv(1000)
            self.assertTrue(first.startswith(b'HTTP/1.1 100 '), first)
            s.sendall(body)
            answer, = parse_answers(receive(s))
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_keepalive(self):
        want = [self.clean()]
        body = face()
        with self.client.connect() as s:
            for number in range(20):
                s.sendall(head('/predict', length(body), close=False) + body)
                data = b''
                while b'\r\n\r\n' not in data:
                    data += s.recv(65536)
                size = int(data.lower().split(b'content-length: ')[1]
                           .split(b'\r\n')[0])
                start = data.index(b'\r\n\r\n') + 4
                while len(data) < start + size:
                    data += s.recv(65536)
                answer, = parse_answers(data)
                self.assertEqual(self.assertFace(answer), want)

    def test_pipelined(self):
        body = face()
        one = head('/predict', length(body), close=False) + body
        many = head('/predict', length(b'GIF89a'), close=False) + b'GIF89a'
        answers = self.client.raw(one + many + one + many
                                  + head('/predict', length(body)) + body)
        self.assertEqual([a.status for a in answers],
                         [200, 415, 200, 415, 200])
        for answer in answers[::2]:
            self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_keepalive_after_refusals(self):
        """What was refused unread is skipped, not taken for a request."""
        body = face()
        answers = self.client.raw(
            head('/predict', length(body), method='DELETE', close=False)
            + body
            + head('/predict', length(body)) + body)
        self.assertEqual([a.status for a in answers], [405, 200])

    def test_two_pictures_in_two_buffers(self):
        """The head and the start of the body in one packet."""
        body = face()
        start = head('/predict', length(body)) + body[:100]
        answer, = self.client.raw(start, body[100:], pause=0.1)
        self.assertEqual(self.assertFace(answer), [self.clean()])


class FileOnly(BodyCase):
    """The operator keeps the bodies; that is the operator's wish."""

    def test_file_only(self):
        want = [self.clean()]
        for number in range(3):
            answer = self.client.post('/file-only', face())
            self.assertEqual(self.assertFace(answer), want)
        kept = os.listdir(self.server.path('body'))
        self.assertEqual(len(kept), 3)
        for name in kept:
            path = self.server.path('body', name)
            self.assertEqual(harness.read(path), face())
            os.unlink(path)


class Multipart(BodyCase):

    def post(self, body, path='/predict', kind=MULTIPART):
        return self.client.post(path, body, kind)

    def test_one(self):
        got, = self.assertFace(self.post(multipart(part(face(), 'me.pgm'))))
        self.assertEqual(got.pop('filename'), 'me.pgm')
        self.assertEqual(got, self.clean())

    def test_two_in_order(self):
        faces = [harness.synthetic_faces()[i] for i in (0, 57)]
        got = self.assertFace(self.post(multipart(
            *[part(harness.read(path), str(n) + '.pgm')
              for n, path in enumerate(faces)])), 2)
        for number, path in enumerate(faces):
            alone, = self.assertFace(self.client.post('/predict',
                                                      harness.read(path)))
            self.assertEqual(got[number].pop('filename'), '%d.pgm' % number)
            self.assertEqual(got[number], alone)

    def test_other_fields_are_not_pictures(self):
        body = multipart(part(b'17', name='age'), part(face(), 'a.pgm'),
                         part(b'bye', name='note'))
        self.assertFace(self.post(body))

    def test_one_bad_of_two(self):
        for order in ((0, 1), (1, 0)):
            with self.subTest(order):
                parts = [part(face(), 'good.pgm'),
                         part(face()[:2000], 'bad.pgm')]
                answer = self.post(multipart(*[parts[i] for i in order]))
                self.assertEqual(answer.status, 200)
                got = answer.json()['predictions']
                self.assertEqual([p['filename'] for p in got],
                                 [('good.pgm', 'bad.pgm')[i] for i in order])
                good, bad = [got[i] for i in order]
                self.assertNotIn('error', good)
                self.assertEqual(good['label'], self.clean()['label'])
                self.assertNotIn('label', bad)
                self.assertEqual(bad['error']['type'],
                                 'urn:facetree:error:corrupt')
                self.assertTrue(bad['error']['title'])

    def test_two_bad(self):
        answer = self.post(multipart(part(b'GIF89a', 'a'), part(b'?', 'b')))
        self.assertEqual(answer.status, 200)
        for got in answer.json()['predictions']:
            self.assertIn('error', got)

    def test_no_file(self):
        self.assertProblem(self.post(multipart(part(b'x', name='note'))),
                           400, 'empty')

    def test_no_parts(self):
        self.assertProblem(self.post(b'--%s--\r\n'
                                     % harness.BOUNDARY.encode()), 400)

    def test_empty_file_field(self):
        """What a browser sends when no file was chosen."""
        body = multipart(part(b'', '', content_type='application/'
                                                     'octet-stream'))
        self.assertProblem(self.post(body), 400, 'empty')

    def test_empty_body(self):
        self.assertProblem(self.post(b''), 400)

    def test_too_many(self):
        parts = [part(face(), '%d.pgm' % n) for n in range(3)]
        self.assertFace(self.post(multipart(*parts[:2]), '/two'), 2)
        problem = self.assertProblem(self.post(multipart(*parts), '/two'),
                                     413, 'images')
        self.assertEqual(problem['limit'], 2)
        self.assertEqual(problem['observed'], 3)

    def test_default_max_images(self):
        parts = [part(face(), '%d.pgm' % n) for n in range(17)]
        self.assertFace(self.post(multipart(*parts[:16])), 16)
        self.assertProblem(self.post(multipart(*parts)), 413, 'images')

    def test_wrong_boundary(self):
        self.assertProblem(
            self.post(multipart(part(face(), 'a')),
                      kind='multipart/form-data; boundary=another'),
            400, 'multipart')

    def test_missing_boundary(self):
        for kind in ('multipart/form-data', 'multipart/form-data; boundary=',
                     'multipart/form-data; boundary="unfinished'):
            with self.subTest(kind):
                self.assertProblem(
                    self.post(multipart(part(face(), 'a')), kind=kind),
                    400, 'multipart')

    def test_quoted_boundary(self):
        kind = 'Multipart/Form-Data; charset=utf-8; Boundary="%s"' \
            % harness.BOUNDARY
        self.assertFace(self.post(multipart(part(face(), 'a')), kind=kind))

    def test_truncated(self):
        body = multipart(part(face(), 'a.pgm'))
        for cut in (5, 40, 100, 2000, len(body) - 8):
            with self.subTest(cut):
                self.assertProblem(self.post(body[:cut]), 400, 'multipart')

    def test_field(self):
        wanted = harness.read(harness.synthetic_faces()[57])
        body = multipart(part(face(), 'a.pgm', name='file'),
                         part(wanted, 'b.pgm', name='photo'),
                         part(face(), 'c.pgm', name='photo2'))
        got, = self.assertFace(self.post(body, '/field'))
        self.assertEqual(got['filename'], 'b.pgm')
        body = multipart(part(face(), 'a.pgm', name='file'))
        self.assertProblem(self.post(body, '/field'), 400, 'empty')


class Refusals(BodyCase):

    def test_methods(self):
        for method in ('GET', 'HEAD', 'DELETE', 'PATCH'):
            with self.subTest(method):
                answer = self.client.request(method, '/predict')
                self.assertEqual(answer.status, 405)
                self.assertEqual(answer.headers['allow'], 'POST, PUT, OPTIONS')
                if method == 'HEAD':
                    self.assertEqual(answer.body, b'')
                else:
                    self.assertProblem(answer, 405, 'method')

    def test_options(self):
        for body in (None, face()):
            answer = self.client.request('OPTIONS', '/predict', body)
            self.assertEqual((answer.status, answer.body), (204, b''))
            self.assertEqual(answer.headers['allow'], 'POST, PUT, OPTIONS')

    def test_conditions(self):
        """They speak of what is here already, and so of nothing."""
        for name, value in (('If-None-Match', '*'), ('If-Match', '"x"'),
                            ('If-Modified-Since',
                             'Fri, 01 Jan 2100 00:00:00 GMT'),
                            ('If-Unmodified-Since',
                             'Thu, 01 Jan 1970 00:00:01 GMT')):
            with self.subTest(name):
                answer = self.client.request('POST', '/predict', face(),
                                             {name: value})
                self.assertFace(answer)
                self.assertNotIn('etag', answer.headers)

    def test_no_length(self):
        for path in ('/predict', '/plain'):
            with self.subTest(path):
                answer, = self.client.raw(head(path))
                self.assertProblem(answer, 411, 'length')

    def test_too_long(self):
        body = bytes(1024 * 1024 + 1)
        answer, = self.client.raw(head('/predict', length(body)), body)
        self.assertProblem(answer, 413, 'body_size')

    def test_too_long_is_refused_unread(self):
        answer, = self.client.raw(head('/predict',
                                       'Content-Length: 1000000000'))
        self.assertProblem(answer, 413, 'body_size')

    def test_too_long_chunked(self):
        answer, = self.client.raw(
            head('/predict', 'Transfer-Encoding: chunked'),
            chunked(bytes(1024 * 1024 + 1), 65536))
        self.assertProblem(answer, 413, 'body_size')

    def test_too_long_without_error_page(self):
        """nginx's own page, since it does not know better."""
        answer, = self.client.raw(head('/plain',
                                       'Content-Length: 1000000000'))
        self.assertEqual(answer.status, 413)
        self.assertEqual(answer.type, 'text/html')

    def test_largest_accepted(self):
        """Just under the limit: read in full, then judged as a picture."""
        body = b'P5 64 64 255\n' + bytes(1024 * 1024 - 13)
        self.assertFace(self.client.post('/predict', body))

    def test_client_goes_away(self):
        body = face()
        for sent in (0, 1, 1000, len(body) - 1):
            for kind in ('image/png', MULTIPART):
                with self.client.connect() as s:
                    s.sendall(head('/small-buffer', length(body),
                                   'Content-Type: ' + kind) + body[:sent])
                    time.sleep(0.02)
        with self.client.connect() as s:
            s.sendall(head('/predict', 'Transfer-Encoding: chunked')
                      + chunked(body, 100)[:1000])
            time.sleep(0.02)
        for number in range(4):
            self.clean()

    def test_client_does_not_wait(self):
        """The whole request, and gone before the answer."""
        body = face()
        for number in range(50):
            with self.client.connect() as s:
                s.sendall(head('/predict', length(body)) + body)
        self.clean()


class Expect(BodyCase):
    """Who asks first is not told to send what is refused already."""

    def test_refused_by_the_head(self):
        for path in ('/predict', '/plain', '/small'):
            for status, *fields in (
                    (413, 'Content-Length: 1000000000'),
                    (413, 'Content-Length: 5000', 'Content-Type: image/png'),
                    (415, 'Content-Length: 500', 'Content-Type: text/plain'),
                    (415, 'Content-Length: 500', 'Content-Encoding: gzip'),
                    (400, 'Content-Length: 500',
                     'Content-Type: multipart/form-data')):
                if path != '/small' and fields[0].endswith(' 5000'):
                    continue
                with self.subTest(path, fields=fields):
                    answers = self.client.raw(head(
                        path, 'Expect: 100-continue', *fields))
                    self.assertEqual([a.status for a in answers], [status])

    def test_method(self):
        for method in ('DELETE', 'OPTIONS'):
            answers = self.client.raw(head(
                '/plain', 'Expect: 100-continue', 'Content-Length: 500',
                method=method))
            self.assertEqual([a.status for a in answers],
                             [204 if method == 'OPTIONS' else 405])


class Upstream:
    """A server that keeps connections, answers a request at its head, and
    takes what follows by the length that was told, whatever it is."""

    def __init__(self):
        self.seen = []                           # (path, whole length)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                s, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(s,),
                                 daemon=True).start()

    def serve(self, s):
        with s, contextlib.suppress(OSError), s.makefile('rb') as stream:
            for line in stream:
                path = line.split(b' ')[1].decode()
                size = 0
                for line in iter(stream.readline, b'\r\n'):
                    name, _, value = line.partition(b':')
                    if name.lower() == b'content-length':
                        size = int(value)
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n'
                          b'\r\n%s' % (len(path), path.encode()))
                self.seen.append((path, size, len(stream.read(size))))

    def close(self):
        self.listener.close()


class RefusedWhileItArrives(BodyCase):
    """A form of which nobody has all: no other location gets the rest."""

    workers = 1

    @classmethod
    def conf(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        return '''
            facetree_model m %s;
            facetree_zone  z:1m;
            client_max_body_size    1m;
            client_body_buffer_size 16k;
            proxy_http_version      1.1;
            proxy_set_header        Connection "";
            proxy_read_timeout      5s;
            facetree_max_bytes      10k;
            facetree_max_images     2;

            upstream kept {
                server    127.0.0.1:%d;
                keepalive 1;
            }

            server {
                listen 127.0.0.1:@PORT@;
                listen 127.0.0.1:@H2PORT@ http2;

                location = /metrics {
                    facetree_metrics;
                }

                location = /up {
                    facetree m;
                    error_page 400 413 = @up;
                }

                location = /big {
                    facetree m;
                    error_page 400 413 = @big;
                }

                location = /big-ok {
                    facetree m;
                    error_page 400 413 =200 /big-path;
                }

                location = /explained {
                    facetree m;
                    error_page 400 413 @explained;
                }

                location = /acted {
                    facetree m;
                    post_action /acts;
                }

                location = /acts {
                    internal;
                    proxy_pass http://kept;
                }

                location @up {
                    proxy_pass http://kept;
                }

                location @big {
                    facetree m;
                    facetree_max_bytes  1m;
                    facetree_max_images 16;
                }

                location = /big-path {
                    facetree m;
                    facetree_max_bytes  1m;
                    facetree_max_images 16;
                }

                location @explained {
                    facetree_problem;
                }

                location = /other {
                    proxy_pass http://kept;
                }
            }
        ''' % (harness.small_model(), cls.upstream.port)

    PATHS = ('/up', '/big', '/big-ok', '/explained')

    @staticmethod
    def forms():
        """What is refused before its end, and how."""
        mark = b'--' + harness.BOUNDARY.encode() + b'\r\n'
        rest = b'x' * 60000 + b'\r\n' + mark[:-2] + b'--\r\n'
        large = harness.pgm(200, 200, bytes(40000))
        return (
            (413, 'body_size', multipart(part(large, 'a'), part(face(), 'b'))),
            (413, 'images', multipart(*[part(face(), 'a')] * 8)),
            (400, 'multipart', mark + b'no header\r\n\r\n' + rest),
            (400, 'multipart', mark + b'A' * 20000 + rest))

    def ways(self, path, body):
        kind = 'Content-Type: ' + MULTIPART
        whole = head(path, kind, length(body))
        yield 'at once', lambda: self.client.raw(whole + body)[0]
        yield 'in pieces', lambda: self.client.raw(
            whole + body[:100], body[100:15000], body[15000:30000],
            body[30000:], pause=0.02)[0]
        yield 'chunked', lambda: self.client.raw(
            head(path, kind, 'Transfer-Encoding: chunked')
            + chunked(body, 3000))[0]
        if clients.h2:
            yield 'HTTP/2', lambda: self.http2(path, body)

    def http2(self, path, body):
        plan = clients.Plan('early', 0, [Ask('form', path, body,
                                             Content_Type=MULTIPART)])
        plan.leave, plan.slow_reads, plan.window = None, 0, 65535
        with clients.narrow(self.server.h2port) as s:
            outcome = clients.Stream(s, plan).run()
        self.assertTrue(outcome.whole, outcome.error)
        return harness.Answer(outcome.status, outcome.headers.items(),
                              outcome.body)

    def test_is_explained_at_once(self):
        del self.upstream.seen[:]
        self.next_is_answered()                  # the connection is there
        rest = clients.Rest(self.server)
        for status, token, body in self.forms():
            for path in self.PATHS:
                for way, send in self.ways(path, body):
                    with self.subTest(path, token=token, way=way):
                        del self.upstream.seen[:]
                        self.assertProblem(send(), status, token)
                        self.next_is_answered()
        self.assertEqual(rest.back(), {}, 'left behind')

    def next_is_answered(self):
        """On the connection that the upstream keeps."""
        body = bytes(5000)
        answer = self.client.post('/other', body)
        self.assertEqual((answer.status, answer.text), (200, '/other'))
        harness.wait_for('its body', lambda: self.upstream.seen)
        self.assertEqual(self.upstream.seen, [('/other', 5000, 5000)])

    def test_post_action_has_no_body(self):
        """Neither what has come, nor the length of what has not."""
        for status, token, body in self.forms():
            for way, send in self.ways('/acted', body):
                with self.subTest(token, way=way):
                    del self.upstream.seen[:]
                    self.assertProblem(send(), status, token)
                    harness.wait_for('the action', lambda: self.upstream.seen)
                    self.assertEqual(self.upstream.seen, [('/acts', 0, 0)])
                    del self.upstream.seen[:]
                    self.next_is_answered()

    def test_what_is_whole_goes_on(self):
        """Refused for its length, or when all of it was there: others may
        have it."""
        body = harness.pgm(200, 200, bytes(40000))
        self.assertFace(self.client.post('/big', body))
        form = multipart(part(face(), 'a'))
        kind = 'multipart/form-data; boundary=another'
        for path, sent, told in (('/up', body, None), ('/up', form, kind)):
            del self.upstream.seen[:]
            answer = self.client.post(path, sent, told)
            self.assertEqual((answer.status, answer.text), (200, path))
            harness.wait_for('the body', lambda: self.upstream.seen)
            self.assertEqual(self.upstream.seen,
                             [(path, len(sent), len(sent))])
            self.upstream.seen.clear()
            self.next_is_answered()


class Http2(BodyCase):

    def test_bare(self):
        answer = self.client.curl('/predict', '-H',
                                  'Content-Type: image/png', body=face())
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_multipart(self):
        body = multipart(part(face(), 'a.pgm'), part(face(), 'b.pgm'))
        answer = self.client.curl('/predict', '-H',
                                  'Content-Type: ' + MULTIPART, body=body)
        got = self.assertFace(answer, 2)
        self.assertEqual([p['filename'] for p in got], ['a.pgm', 'b.pgm'])

    def test_without_length(self):
        """HTTP/2 needs no Content-Length."""
        for path in ('/predict', '/small-buffer'):
            with self.subTest(path):
                answer = self.client.curl(path, '-T', '-', data=False,
                                          body=face())
                self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_temporary_file(self):
        answer = self.client.curl('/small-buffer', '-H',
                                  'Content-Type: image/png', body=face())
        self.assertEqual(self.assertFace(answer), [self.clean()])

    def test_refusals(self):
        answer = self.client.curl('/predict', '-H', 'Content-Type: image/gif',
                                  body=b'GIF89a')
        self.assertProblem(answer, 415, 'media_type')
        answer = self.client.curl('/predict', '-X', 'DELETE', body=b'')
        self.assertProblem(answer, 405, 'method')

    def test_too_long(self):
        """nghttp, since curl 7.88 fails when it is answered this early."""
        path = os.path.join(harness.scratch(), 'too-long')
        with open(path, 'wb') as stream:
            stream.write(bytes(1024 * 1024 + 1))
        done = subprocess.run(
            ['nghttp', '-v', '-t', str(harness.TIMEOUT), '-d', path,
             'http://127.0.0.1:%d/named' % self.server.h2port],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        text = done.stdout.decode()
        self.assertIn(':status: 413', text)
        self.assertIn('content-type: application/problem+json', text)
        self.assertIn('"type": "urn:facetree:error:body_size"', text)

    def test_empty(self):
        answer = self.client.curl('/predict', '-H', 'Content-Type: image/png',
                                  body=b'')
        self.assertProblem(answer, 400, 'empty')
