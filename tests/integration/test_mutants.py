"""Thousands of damaged pictures, posted: the right status for each of them.

What is right, the program decode-gray says, which asks the same decoders for
the same bytes outside nginx.  In nginx there are bodies in pieces, pools, and
one worker for all of them, which must be alive at the end.

    FACETREE_MUTANTS   how many (default: 600)
    FACETREE_SEED      another set of them (default: 1)
"""

import itertools
import os
import subprocess

import harness
import mutants


COUNT = int(os.environ.get('FACETREE_MUTANTS') or 600)
SEED = int(os.environ.get('FACETREE_SEED') or 1)
DRIVER = os.path.join(harness.BUILD, 'decode-gray')

CONF = '''
    facetree_model m %(model)s;

    # what stops a decoder must not depend on how busy the machine is
    facetree_decode_timeout 10m;

    access_log off;
    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:@PORT@;

        client_max_body_size 32m;
        client_body_buffer_size 16k;

        location = /predict {
            facetree m;
            facetree_top_k 1;
        }
    }
'''

STATUS = {'media_type': 415, 'corrupt': 422, 'pixels': 413,
          'side': 413, 'scans': 413, 'memory': 413, 'body_size': 413}

# Of these one picture refuses the whole request.
OVER = {'pixels', 'memory', 'body_size'}


class Driver:
    """The decoders alone, in a process that outlives the bytes it is sent."""

    def __init__(self):
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def token(self, data):
        self.process.stdin.write(b'exact 64 64 =%d\n' % len(data) + data)
        self.process.stdin.flush()
        return self.process.stdout.readline().split()[0].decode()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class Connection:
    """Kept alive, and quicker than http.client."""

    def __init__(self, client):
        self.socket = client.connect()

    def post(self, body, kind):
        self.socket.sendall(b'POST /predict HTTP/1.1\r\nHost: t\r\n'
                            b'Content-Type: %s\r\nContent-Length: %d\r\n\r\n'
                            % (kind.encode(), len(body)) + body)
        return self.answer()

    def chunked(self, body, sizes):
        pieces = []
        while body:
            size = next(sizes)
            pieces.append(b'%x\r\n%s\r\n' % (len(body[:size]), body[:size]))
            body = body[size:]
        self.socket.sendall(b'POST /predict HTTP/1.1\r\nHost: t\r\n'
                            b'Transfer-Encoding: chunked\r\n\r\n'
                            + b''.join(pieces) + b'0\r\n\r\n')
        return self.answer()

    def answer(self):
        data = b''
        while True:
            head, mark, body = data.partition(b'\r\n\r\n')
            if mark:
                low = head.lower()
                assert b'\r\nconnection: close' not in low, head
                at = low.index(b'\r\ncontent-length:') + 17
                if len(body) >= int(low[at:].split(b'\r\n')[0]):
                    return harness.parse_answers(data)[0]
            piece = self.socket.recv(65536)
            assert piece, 'the connection ended with %r' % data[:200]
            data += piece

    def close(self):
        self.socket.close()


def sources():
    """Reference pictures up to 100 KB, or drawn ones where they are absent."""
    folder = os.path.join(harness.SHARED, 'images')
    found = []
    for kind in 'good', 'bad':
        path = os.path.join(folder, kind)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            data = harness.read(os.path.join(path, name))
            if 0 < len(data) <= 100 * 1024:
                found.append(data)
    gray = harness.pgm_pixels(harness.face())[2]
    return found + [harness.face(), harness.png(64, 64, gray)]


class Mutants(harness.Case):

    workers = 1

    @classmethod
    def conf(cls):
        return CONF % {'model': harness.synthetic_model()}

    @classmethod
    def setUpClass(cls):
        if not os.access(DRIVER, os.X_OK):
            raise harness.unittest.SkipTest('no %s: make build/decode-gray'
                                            % harness.shown(DRIVER))
        super().setUpClass()

    def check(self, connection, number, data, token):
        """Bare, in pieces, or beside a good one in a form."""
        if number % 8 == 3:
            answer = connection.post(harness.multipart(
                harness.part(harness.face(), 'a.pgm'),
                harness.part(data, 'b')), harness.MULTIPART)
            if token in OVER:
                self.assertProblem(answer, 413, token)
                return
            self.assertEqual(answer.status, 200, answer)
            first, second = answer.json()['predictions']
            self.assertNotIn('error', first)
            got = second.get('error', {'type': 'ok'})['type']
            self.assertEqual(got.split(':')[-1], token, answer)
            return
        if number % 8 == 5:
            answer = connection.chunked(data, itertools.cycle(
                [1, 100, 7, 5000, 16384]))
        else:
            answer = connection.post(data, 'application/octet-stream')
        if token == 'ok':
            self.assertFace(answer)
        else:
            self.assertProblem(answer, STATUS[token], token)

    def test_status_of_each(self):
        maker = mutants.Mutants(sources(), SEED)
        driver = Driver()
        connection = Connection(self.client)
        seen = {}
        for number in range(COUNT):
            data = maker.make()
            token = driver.token(data)
            seen[token] = seen.get(token, 0) + 1
            with self.subTest('mutant %d of seed %d' % (number, SEED)):
                try:
                    self.check(connection, number, data, token)
                except BaseException:
                    connection.close()
                    connection = Connection(self.client)
                    raise
        connection.close()
        self.assertEqual(driver.close(), 0)
        # it would be no test if most of them fell at the first hurdle
        self.assertGreater(seen.get('ok', 0), COUNT // 20, seen)
        self.assertGreater(seen.get('corrupt', 0), COUNT // 20, seen)
        self.assertFace(self.client.post('/predict', harness.face()))
