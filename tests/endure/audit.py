"""What is looked at between two rounds, when no client is there."""

import collections
import os
import re
import signal

import harness
import test_reload
from faults import metrics


class Logs:
    """The logs of the whole run, however often they were rotated."""

    def __init__(self, server):
        self.server = server
        self.number = 0
        self.ends = {}                # how far a file has been read

    def rotate(self):
        self.number += 1
        for path in (self.server.log_path, self.server.access_path):
            os.rename(path, '%s.%d' % (path, self.number))
        self.server.process.send_signal(signal.SIGUSR1)
        for path in (self.server.log_path, self.server.access_path):
            harness.wait_for('a new log', lambda p=path: os.path.exists(p))

    def new_lines(self, path):
        """What has been written since the last time, the oldest first; a
        file that was renamed is known by its inode."""
        files = [path + '.%d' % n for n in range(1, self.number + 1)]
        for name in [*files, path]:
            try:
                with open(name, 'rb') as stream:
                    inode = os.fstat(stream.fileno()).st_ino
                    stream.seek(self.ends.get(inode, 0))
                    data = stream.read()
                    self.ends[inode] = stream.tell()
            except FileNotFoundError:
                continue
            yield from data.decode('utf-8', 'replace').splitlines()

    def drop_old(self):
        """Rotated logs that have been read; an hour's would fill a disk.
        Those of the last rotation may still be written to."""
        for path in (self.server.log_path, self.server.access_path):
            for n in range(1, self.number):
                name = '%s.%d' % (path, n)
                if os.path.exists(name):
                    # The next file may well get the same inode.
                    self.ends.pop(os.stat(name).st_ino, None)
                    os.unlink(name)


# What nginx itself does that UBSan does not like (the module is not in src/),
# and the limit of the allocator, which is there on purpose.
HARMLESS = re.compile(r'^src/\S+: runtime error: |'
                      r'WARNING: AddressSanitizer failed to allocate ')
SANITIZER = re.compile('Sanitizer|runtime error:')


def bad(line, expected=()):
    return (harness.BAD_LINE.search(line) and not HARMLESS.search(line)
            and not any(re.search(e, line) for e in expected))


def children(pid):
    path = '/proc/%d/task/%d/children' % (pid, pid)
    return [int(p) for p in harness.read(path).split()]


def descriptors(pid):
    return len(os.listdir('/proc/%d/fd' % pid))


def resident(pid):
    return test_reload.resident(pid)


def moved(before, after, name, labels):
    found = collections.Counter()
    for (other, pairs), value in after.items():
        if other == name:
            key = tuple(dict(pairs)[label] for label in labels)
            found[key[0] if len(key) == 1 else key] += \
                int(value - before.get((other, pairs), 0))
    return +found


class Audit:
    """Compares what the server counts and holds with what it should."""

    def __init__(self, run):
        self.run = run
        self.server = run.server
        # By model: only the version that serves shows its counters, and the
        # second one has not served yet.
        self.before = [metrics(self.server), {}]
        self.after = list(self.before)
        self.current = self.before[0]
        self.last = self.current
        self.fds = None

    def moved(self, name, *labels):
        """What a counter of the models has grown by."""
        found = collections.Counter()
        for before, after in zip(self.before, self.after):
            found.update(moved(before, after, name, labels))
        return found

    def server_moved(self, name, *labels):
        return moved(self.last, self.current, name, labels)

    def settle(self, tally, fault):
        """Waits until every request that was made is counted."""
        name = 'facetree_http_requests_total'

        def counted():
            self.current = self.after[0] = metrics(self.server)
            codes = self.server_moved(name, 'endpoint', 'code')
            count = sum(n for (endpoint, _), n in codes.items()
                        if endpoint in ('predict', 'infer'))
            total = self.current.total
            return (count >= tally.least
                    and not total('facetree_requests_in_progress')
                    and not total('facetree_queue_depth')
                    and len(children(self.server.process.pid))
                    == self.server.workers)

        try:
            harness.wait_for('requests to end', counted, 10)
        except AssertionError:
            pass                      # the counters below say what is wrong
        if fault.replaces:
            for number in 1, 0:
                self.run.put(self.run.models[number])
                self.server.reload()
                self.current = self.after[number] = metrics(self.server)
            fault.reloads[0] += 2

    def counters(self, tally, fault):
        self.settle(tally, fault)
        slack = fault.slack
        codes = {(endpoint, int(code)): n for (endpoint, code), n in
                 self.server_moved('facetree_http_requests_total',
                                   'endpoint', 'code').items()
                 if endpoint in ('predict', 'infer')}
        yield from tally.codes.check('facetree_http_requests_total', codes,
                                     slack)
        total = sum(codes.values())
        if not tally.least - slack <= total <= tally.most:
            yield '%d requests counted, %d to %d seen' % (
                total, tally.least, tally.most)
        for bound, name, label in (
                (tally.outcomes, 'inference_requests_total', 'outcome'),
                (tally.reasons, 'inference_failures_total', 'reason')):
            yield from bound.check('facetree_' + name, self.moved(
                'facetree_' + name, label), slack)
        yield from tally.pictures.check(
            'facetree_inferences_total', {'pictures': sum(
                self.moved('facetree_inferences_total', 'model').values())},
            4 * slack)
        for after in filter(None, self.after):
            for name in ('requests_in_progress', 'queue_depth',
                         'memory_reserved_bytes'):
                value = after.total('facetree_' + name)
                if value:
                    yield 'facetree_%s is %d with nobody there' % (name,
                                                                   value)
        for result, want in zip(('success', 'failure'), fault.reloads):
            got = self.server_moved('facetree_reloads_total',
                                    'result')[result]
            if got != want:
                yield '%d reloads counted as %s, not %d' % (got, result,
                                                            want)
        self.before = list(self.after)
        self.last = self.current

    def access_log(self, tally, fault):
        """The other tally: one line for each request."""
        codes = collections.Counter()
        for line in self.run.logs.new_lines(self.server.access_path):
            code, _, uri = line.partition(' ')
            if re.match(r'/(predict|threads|narrow|v2/)', uri):
                codes[int(code)] += 1
        yield from tally.access.check('access log', codes, fault.slack)

    def error_log(self, fault):
        more = 0                      # lines of a sanitizer's report
        for line in self.run.logs.new_lines(self.server.log_path):
            if bad(line, fault.expected):
                yield 'log: ' + line
                more = 40 if SANITIZER.search(line) else 0
            elif more:
                yield line
                more -= 1

    def workers(self, fault, pids):
        now = self.server.worker_pids()
        if self.server.process.poll() is not None:
            yield 'nginx has ended'
        elif len(now) != self.server.workers:
            yield '%d workers' % len(now)
        elif not fault.replaces and now != pids:
            yield 'workers died: %s, now %s' % (pids, now)

    def leftovers(self):
        """Descriptors and temporary files."""
        left = [name for parent, _, names in os.walk(self.server.path('body'))
                for name in names]
        if left:
            yield 'temporary files are left: %s' % left[:5]
        pids = self.server.worker_pids()

        def worker_fds():
            return [descriptors(pid) for pid in pids]

        if self.fds is None:
            self.fds = sorted(worker_fds())
        try:
            harness.wait_for('descriptors', lambda: max(worker_fds())
                             <= max(self.fds), 5)
        except AssertionError:
            yield 'descriptors: %s, at first %s' % (worker_fds(), self.fds)

    def sizes(self):
        return {'master': resident(self.server.process.pid),
                'worker': max(resident(pid)
                              for pid in self.server.worker_pids()),
                'descriptors': max(descriptors(pid) for pid in
                                   [self.server.process.pid,
                                    *self.server.worker_pids()]),
                'zone_free': int(self.current.total('facetree_shm_bytes',
                                                  state='free'))}


def growth(samples, share=0.05, room=1024):
    """KiB by which the last quarter is above the second, beyond what is
    allowed; the first is for warming up.  Needs 8 samples or more."""
    if len(samples) < 8:
        return 0
    quarter = len(samples) // 4
    middle = sorted(samples[quarter:2 * quarter])[quarter // 2]
    last = sorted(samples[-quarter:])[quarter // 2]
    return max(0, int(last - middle * (1 + share) - room))
