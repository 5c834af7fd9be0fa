"""Memory: within the limits of the manifests no client gets a worker killed,
and what is too large is refused while it arrives."""

import concurrent.futures
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import unittest

import cgroup
import clients
import harness
import test_budget
from clients import Ask
from harness import BOUNDARY, MULTIPART, ROOT, face, part

UPLOADS = 12
PHOTOS = 4
ROUNDS = 3                       # photos of each client
UPLOAD = (10 << 20) - 4096       # bytes

CONTAINER = os.path.join(ROOT, 'conf', 'container')
MANIFEST = os.path.join(ROOT, 'k8s', 'deployment.yaml')

# The shell joins the group before it becomes nginx, and what it mounts ends
# with nginx.  Pages of a tmpfs belong to the group of who writes them.
START = '''
echo $$ > "$0"
mount -t tmpfs -o size="$1",mode=1777 facetree "$2"
shift 2
exec "$@"
'''


def in_bytes(name):
    """A quantity of the manifest, the first after "limits"."""
    text = harness.read(MANIFEST).decode()
    text = text[text.index('limits:'):]
    number, unit = re.search(r'\b%s: (\d+)(Mi|Gi)' % name, text).groups()
    return int(number) << {'Mi': 20, 'Gi': 30}[unit]


class ContainerNginx(harness.Nginx):
    """nginx as the image has it, in a group with the pod's limits."""

    def __init__(self, group):
        super().__init__('', workers=2)
        self.group = group
        os.mkdir(self.path('tmp'))
        os.rmdir(self.path('html'))
        shutil.copytree(os.path.join(ROOT, 'html'), self.path('html'))
        self.sample = subprocess.run(
            ['sed', '-f', os.path.join(CONTAINER, 'nginx.sed'),
             os.path.join(ROOT, 'conf', 'nginx.conf')],
            stdout=subprocess.PIPE, check=True).stdout.decode()
        self.rest = harness.read(os.path.join(
            CONTAINER, 'container.conf')).decode()

    def write(self, conf=None):
        text = self.sample
        for old, new in (
                (r'include container\.conf;', lambda match: self.rest),
                (r'(?<![\w.])/tmp/', self.path('tmp') + '/'),
                (r'load_module .*;', 'load_module %s;' % harness.MODULE
                 if harness.MODULE else ''),
                (r'daemon off;', 'daemon off;\nworker_processes %d;'
                 % self.workers),
                (r'error_log stderr notice;',
                 'error_log %s info;' % self.log_path),
                (r'/dev/stdout', self.access_path),
                (r'/srv/facetree/model/model\.ftm',
                 harness.synthetic_model()),
                (r'listen +5000', 'listen 127.0.0.1:%d' % self.port),
                (r'listen +5001', 'listen 127.0.0.1:%d' % self.h2port)):
            text, count = re.subn(old, new, text)
            assert count, old
        with open(self.conf_path, 'w', encoding='utf-8') as stream:
            stream.write(text)

    def command(self):
        return ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec',
                START, self.group.procs, str(in_bytes('sizeLimit')),
                self.path('tmp'), *super().command()]


@unittest.skipIf(harness.SANITIZED, 'that takes more memory by itself')
class Manifest(harness.Case):
    """Slow uploads fill /tmp, which is memory, while photos are decoded that
    have to be held whole."""

    # To an address that asks for more than its share, nginx says so.
    expected = (r'limiting (connections|requests)',
                r'\[crit\].*No space left on device')

    @classmethod
    def setUpClass(cls):
        harness.need_threads()
        if subprocess.run(['unshare', '--mount', '--propagation', 'private',
                           'true'], stderr=subprocess.DEVNULL,
                          check=False).returncode:
            raise unittest.SkipTest('mounting needs more rights')
        cls.photos = [test_budget.photo(4000, 4000, subsampling=n)
                      for n in (0, 2)]
        small = test_budget.photo(1280, 960, progressive=False)
        cls.upload = small + bytes(UPLOAD - len(small))
        cls.group = cgroup.Group('memory')
        cls.addClassCleanup(cls.group.close)
        cls.group.limit(in_bytes('memory'))
        cls.server = ContainerNginx(cls.group)
        cls.server.start()
        cls.client = harness.Client(cls.server)

    def slow(self, over):
        """All but the end, which comes when the photos are through."""
        ask = Ask('upload', '/predict', self.upload,
                  Content_Type='image/jpeg')
        with clients.narrow(self.server.port, timeout=240) as s:
            data = clients.head(ask) + self.upload
            at, size = 0, 1 << 18
            try:
                while at < len(data) - 100:
                    s.sendall(data[at:min(at + size, len(data) - 100)])
                    at = min(at + size, len(data) - 100)
                    over.wait(0.01)
                # A byte now and then: the server must not lose patience.
                while not over.wait(1) and at < len(data) - 1:
                    s.sendall(data[at:at + 1])
                    at += 1
                s.sendall(data[at:])
            except (BrokenPipeError, ConnectionResetError):
                pass                     # refused early
            return clients.read_all(s)

    def decoded(self):
        """Both kinds in turn: 96 and 48 MB of coefficients."""
        outcomes = []
        for number in range(ROUNDS):
            ask = Ask('photo', '/predict', self.photos[number % 2],
                      Content_Type='image/jpeg')
            with clients.narrow(self.server.port, timeout=240) as s:
                clients.send_all(s, ask)
                outcomes.append(clients.read_all(s))
        return outcomes

    def test_nobody_is_killed(self):
        over = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(UPLOADS + PHOTOS) as pool:
            uploads = [pool.submit(self.slow, over) for _ in range(UPLOADS)]
            photos = [pool.submit(self.decoded) for _ in range(PHOTOS)]
            try:
                outcomes = [o for p in photos for o in p.result()]
            finally:
                over.set()
            outcomes += [u.result() for u in uploads]
        peak = self.group.peak()
        sys.stdout.write('    of %d MiB at most %s were taken; answers: %s\n'
                         % (in_bytes('memory') >> 20,
                            'an unknown part' if peak is None
                            else '%d' % (peak >> 20),
                            ' '.join(str(o.status) for o in outcomes)))
        self.assertEqual(self.group.kills(), 0, 'killed for its memory')
        for outcome in outcomes:
            self.assertTrue(outcome.whole, outcome.error)
            self.assertIn(outcome.status, (200, 413, 429, 503),
                          outcome.body[:300])
            if outcome.status == 503:
                self.assertRegex(outcome.headers.get('retry-after', ''),
                                 r'^[1-9]\d*$')
        self.assertIn(200, [o.status for o in outcomes])
        self.assertFace(self.client.post('/predict', face()))


CONF = '''
    facetree_model m %s;
    facetree_max_bytes 1m;
    client_max_body_size 0;

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /predict {
            facetree m;
        }
    }
'''

BODY = 120 << 20
PIECE = bytes(1 << 16)
PGM = b'P5\n10000 12000\n255\n'


class TooLarge(harness.Case):
    """facetree_max_bytes is kept while a body arrives, whatever nginx itself
    would let in."""

    workers = 1
    ROOM = 8 << 10                       # KiB

    @classmethod
    def conf(cls):
        return CONF % harness.synthetic_model()

    def peak(self, reset=False):
        """KiB that the worker has had at most since the last reset."""
        pid, = self.server.worker_pids()
        if reset:
            with open('/proc/%d/clear_refs' % pid, 'w') as stream:
                stream.write('5')
        text = harness.read('/proc/%d/status' % pid).decode()
        return int(re.search(r'VmHWM:\s+(\d+) kB', text).group(1))

    def send(self, headers, first, last, chunked):
        """Sends until there is an answer, or all; returns the answer and
        how much it took."""
        head = 'POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
        length = 'Transfer-Encoding: chunked\r\n' if chunked else \
            'Content-Length: %d\r\n' % BODY
        sent = 0
        with clients.narrow(self.server.port) as s:
            s.sendall((head + length + headers + '\r\n').encode())
            piece = first
            try:
                while sent < BODY:
                    s.sendall(b'%x\r\n%s\r\n' % (len(piece), piece)
                              if chunked else piece)
                    sent += len(piece)
                    if select.select([s], [], [], 0)[0]:
                        break
                    piece = PIECE if BODY - sent > 2 * len(PIECE) else \
                        bytes(max(0, BODY - sent - len(last))) + last
                else:
                    if chunked:
                        s.sendall(b'0\r\n\r\n')
            except (BrokenPipeError, ConnectionResetError):
                pass
            return clients.read_all(s), sent

    def test_refused_while_it_arrives(self):
        self.assertFace(self.client.post('/predict', face()))
        form = ('--%s\r\n' % BOUNDARY).encode() + part(PGM, 'large.pgm')
        end = ('\r\n--%s--\r\n' % BOUNDARY).encode()
        before = self.peak(reset=True)
        for name, headers, first, last in (
                ('bare', 'Content-Type: image/x-portable-graymap\r\n', PGM,
                 b''),
                ('form', 'Content-Type: %s\r\n' % MULTIPART, form, end)):
            for chunked in (False, True):
                with self.subTest(name, chunked=chunked):
                    outcome, sent = self.send(headers, first, last, chunked)
                    grown = self.peak() - before
                    sys.stdout.write(
                        '    %s, %s: %d after %.1f MB, %d KiB more memory\n'
                        % (name, 'chunked' if chunked else 'with a length',
                           outcome.status or 0, sent / 1e6, grown))
                    self.assertTrue(outcome.whole, outcome.error)
                    self.assertEqual(outcome.status, 413)
                    self.assertIn(b'urn:facetree:error:body_size', outcome.body)
                    self.assertLess(sent, BODY // 2)
                    if not harness.SANITIZED:
                        self.assertLess(grown, self.ROOM)
        self.assertFace(self.client.post('/predict', face()))

    def test_small_beside_large(self):
        """What is allowed is not refused for the sake of the form's size."""
        body = harness.multipart(*[part(face(n) + bytes(900000), 'a.pgm')
                                   for n in range(8)])
        answer = self.client.post('/predict', body, MULTIPART)
        self.assertFace(answer, 8)
