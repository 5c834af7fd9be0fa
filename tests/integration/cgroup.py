"""A control group of a test, of either version: CPU and memory of processes.

    Group('cpu')      its share() is a part of one core
    Group('memory')   its limit() is in bytes

Needs root and a hierarchy that can be written to; skips the test otherwise.
test_budget.py and test_memory.py use it.
"""

import os
import re
import unittest

import harness

ROOT = '/sys/fs/cgroup'


class Group:

    number = 0

    def __init__(self, controller):
        self.controller = controller
        self.parent, self.version = self.find(controller)
        Group.number += 1
        self.path = os.path.join(self.parent, 'facetree-test-%d-%d'
                                 % (os.getpid(), Group.number))
        try:
            os.mkdir(self.path)
        except OSError as error:
            raise unittest.SkipTest('no control group for %s: %s' % (
                controller, error)) from error

    @staticmethod
    def find(controller):
        """Where groups with this controller are made, and its version."""
        old = os.path.join(ROOT, controller)
        if os.path.exists(os.path.join(old, 'cgroup.procs')):
            return old, 1
        try:
            known = harness.read(os.path.join(
                ROOT, 'cgroup.subtree_control')).decode().split()
        except OSError:
            known = []
        if controller not in known:
            raise unittest.SkipTest('there are no control groups for '
                                    + controller)
        return ROOT, 2

    def write(self, name, value):
        try:
            with open(os.path.join(self.path, name), 'w',
                      encoding='ascii') as stream:
                stream.write(str(value))
        except OSError as error:
            self.close()
            raise unittest.SkipTest('%s cannot be set: %s' % (
                name, error)) from error

    def share(self, part):
        """So much of one core's time, a tenth of a second at a time."""
        period = 100000
        if self.version == 1:
            self.write('cpu.cfs_period_us', period)
            self.write('cpu.cfs_quota_us', int(part * period))
        else:
            self.write('cpu.max', '%d %d' % (part * period, period))

    def limit(self, size):
        self.write('memory.limit_in_bytes' if self.version == 1
                   else 'memory.max', size)

    @property
    def procs(self):
        return os.path.join(self.path, 'cgroup.procs')

    def add(self, pid):
        self.write('cgroup.procs', pid)

    def number_of(self, name, key=None):
        text = harness.read(os.path.join(self.path, name)).decode()
        pattern = r'(\d+)' if key is None else r'\b%s (\d+)' % key
        return int(re.search(pattern, text).group(1))

    def kills(self):
        """Processes that were killed because memory was short."""
        return self.number_of(*(('memory.oom_control', 'oom_kill')
                                if self.version == 1
                                else ('memory.events', 'oom_kill')))

    def peak(self):
        """Bytes, or None where the kernel does not tell."""
        name = ('memory.max_usage_in_bytes' if self.version == 1
                else 'memory.peak')
        if not os.path.exists(os.path.join(self.path, name)):
            return None
        return self.number_of(name)

    def throttled(self):
        """How often somebody had to wait for the next period."""
        return self.number_of('cpu.stat', 'nr_throttled')

    def close(self):
        """Its processes, if any are left, move to the parent."""
        try:
            for pid in harness.read(self.procs).split():
                with open(os.path.join(self.parent, 'cgroup.procs'), 'wb',
                          buffering=0) as stream:
                    stream.write(pid)
            os.rmdir(self.path)
        except OSError:
            pass
