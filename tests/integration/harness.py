"""A private nginx for each file of integration tests.

What a test file gets:

    Case      a unittest.TestCase with a running server, self.server
    Nginx     the server itself: start, reload, stop, log, worker processes
    Client    HTTP/1.1 through http.client; raw() for bytes on a socket
    png(), pgm(), multipart()    request bodies

The environment chooses what is tested:

    FACETREE_BUILD     where the build is (default: build/ of the checkout)
    FACETREE_NGINX     the nginx program (default: the one on the machine)
    FACETREE_MODULE    the module; empty: it is linked into that nginx
    FACETREE_BIN       the trainer (default: facetree of the build)
    FACETREE_RELOAD    1: reload the configuration before every test
    FACETREE_SHARED    where the real pictures are (default: ../shared)
    FACETREE_OLIVETTI  the Olivetti faces (default: in there)
"""

import atexit
import ctypes
import functools
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('FACETREE_BUILD')
                        or os.path.join(ROOT, 'build'))
NGINX = (os.environ.get('FACETREE_NGINX') or shutil.which('nginx')
         or '/usr/sbin/nginx')
MODULE = os.environ.get('FACETREE_MODULE',
                        os.path.join(BUILD, 'ngx_http_facetree_module.so'))
TRAINER = (os.environ.get('FACETREE_BIN')
           or os.path.join(BUILD, 'facetree'))
RELOAD = os.environ.get('FACETREE_RELOAD') == '1'
SHARED = os.path.abspath(os.environ.get('FACETREE_SHARED')
                         or os.path.join(ROOT, '..', 'shared'))
OLIVETTI = os.path.abspath(
    os.environ.get('FACETREE_OLIVETTI')
    or os.path.join(SHARED, 'data', 'olivettifaces.mat'))

# Slow machines and sanitized builds; nothing waits for it to pass.
TIMEOUT = 30

# A sanitized nginx: what it keeps on purpose, and the first report ends it.
# A configuration that is refused is not cleaned up after.
SANITIZER = {
    'ASAN_OPTIONS': 'detect_leaks=1',
    'LSAN_OPTIONS': 'print_suppressions=0:suppressions='
                    + os.path.join(ROOT, 'tests', 'integration', 'lsan.supp'),
    'UBSAN_OPTIONS': 'print_stacktrace=1'}

# What UBSan says of nginx's own sources, misaligned stores mostly, is known.
BAD_LINE = re.compile(r'\[(alert|emerg|crit)\]|Sanitizer'
                      r'|^(?!src/).*runtime error:')


def once(function):
    """What it returns is kept; it runs in one thread, others wait for it."""
    kept, lock = functools.lru_cache(maxsize=None)(function), threading.RLock()

    @functools.wraps(function)
    def wrapper(*args):
        with lock:
            return kept(*args)

    return wrapper


@once
def scratch():
    """A directory of this run, readable by nginx's workers."""
    path = tempfile.mkdtemp(prefix='facetree-test-')
    os.chmod(path, 0o755)
    atexit.register(shutil.rmtree, path, True)
    return path


def shown(path):
    return min(path, os.path.relpath(path, ROOT), key=len)


def need_shared(path=''):
    """The path of a shared file; skips the test when it is not there."""
    path = os.path.join(SHARED, path)
    if not os.path.exists(path):
        raise unittest.SkipTest('%s is absent' % shown(path))
    return path


def commit():
    """Of this checkout; "-dirty" at its end tells of changes."""
    done = subprocess.run(
        ['git', '-C', ROOT, 'describe', '--always', '--dirty',
         '--abbrev=10'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, check=False)
    return done.stdout.strip() or 'unknown'


@functools.lru_cache(maxsize=None)
def built_with():
    """What nginx -V tells."""
    return subprocess.run([NGINX, '-V'], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout.decode()


def version():
    """Of that nginx, as three numbers."""
    return tuple(map(int, re.search(r'nginx/(\d+)\.(\d+)\.(\d+)',
                                    built_with()).groups()))


# It keeps freed memory for a while, and takes its time.
SANITIZED = '-fsanitize' in built_with()


def need_threads():
    if '--with-threads' not in built_with():
        raise unittest.SkipTest('this nginx has no threads')


def need_http3():
    """QUIC in nginx, and a client for it."""
    if '--with-http_v3_module' not in built_with():
        raise unittest.SkipTest('this nginx has no HTTP/3')
    done = subprocess.run(['curl', '-V'], stdout=subprocess.PIPE)
    if b' HTTP3' not in done.stdout:
        raise unittest.SkipTest('this curl has no HTTP/3')


def certificate(folder):
    """server.key and server.crt for localhost, signed by itself."""
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
         'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
         '-subj', '/CN=localhost',
         '-keyout', os.path.join(folder, 'server.key'),
         '-out', os.path.join(folder, 'server.crt')],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def need_olivetti():
    if not os.path.exists(OLIVETTI):
        raise unittest.SkipTest('the Olivetti faces are absent (%s)'
                                % shown(OLIVETTI))
    return OLIVETTI


def wait_for(what, condition, timeout=TIMEOUT):
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('waited %d s in vain for %s'
                                 % (timeout, what))
        time.sleep(0.01)


# The trainer, and models made with it

def trainer(*args, check=True, timeout=300):
    """Runs the trainer; returns the completed process, output as text."""
    done = subprocess.run([TRAINER] + [str(a) for a in args],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout,
                          universal_newlines=True)
    if check and done.returncode != 0:
        raise AssertionError('facetree %s: exit code %d: %s' % (
            ' '.join(map(str, args)), done.returncode, done.stderr))
    return done


SEED_TREE = ('--max-depth', '25', '--min-samples-leaf', '2',
             '--random-state', '42', '--test-size', '0.3',
             '--split-seed', '42')


@once
def model(*args):
    """Trains a model, once for a set of arguments; returns its path."""
    path = os.path.join(scratch(), 'model-%d.ftm' % len(os.listdir(scratch())))
    trainer('train', '--out', path, '--quiet', *args)
    return path


def synthetic_model():
    """The tree of the documentation on the drawn faces."""
    return model('--data', 'synthetic', *SEED_TREE)


def small_model(seed=1):
    """A few nodes without training detail: a small file."""
    return model('--data', 'synthetic', '--max-depth', '2', '--strip',
                 '--random-state', str(seed))


@once
def synthetic_faces():
    """The drawn faces, as sorted paths DIR/LABEL/NAME.pgm."""
    path = os.path.join(scratch(), 'synthetic')
    trainer('synth', path)
    return sorted(os.path.join(parent, name)
                  for parent, _, names in os.walk(path)
                  for name in names if name.endswith('.pgm'))


def read(path):
    with open(path, 'rb') as stream:
        return stream.read()


def face(index=0):
    """The bytes of one drawn face, a PGM file of 64 x 64."""
    return read(synthetic_faces()[index])


# Pictures and bodies

def chunk(kind, data):
    return (struct.pack('>I', len(data)) + kind + data
            + struct.pack('>I', zlib.crc32(kind + data)))


def png(width, height, gray, level=6):
    """A PNG file of gray levels, row by row."""
    rows = b''.join(b'\0' + gray[y * width:(y + 1) * width]
                    for y in range(height))
    return png_of_rows(width, height, rows, level)


def png_of_rows(width, height, rows, level=6, interlaced=0):
    """A PNG file of gray levels, whose rows begin with their filters."""
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height,
                                         8, 0, 0, 0, interlaced))
            + chunk(b'IDAT', zlib.compress(rows, level))
            + chunk(b'IEND', b''))


def pgm(width, height, gray):
    return b'P5\n%d %d\n255\n' % (width, height) + gray


def pgm_pixels(data):
    """Width, height and gray levels of a PGM file as the trainer writes."""
    match = re.match(rb'P5\s+(\d+)\s+(\d+)\s+255\s', data)
    width, height = int(match.group(1)), int(match.group(2))
    gray = data[match.end():]
    assert len(gray) == width * height
    return width, height, gray


BOUNDARY = 'facetree-test-boundary'


def part(data, filename=None, name='file', content_type=None):
    """One part of a multipart body; a file if it has a filename."""
    head = 'Content-Disposition: form-data; name="%s"' % name
    if filename is not None:
        head += '; filename="%s"' % filename
    if content_type:
        head += '\r\nContent-Type: %s' % content_type
    return head.encode() + b'\r\n\r\n' + data


def multipart(*parts):
    """The body of the parts; its type is MULTIPART."""
    mark = b'--' + BOUNDARY.encode()
    return b''.join(mark + b'\r\n' + p + b'\r\n' for p in parts) \
        + mark + b'--\r\n'


MULTIPART = 'multipart/form-data; boundary=' + BOUNDARY


class Answer:
    """A response: status, headers (lower-case names) and body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {}
        for name, value in headers:
            name = name.lower()
            self.headers[name] = (self.headers[name] + ', ' + value
                                  if name in self.headers else value)
        self.body = body

    @property
    def type(self):
        return self.headers.get('content-type', '')

    @property
    def text(self):
        return self.body.decode('utf-8')

    def json(self):
        return json.loads(self.body.decode('utf-8'))

    def __repr__(self):
        return '%d %s %r' % (self.status, self.type, self.body[:400])


def parse_answers(data):
    """The responses in the bytes that a connection brought."""
    answers = []
    while data:
        head, mark, rest = data.partition(b'\r\n\r\n')
        assert mark, 'no end of headers in %r' % data[:200]
        lines = head.decode('latin-1').split('\r\n')
        status = int(lines[0].split(' ')[1])
        answer = Answer(status, [line.split(': ', 1) for line in lines[1:]],
                        b'')
        if answer.headers.get('transfer-encoding') == 'chunked':
            while True:
                size, _, rest = rest.partition(b'\r\n')
                size = int(size, 16)
                answer.body += rest[:size]
                rest = rest[size + 2:]
                if size == 0:
                    break
        else:
            size = int(answer.headers.get('content-length', 0))
            assert len(rest) >= size, 'body is cut: %r' % data[:400]
            answer.body, rest = rest[:size], rest[size:]
        answers.append(answer)
        data = rest
    return answers


class Nginx:
    """An nginx of its own: prefix, ports, configuration, log."""

    def __init__(self, conf, main='', workers=2):
        """"conf" goes into the http block, "main" above it.  @PORT@ is the
        port, @H2PORT@ another one, @PREFIX@ the private directory."""
        self.prefix = tempfile.mkdtemp(prefix='nginx-', dir=scratch())
        os.chmod(self.prefix, 0o755)
        for name in ('body', 'temp', 'html', 'logs'):
            os.mkdir(os.path.join(self.prefix, name))
        self.conf_path = os.path.join(self.prefix, 'nginx.conf')
        self.log_path = os.path.join(self.prefix, 'error.log')
        self.access_path = os.path.join(self.prefix, 'access.log')
        self.workers = workers
        self.load = True      # False: the module is not in the configuration
        self.process = None
        self.port = self.h2port = 0
        self.main, self.conf = main, conf
        self.output = b''

    def path(self, *names):
        return os.path.join(self.prefix, *names)

    def write(self, conf=None):
        """Writes the configuration, a new one if it is given."""
        if conf is not None:
            self.conf = conf
        text = CONF % {
            'load': ('load_module %s;' % MODULE if MODULE and self.load
                     else ''),
            'main': self.main, 'workers': self.workers,
            'conf': self.conf}
        for name, value in (('@PREFIX@', self.prefix),
                            ('@PORT@', str(self.port)),
                            ('@H2PORT@', str(self.h2port))):
            text = text.replace(name, value)
        with open(self.conf_path, 'w') as stream:
            stream.write(text)

    def command(self):
        return ([NGINX, '-p', self.prefix, '-c', self.conf_path]
                + (['-e', self.log_path] if version() >= (1, 19, 5) else []))

    def test(self):
        """nginx -t; returns exit code and output."""
        self.write()
        done = subprocess.run(self.command() + ['-t'], timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={**os.environ,
                                   'ASAN_OPTIONS': 'detect_leaks=0'})
        return done.returncode, done.stdout.decode('utf-8', 'replace')

    def start(self):
        # A port found free may be taken by the time nginx binds to it.
        for attempt in range(5):
            self.port, self.h2port = free_ports(2)
            self.write()
            with open(self.path('output'), 'wb') as output:
                self.process = subprocess.Popen(
                    self.command(), stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
                    env={**SANITIZER, **os.environ})
            RUNNING.add(self)
            wait_for('nginx to start', self.started)
            if self.process:
                return self
            log = self.log()
            if 'Address already in use' not in log:
                break
            os.unlink(self.log_path)
        raise AssertionError('nginx does not start:\n' + log
                             + self.console())

    def started(self):
        """True when it serves, or has ended and self.process is None."""
        if self.process.poll() is not None:
            self.process = None
            RUNNING.discard(self)
            return True
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
        except OSError:
            return False
        return len(self.worker_pids()) == self.workers

    def console(self):
        return read(self.path('output')).decode('utf-8', 'replace')

    def log(self, start=0):
        try:
            with open(self.log_path, 'rb') as stream:
                stream.seek(start)
                return stream.read().decode('utf-8', 'replace')
        except FileNotFoundError:
            return ''

    def log_size(self):
        try:
            return os.path.getsize(self.log_path)
        except FileNotFoundError:
            return 0

    def access_log(self):
        return read(self.access_path).decode('utf-8', 'replace')

    def children(self):
        path = '/proc/%d/task/%d/children' % (self.process.pid,
                                              self.process.pid)
        try:
            return [int(pid) for pid in read(path).split()]
        except FileNotFoundError:
            return []

    def worker_pids(self):
        """Workers that accept connections, in order."""
        return sorted(pid for pid in self.children()
                      if b'worker process\0' in title(pid) + b'\0'
                      and b'shutting down' not in title(pid))

    def reload(self):
        """HUP; returns when only new workers serve."""
        old = self.worker_pids()
        self.process.send_signal(signal.SIGHUP)

        def replaced():
            pids = self.worker_pids()
            return len(pids) == self.workers and not set(pids) & set(old)

        wait_for('new workers', replaced)

    def reload_refused(self):
        """HUP with a configuration that is wrong; returns the log of it."""
        start = self.log_size()
        self.process.send_signal(signal.SIGHUP)
        wait_for('the refusal in the log',
                 lambda: '[emerg]' in self.log(start))
        return self.log(start)

    def stop(self):
        """Ends it, gently first; tells whether QUIT was enough."""
        if self.process is None:
            return True
        gentle = True
        for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGKILL):
            self.process.send_signal(number)
            try:
                self.process.wait(10)
                break
            except subprocess.TimeoutExpired:
                gentle = False
        self.process = None
        RUNNING.discard(self)
        return gentle

    def bad_lines(self, expected=()):
        """Lines that no test may leave behind."""
        lines = self.log().splitlines() + self.console().splitlines()
        return [line for line in lines if BAD_LINE.search(line)
                and not any(re.search(e, line) for e in expected)]


CONF = '''
daemon off;
%(load)s
worker_processes %(workers)d;
error_log @PREFIX@/error.log info;
pid @PREFIX@/nginx.pid;
%(main)s
events {
    worker_connections 2048;
}
http {
    client_body_temp_path @PREFIX@/body;
    proxy_temp_path @PREFIX@/temp/proxy;
    fastcgi_temp_path @PREFIX@/temp/fastcgi;
    uwsgi_temp_path @PREFIX@/temp/uwsgi;
    scgi_temp_path @PREFIX@/temp/scgi;
    root @PREFIX@/html;
    default_type text/plain;
    lingering_timeout 100ms;
    access_log @PREFIX@/access.log;
%(conf)s
}
'''

RUNNING = set()


@atexit.register
def stop_all():
    for server in list(RUNNING):
        server.stop()


def die_with_parent():
    """nginx ends with the tests, however they end."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def title(pid):
    try:
        return read('/proc/%d/cmdline' % pid)
    except OSError:
        return b''


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(('127.0.0.1', 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Client:
    """Requests to one server; every call is a connection of its own."""

    def __init__(self, server):
        self.server = server

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection('127.0.0.1',
                                                self.server.port,
                                                timeout=TIMEOUT)
        try:
            connection.request(method, path, body=body,
                               headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(),
                          response.read())
        finally:
            connection.close()

    def post(self, path, body, content_type=None, **headers):
        """"headers" as accept='...', with _ for the dashes."""
        fields = {name.replace('_', '-'): value
                  for name, value in headers.items()}
        if content_type:
            fields['Content-Type'] = content_type
        return self.request('POST', path, body, fields)

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.server.port),
                                     TIMEOUT)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def raw(self, *pieces, pause=0.0):
        """Sends bytes, pausing in between, and returns all the answers up to
        the end of the connection, which the request should ask for."""
        with self.connect() as s:
            try:
                for number, piece in enumerate(pieces):
                    if number and pause:
                        time.sleep(pause)
                    s.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass          # refused early; the answer is there to read
            return parse_answers(receive(s))

    def curl(self, path, *args, body=b'', data=True):
        """A POST over HTTP/2 through curl.  Without "data" the arguments say
        how standard input, which is the body, gets sent."""
        return curl('2', 'http://127.0.0.1:%d%s' % (self.server.h2port, path),
                    '-X', 'POST', *(['--data-binary', '@-'] if data else []),
                    *args, body=body)


CURL_VERSION = {'2': ['--http2-prior-knowledge'], '3': ['--http3-only', '-k']}


def curl(version, url, *args, body=b''):
    """The answer that curl gets, over this version of HTTP and no other.
    "body" is its standard input."""
    head = tempfile.NamedTemporaryFile(dir=scratch())
    done = subprocess.run(
        ['curl', '-sS', '-m', str(TIMEOUT), '-D', head.name,
         *CURL_VERSION[version], *args, url],
        input=body, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise AssertionError('curl: ' + done.stderr.decode())
    with head:
        lines = head.read().decode('latin-1').strip().split('\r\n')
    if not lines[0].startswith('HTTP/%s ' % version):
        raise AssertionError('not HTTP/%s: %s' % (version, lines[0]))
    return Answer(int(lines[0].split(' ')[1]),
                  [line.split(': ', 1) for line in lines[1:]], done.stdout)


def curl_streams(urls, body, limit, *args):
    """Uploads to all of them over HTTP/3, so many at a time, or GET where the
    body is None; the statuses and bodies in their order, and how many
    connections it took."""
    folder = tempfile.mkdtemp(dir=scratch())
    path = os.path.join(folder, 'body')
    upload = []
    if body is not None:
        upload = ['-T', path]
        with open(path, 'wb') as stream:
            stream.write(body)
    command = ['curl', '-sS', '-m', str(TIMEOUT), *CURL_VERSION['3'], *args,
               '--parallel', '--parallel-max', str(limit), '-w',
               '%{urlnum} %{http_version} %{http_code} %{num_connects}\\n']
    for number, url in enumerate(urls):
        command += [*upload, '-o', '%s.%d' % (path, number), url]
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told = {}
    for line in done.stdout.decode().splitlines():
        number, version, status, connects = line.split()
        told[int(number)] = version, int(status), int(connects)
    if len(told) != len(urls) or {one[0] for one in told.values()} != {'3'}:
        raise AssertionError('curl: %s %s' % (done.stdout, done.stderr))
    return ([(told[number][1], read('%s.%d' % (path, number)))
             for number in range(len(urls))],
            sum(one[2] for one in told.values()))


def receive(s):
    data = b''
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


class Case(unittest.TestCase):
    """Tests that share one server, whose log is looked through at the end.

    conf()    what goes into the http block
    main      what goes above it
    expected  patterns of bad log lines that the tests provoke on purpose
    """

    main = ''
    workers = 2
    expected = ()
    server = None
    client = None

    @classmethod
    def conf(cls):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.server = Nginx(cls.conf(), cls.main, cls.workers).start()
        cls.client = Client(cls.server)

    @classmethod
    def tearDownClass(cls):
        if not cls.server.stop():
            raise AssertionError('nginx did not end by itself on QUIT')
        bad = cls.server.bad_lines(cls.expected)
        if bad:
            raise AssertionError('in the log of nginx:\n'
                                 + '\n'.join(bad[:20]))
        left = [os.path.join(parent, name)
                for parent, _, names in os.walk(cls.server.path('body'))
                for name in names]
        if left:
            raise AssertionError('temporary files left: %s' % left[:5])

    def setUp(self):
        if RELOAD and not self.reloads:
            self.server.reload()
        self.pids = self.server.worker_pids()

    def tearDown(self):
        """No test may cost a worker its life."""
        if not self.server.process:
            return
        if self.server.process.poll() is not None and not self.stops:
            self.fail('nginx has ended:\n' + self.server.log()[-2000:])
        pids = self.server.worker_pids()
        if not RELOAD and self.pids != pids and not self.reloads:
            self.fail('workers died: %s, now %s' % (self.pids, pids))

    reloads = False           # the tests reload by themselves
    stops = False             # the tests stop nginx

    def assertProblem(self, answer, status, token=None, accept=None):
        """A problem document about this status."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.type, 'application/problem+json')
        problem = answer.json()
        self.assertEqual(problem['status'], status)
        self.assertIsInstance(problem['title'], str)
        self.assertTrue(problem['title'])
        self.assertRegex(problem['type'],
                         r'^(about:blank|urn:facetree:error:[a-z0-9_-]+)$')
        if token:
            self.assertEqual(problem['type'].rsplit(':', 1)[-1], token)
        if 'detail' in problem:
            self.assertIsInstance(problem['detail'], str)
            self.assertTrue(problem['detail'])
        return problem

    def assertFace(self, answer, count=1):
        """An answer about so many pictures, all recognised."""
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.type, 'application/json')
        predictions = answer.json()['predictions']
        self.assertEqual(len(predictions), count)
        for prediction in predictions:
            self.assertNotIn('error', prediction)
            self.assertIsInstance(prediction['label'], str)
        return predictions
