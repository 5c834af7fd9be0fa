"""The servers that are measured, and what the kernel knows about them."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'integration'))

import harness                                              # noqa: E402

PATIENCE = 60
FLOOR = os.path.join(harness.BUILD, 'ngx_http_floor_module.so')

COMMON = '''
    error_log @PREFIX@/error.log warn;
    client_max_body_size 64m;
    client_body_buffer_size 32k;
    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:@PORT@;
        access_log off;
        %s
    }
'''


class Server:
    """Something that listens; "paths" are where its ways to answer are."""

    def __init__(self, name, paths):
        self.name = name
        self.paths = paths
        self.pid = self.port = 0

    def url(self, path):
        return 'http://127.0.0.1:%d%s' % (self.port, path)

    def pids(self):
        return family(self.pid)

    def cpu(self):
        """Seconds of processor time, of all its processes and threads."""
        return sum(thread_time(pid) for pid in self.pids())

    def memory(self):
        """Bytes: shared pages are divided among those who share them."""
        return sum(pss(pid) for pid in self.pids())


class Nginx(Server):
    """"config" goes into the server block, "http" above it; "main" loads
    another module than facetree's."""

    def __init__(self, name, config, paths, http='', main='', workers=2):
        super().__init__(name, paths)
        self.nginx = harness.Nginx(http + COMMON % config, main, workers)

    def spawn(self):
        """Starts it and does not wait."""
        if not self.nginx.port:
            self.nginx.port, self.nginx.h2port = harness.free_ports(2)
            self.nginx.write()
        self.port = self.nginx.port
        with open(self.nginx.path('output'), 'wb') as output:
            self.nginx.process = subprocess.Popen(
                self.nginx.command(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, preexec_fn=harness.die_with_parent)
        harness.RUNNING.add(self.nginx)
        self.pid = self.nginx.process.pid

    def start(self):
        self.nginx.start()
        self.port, self.pid = self.nginx.port, self.nginx.process.pid
        return self

    def stop(self):
        self.nginx.stop()


class Flask(Server):
    """Gunicorn with two workers, as the application's users started it."""

    def __init__(self, name, model, workers=2):
        super().__init__(name, {'flask': '/predict'})
        self.model = model
        self.workers = workers
        self.process = None
        self.log = os.path.join(harness.scratch(), name + '.log')

    def spawn(self):
        if not self.port:
            self.port, = harness.free_ports(1)
        # These slow numpy down on some machines; be fair.
        env = {name: value for name, value in os.environ.items()
               if name not in ('OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE')}
        env['FACETREE_BENCH_MODEL'] = self.model
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                ['/usr/bin/python3', '/usr/bin/gunicorn', '-w',
                 str(self.workers), '-b', '127.0.0.1:%d' % self.port,
                 '--chdir', os.path.join(HERE, 'flask'), 'app:app'],
                env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=harness.die_with_parent)
        self.pid = self.process.pid

    def start(self):
        self.spawn()
        harness.wait_for('gunicorn', lambda: answers(self.url('/')),
                         PATIENCE)
        harness.wait_for('its workers',
                         lambda: len(self.pids()) == 1 + self.workers)
        return self

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
            self.process = None


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def post(url, upload):
    """The body of the answer to one upload; None if nobody listens."""
    request = urllib.request.Request(
        url, upload.body, {'Content-Type': upload.type}, method='POST')
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError('%s: %d %r' % (
            url, error.code, error.read()[:300])) from error
    except OSError:
        return None


def start_to_answer(server, path, upload):
    """Seconds from the start of the process to the first answer."""
    start = time.monotonic()
    server.spawn()
    while post(server.url(path), upload) is None:
        if time.monotonic() > start + PATIENCE:
            raise AssertionError('%s does not answer' % server.name)
        time.sleep(0.001)
    seconds = time.monotonic() - start
    server.stop()
    return seconds


# What the kernel knows

def family(pid):
    """A process and its children, theirs too."""
    found = [pid]
    try:
        for task in os.listdir('/proc/%d/task' % pid):
            path = '/proc/%d/task/%s/children' % (pid, task)
            for child in harness.read(path).split():
                found += family(int(child))
    except OSError:
        pass
    return found


def thread_time(pid):
    """In nanoseconds of the scheduler, not in ticks of ten milliseconds."""
    total = 0
    try:
        for task in os.listdir('/proc/%d/task' % pid):
            path = '/proc/%d/task/%s/schedstat' % (pid, task)
            total += int(harness.read(path).split()[0])
    except OSError:
        pass
    return total / 1e9


def pss(pid):
    text = harness.read('/proc/%d/smaps_rollup' % pid).decode()
    return int(re.search(r'\nPss:\s+(\d+) kB', text).group(1)) * 1024
