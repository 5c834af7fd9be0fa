"""Many clients at once, and clients that take their time."""

import os
import re
import resource
import shutil
import subprocess
import time

import harness
from harness import face
import test_metrics
import test_reload


CONNECTIONS = 1000
SECONDS = 3

CONF = '''
    facetree_model m %s;
    facetree_zone z:1m;
    client_max_body_size 10m;
    client_body_buffer_size 256k;
    client_body_timeout 2s;
    keepalive_requests 100000;

    server {
        listen 127.0.0.1:@PORT@ backlog=2048;
        listen 127.0.0.1:@H2PORT@ http2;

        location = /predict { facetree m; }
        location = /metrics { facetree_metrics; }
    }
'''

LUA = '''
wrk.method = "POST"
local file = io.open("%s", "rb")
wrk.body = file:read("*a")
file:close()
done = function(summary)
    local e = summary.errors
    io.write(string.format("done %%d bad %%d connect %%d read %%d write %%d\\n",
             summary.requests, e.status, e.connect, e.read, e.write))
end
'''


def many_files():
    """More descriptors than most are given."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (min(hard, 8192) if hard > 0 else 8192, hard))


class LoadCase(harness.Case):

    main = 'worker_rlimit_nofile 4096;'

    @classmethod
    def conf(cls):
        return CONF % harness.synthetic_model()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.body = os.path.join(harness.scratch(), 'load.pgm')
        with open(cls.body, 'wb') as stream:
            stream.write(face())

    def tool(self, name, *args):
        """Starts it, if it is there."""
        if not shutil.which(name):
            self.skipTest('%s is not installed' % name)
        return subprocess.Popen(
            [name, *map(str, args)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=many_files)

    def output(self, process):
        text = process.communicate(timeout=60)[0].decode('utf-8', 'replace')
        self.assertEqual(process.returncode, 0, text)
        return text

    def metrics(self):
        return test_metrics.parse(
            self.client.request('GET', '/metrics').text)

    def wait_quiet(self):
        harness.wait_for('the end of all requests', lambda: self.metrics()
                         .total('facetree_requests_in_progress') == 0)

    def memory(self):
        """KiB of the workers, without what is shared with files."""
        return sum(map(test_reload.resident, self.server.worker_pids()))


class Many(LoadCase):

    def test_wrk(self):
        script = os.path.join(harness.scratch(), 'load.lua')
        with open(script, 'w') as stream:
            stream.write(LUA % self.body)
        before = self.metrics().total('facetree_inferences_total')
        text = self.output(self.tool(
            'wrk', '-t1', '-c%d' % CONNECTIONS, '-d%ds' % SECONDS,
            '--timeout', harness.TIMEOUT, '-s', script,
            'http://127.0.0.1:%d/predict' % self.server.port))
        counts = re.search(r'done (\d+) bad (\d+) connect (\d+) read (\d+) '
                           r'write (\d+)', text)
        done, *errors = map(int, counts.groups())
        self.assertGreater(done, CONNECTIONS)
        self.assertEqual(errors, [0, 0, 0, 0], text)
        self.wait_quiet()
        self.assertGreaterEqual(self.metrics().total(
            'facetree_inferences_total') - before, done)

    def h2load(self, *args):
        text = self.output(self.tool('h2load', '-d', self.body, *args))
        found = re.search(r'requests: (\d+) total, .* (\d+) succeeded, '
                          r'(\d+) failed, (\d+) errored, (\d+) timeout', text)
        total, succeeded, *bad = map(int, found.groups())
        self.assertEqual((succeeded, bad), (total, [0, 0, 0]), text)
        self.assertIn('status codes: %d 2xx' % total, text)

    def test_http2(self):
        """A thousand streams at a time, in fifty connections."""
        self.h2load('-n', 10000, '-c', 50, '-m', 20,
                    'http://127.0.0.1:%d/predict' % self.server.h2port)

    def test_http1(self):
        self.h2load('--h1', '-n', 3000, '-c', CONNECTIONS,
                    'http://127.0.0.1:%d/predict' % self.server.port)


class Slow(LoadCase):

    COUNT = 400

    def ask_meanwhile(self, process):
        asked = 0
        while process.poll() is None:
            self.assertFace(self.client.post('/predict', face()))
            asked += 1
            time.sleep(0.05)
        return asked

    def test_slow_bodies(self):
        """Others are served, and the slow get no answer but 408's silence."""
        process = self.tool(
            'slowhttptest', '-B', '-c', self.COUNT, '-r', self.COUNT, '-i', 3,
            '-s', 200000, '-x', 10, '-t', 'POST', '-l', 5, '-u',
            'http://127.0.0.1:%d/predict' % self.server.port)
        self.assertGreater(self.ask_meanwhile(process), 10)
        self.output(process)
        self.wait_quiet()
        self.assertGreater(self.metrics().total(
            'facetree_inference_failures_total'), 0)

    def test_slow_headers(self):
        process = self.tool(
            'slowhttptest', '-H', '-c', self.COUNT, '-r', self.COUNT, '-i', 2,
            '-l', 4, '-u', 'http://127.0.0.1:%d/predict' % self.server.port)
        self.assertGreater(self.ask_meanwhile(process), 10)
        self.output(process)

    def test_liars(self):
        """What is announced costs nothing until it comes."""
        self.wait_quiet()
        before = self.memory()
        sockets = [self.client.connect() for _ in range(self.COUNT)]
        for s in sockets:
            s.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\n'
                      b'Content-Length: 10000000\r\n\r\n' + face()[:1000])
        harness.wait_for('all of them', lambda: self.metrics().total(
            'facetree_requests_in_progress') == self.COUNT)
        if not harness.SANITIZED:
            self.assertLess((self.memory() - before) / self.COUNT, 32)
        self.assertFace(self.client.post('/predict', face()))
        for s in sockets:
            s.close()
        self.wait_quiet()
