"""Everything that a pod may hold is held at once, under its memory limit: all
connections with full buffers, /tmp, and pictures in each worker.  The sum of
docs/deployment.md then has to hold."""

import os
import resource
import socket
import sys
import threading
import unittest

import cgroup
import clients
import harness
import test_budget
import test_conf
import test_memory
from clients import Ask
from harness import ROOT, face

sys.path.append(os.path.join(ROOT, 'tests', 'deploy'))

import memory                                               # noqa: E402

PHOTOS = 8
UPLOADS = 4
REST = 256                       # bytes of a body, sent one at a time
BODY = 15000                     # bytes, of the buffer's 16k

# Four of the largest that fit large_client_header_buffers.
HEADERS = {'X_%d' % n: 'a' * 7900 for n in range(4)}


class Upload:
    """A request whose body is sent bit by bit."""

    def __init__(self, port, body, sent, headers):
        self.socket = socket.create_connection(('127.0.0.1', port),
                                               harness.TIMEOUT)
        self.lock = threading.Lock()
        self.body, self.at = body, 0
        ask = Ask('full', '/predict', body, Content_Type='image/jpeg',
                  **headers)
        self.send(clients.head(ask))
        self.go_on(sent)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass                         # refused early, such as by /tmp

    def go_on(self, size):
        with self.lock:
            self.send(self.body[self.at:self.at + size])
            self.at += size


def trickle(photos, others, over):
    """A byte now and then: the server must not lose patience."""
    while not over.wait(2):
        for upload in photos + others:
            upload.go_on(1)


@unittest.skipIf(harness.SANITIZED, 'that takes more memory by itself')
class Full(harness.Case):

    expected = (r'worker_connections are not enough',
                r'\[crit\].*No space left on device')
    reloads = True

    @classmethod
    def setUpClass(cls):
        harness.need_threads()
        test_conf.need_mount()
        cls.limit = test_memory.in_bytes('memory')
        cls.tmp = test_memory.in_bytes('sizeLimit')
        cls.photo = test_budget.photo(4300, 4300)
        cls.group = cgroup.Group('memory')
        cls.addClassCleanup(cls.group.close)
        cls.group.limit(cls.limit)
        cls.server = test_memory.ContainerNginx(cls.group)
        cls.server.start()
        cls.client = harness.Client(cls.server)
        cls.config = memory.image_config()
        cls.connections = cls.server.workers * int(memory.setting(
            cls.config, r'worker_connections +(\d+)'))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE,
                            (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < cls.connections + 200:
            raise unittest.SkipTest('%d descriptors are too few' % hard)

    def begin(self, body, sent, headers=None):
        """A request without the end of its body."""
        upload = Upload(self.server.port, body, sent, headers or {})
        self.addCleanup(upload.socket.close)
        return upload

    def test_sum_holds(self):
        pids = self.server.worker_pids()
        self.assertFace(self.client.post('/predict', face()))
        largest = bytes(memory.kib(memory.setting(
            self.config, r'client_max_body_size +(\w+)')) << 10)
        photos = [self.begin(self.photo, len(self.photo) - REST)
                  for _ in range(PHOTOS)]
        others = [self.begin(largest, len(largest) - REST)
                  for _ in range(UPLOADS)]
        some = bytes(1 << 20)
        over = threading.Event()
        thread = threading.Thread(target=trickle, args=(photos, others, over))
        thread.start()
        try:
            for _ in range(self.connections):
                others.append(self.begin(some, BODY, HEADERS))
            for upload in photos:
                upload.go_on(REST)
            outcomes = [clients.read_all(u.socket) for u in photos]
        finally:
            over.set()
            thread.join()
        self.tell(outcomes)
        self.assertEqual(self.group.kills(), 0, 'killed for its memory')
        self.assertEqual(self.server.worker_pids(), pids)
        for outcome in outcomes:
            self.assertTrue(outcome.whole, outcome.error)
            self.assertIn(outcome.status, (200, 503), outcome.body[:300])
        self.assertIn(200, [o.status for o in outcomes])
        self.doCleanups()
        harness.wait_for('room for an answer', self.answers)

    def answers(self):
        try:
            return self.client.post('/predict', face()).status == 200
        except OSError:
            return False

    def tell(self, outcomes):
        parts = memory.needed(self.config, self.server.workers,
                              self.tmp >> 10)
        total = sum(parts.values()) << 10
        self.assertLessEqual(total, self.limit)
        peak = self.group.peak()
        sys.stdout.write('    %s of %d MiB were taken, the sum is %d; '
                         'photos: %s\n' % (
                             'an unknown part' if peak is None
                             else '%d' % (peak >> 20), self.limit >> 20,
                             total >> 20,
                             ' '.join(str(o.status) for o in outcomes)))
        if peak is not None:
            self.assertLessEqual(peak, total)
            self.assertGreater(peak, total // 2, 'it was not full')
