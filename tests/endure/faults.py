"""What goes wrong on purpose while clients ask: one class for each.

    start(server, clients)   before the round's load
    step()                   again and again during it, twice a second
    ease()                   at its end, before the last answers
    finish()                 after it; everything is as before then

expected: patterns of log lines that the fault provokes; allow: statuses that
it explains; losses: connections may end without an answer.
"""

import os
import random
import re
import shutil
import signal
import socket
import subprocess

import harness
import test_metrics
import test_reload


class Fault:

    name = 'calm'
    expected = ()
    allow = ()
    losses = False
    replaces = False              # workers end and others take their place

    def __init__(self, run):
        self.run = run
        self.server = run.server
        self.slack = 0
        self.reloads = [0, 0]     # good, refused
        self.steps = 0

    def start(self):
        pass

    def step(self):
        self.steps += 1

    def ease(self):
        """Lets the requests that are still waiting end."""

    def finish(self):
        pass


class Reload(Fault):
    """Two models in turn, and a broken one now and then."""

    name = 'reload'
    replaces = True
    expected = (r'\[emerg\].* model "[^"]*model\.ftm", byte \d+: ',)

    def step(self):
        super().step()
        if self.steps % 2:
            return
        number = self.steps // 2
        if number % 5 == 4:
            self.run.put(self.run.broken)
            self.server.reload_refused()
            self.reloads[1] += 1
        else:
            self.run.put(self.run.models[number % 2])
            self.server.reload()
            self.reloads[0] += 1


class Kill(Fault):
    """SIGKILL for a worker, as the kernel's when memory is short."""

    name = 'kill'
    replaces = True
    losses = True
    expected = (r'\[alert\].* worker process \d+ exited on signal 9',)

    def step(self):
        super().step()
        if self.steps % 3 == 1:
            self.slack += kill_one(self.run)


def kill_one(run):
    pid = random.choice(run.server.worker_pids())
    slack = run.clients.slack_of_kill()
    os.kill(pid, signal.SIGKILL)

    def replaced():
        pids = run.server.worker_pids()
        return pid not in pids and len(pids) == run.server.workers

    harness.wait_for('another worker', replaced)
    return slack


class Rotate(Fault):
    """Logs are renamed and USR1 sent, as logrotate does."""

    name = 'rotate'

    def step(self):
        super().step()
        if self.steps % 2 == 0:
            self.run.logs.rotate()


class DiskFull(Fault):
    """No room for temporary files."""

    name = 'disk full'
    allow = (500,)
    expected = (r'\[crit\].* (pwritev?|write)\(\) .*No space left on device',
                r'\[alert\].* (pwritev?|write)\(\) "[^"]*" has written only')

    def start(self):
        self.path = self.server.path('body', 'filler')
        with open(self.path, 'wb', buffering=0) as stream:
            try:
                while True:
                    stream.write(bytes(65536))
            except OSError:
                pass

    def finish(self):
        os.unlink(self.path)


class Descriptors(Fault):
    """More connections than a worker may have descriptors."""

    name = 'descriptors'
    allow = (500,)
    expected = (r'\[crit\].* accept4\(\) failed \(24: Too many open files\)',
                r'\[alert\].* accept4\(\) failed \(24: ',
                r'\[crit\].* open\(\) .* failed \(24: Too many open files\)',
                r'\[alert\].* \d+ worker_connections are not enough')

    def start(self):
        self.crowd = []

    def step(self):
        super().step()
        if self.steps % 3 == 1:
            for _ in range(self.run.descriptors * self.server.workers + 50):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(('127.0.0.1', self.server.port))
                self.crowd.append(s)
        if self.steps % 3 == 0:
            self.ease()

    def ease(self):
        for s in self.crowd:
            s.close()
        self.crowd = []


class Memory(Fault):
    """No more address space than a worker has, and little beside it."""

    name = 'memory'
    allow = (500,)
    losses = True
    expected = (r'\[emerg\].* (malloc|posix_memalign|mmap)\(.*\) failed ',
                r'\[alert\].* (malloc|posix_memalign|mmap)\(.*\) failed ')
    room = 2 << 20

    def start(self):
        self.limit(self.room)

    def limit(self, room):
        for pid in self.server.worker_pids():
            limit = 'unlimited'
            if room is not None:
                limit = status(pid, 'VmSize') * 1024 + room
            # As the worker's own user, which needs no privilege.
            subprocess.run(['prlimit', '--pid', str(pid),
                            '--as=%s:unlimited' % limit], check=True,
                           user=status(pid, 'Uid'), group=status(pid, 'Gid'),
                           extra_groups=[])

    def finish(self):
        self.limit(None)


class Everything(Fault):
    """Reloads, killed workers and rotated logs at once."""

    name = 'all at once'
    replaces = True
    losses = True

    def __init__(self, run):
        super().__init__(run)
        self.parts = [Reload(run), Kill(run), Rotate(run)]
        self.expected = sum((p.expected for p in self.parts), ())

    def step(self):
        for fault in self.parts:
            fault.step()

    def finish(self):
        for fault in self.parts:
            fault.finish()
        self.slack = sum(p.slack for p in self.parts)
        self.reloads = self.parts[0].reloads


def status(pid, name):
    """The first number of a line of /proc/PID/status."""
    text = harness.read('/proc/%d/status' % pid).decode()
    return int(re.search(r'%s:\s+(\d+)' % name, text).group(1))


def metrics(server):
    answer = harness.Client(server).request('GET', '/metrics')
    assert answer.status == 200, answer
    return test_metrics.parse(answer.text)


def put(server, path):
    """Replaces the model as careful people do, by renaming."""
    shutil.copyfile(path, server.path('model.new'))
    os.rename(server.path('model.new'), server.path('model.ftm'))


digest = test_reload.digest

STEADY = (Fault, Rotate, DiskFull, Descriptors, Memory)
ROUGH = (Reload, Kill, Everything)
