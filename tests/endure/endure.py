#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Runs nginx with the module through what a bad day brings, and checks that
nothing is lost, wrong, or left behind.

    tests/endure/endure.py --minutes 30 [--rate 40] [--report FILE]
    tests/endure/endure.py --smoke

Rounds of requests (good, bad, huge, slow and aborted ones) under one fault
each: none, rotated logs, a full disk, no descriptors, no memory; then with
workers that are reloaded and killed.  After each round, when all is quiet:

    every status was one that the request or the fault explains, and every
    label right; the counters in /metrics, and the access log, are what the
    clients have seen; no unexpected line is in the error log; no descriptor,
    temporary file or worker too many is there.

At the end memory must not have grown.  The environment chooses nginx and
module as for tests/integration/harness.py; a sanitized nginx is recognised.

Exit codes: 0 endured, 1 not, 77 cannot be run here.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'integration')]

import harness                                              # noqa: E402
import audit                                                # noqa: E402
import client                                               # noqa: E402
import faults                                               # noqa: E402
import tally                                                # noqa: E402

MAIN = '''
worker_rlimit_nofile %(descriptors)d;
worker_shutdown_timeout 30s;
thread_pool narrow threads=1 max_queue=2;
thread_pool wide threads=2 max_queue=256;
'''

CONF = '''
    facetree_model m @PREFIX@/model.ftm;
    facetree_zone  endure:1m;
    facetree_memory 64m;
    facetree_decode_timeout 60s;
    facetree_max_images 4;
    client_max_body_size 8m;
    client_body_buffer_size 16k;
    client_body_timeout 2s;
    log_format endure '$status $request_uri';

    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@H2PORT@ http2;
        access_log @PREFIX@/access.log endure;

        location = /predict {
            facetree m;
            error_page 400 408 411 413 @refused;
        }

        location @refused {
            facetree_problem;
        }

        location = /threads {
            facetree m;
            facetree_threads wide max=2;
        }

        location = /narrow {
            facetree m;
            facetree_threads narrow queue=1;
        }

        location = /limited {
            facetree m;
        }

        location /v2 {
            facetree_inference;
        }

        location = /metrics {
            facetree_metrics;
        }
    }
'''

FACES = range(0, 400, 8)      # those whose labels are checked
DESCRIPTORS = 128             # of a worker


class Run:
    """One server, its clients, and all that is known about them."""

    def __init__(self, args):
        self.sanitized = b'__asan_init' in harness.read(harness.NGINX)
        self.descriptors = DESCRIPTORS
        self.models = [harness.synthetic_model(), harness.model(
            '--data', 'synthetic', '--estimator', 'random-forest',
            '--n-estimators', '20', '--random-state', '7')]
        self.broken = os.path.join(harness.scratch(), 'broken.ftm')
        with open(self.broken, 'wb') as stream:
            stream.write(harness.read(self.models[0])[:-1])
        labels = {faults.digest(path): known_labels(path)
                  for path in self.models}
        self.server = harness.Nginx(
            CONF, MAIN % {'descriptors': DESCRIPTORS})
        self.prepare()
        self.put(self.models[0])
        self.server.start()
        self.logs = audit.Logs(self.server)
        self.clients = client.Clients(self.server, args.rate, args.clients,
                                      labels, self.sanitized, args.seed)
        self.audit = audit.Audit(self)
        self.rounds = []
        self.totals = collections.Counter()
        self.statuses = collections.Counter()
        self.kinds = set()

    def prepare(self):
        """The disk for temporary files, small, and what sanitizers need."""
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m,mode=1777',
                        'facetree', self.server.path('body')], check=True)
        if self.sanitized:
            suppressions = self.server.path('suppressions')
            with open(suppressions, 'w', encoding='ascii') as stream:
                stream.write('leak:ngx_event_process_init\n')
            # Reports go to the error log, which is open already: a file of
            # their own could not be opened when descriptors are short.
            os.environ['ASAN_OPTIONS'] = (
                'detect_leaks=1:quarantine_size_mb=16:'
                'allocator_may_return_null=1:max_allocation_size_mb=16')
            os.environ['UBSAN_OPTIONS'] = 'print_stacktrace=1'
            os.environ['LSAN_OPTIONS'] = \
                'suppressions=%s:print_suppressions=0' % suppressions

    def put(self, path):
        faults.put(self.server, path)

    def round(self, kind, seconds):
        fault = kind(self)
        seen = tally.Tally()
        pids = self.server.worker_pids()
        wrong = []
        start = time.monotonic()
        fault.start()
        self.clients.begin(seen, fault.allow, fault.losses,
                           fault.replaces)
        try:
            while time.monotonic() < start + seconds:
                time.sleep(0.5)
                fault.step()
        except AssertionError as error:
            wrong.append('%s: %s' % (fault.name, error))
        finally:
            fault.ease()
            late = self.clients.end()
            fault.finish()
        wrong += seen.faults
        wrong += self.audit.counters(seen, fault)
        wrong += self.audit.access_log(seen, fault)
        wrong += self.audit.error_log(fault)
        wrong += self.audit.workers(fault, pids)
        wrong += self.audit.leftovers()
        self.logs.drop_old()
        self.note(fault, seen, wrong, late, time.monotonic() - start)

    def note(self, fault, seen, wrong, late, seconds):
        requests = sum(seen.kinds.values())
        row = {'fault': fault.name, 'seconds': round(seconds, 1),
               'requests': requests, 'unknown': seen.unknown,
               'slack': fault.slack, 'retries': seen.retries, 'late': late,
               'reloads': sum(fault.reloads), 'faults': wrong,
               **self.audit.sizes()}
        self.rounds.append(row)
        self.statuses.update(seen.statuses)
        self.kinds |= set(seen.kinds)
        for name in ('requests', 'unknown', 'retries', 'reloads', 'slack'):
            self.totals[name] += row[name]
        print('%3d %-12s %5.1f s %5d requests, %3d of them unknown, '
              'master %d KiB, worker %d KiB%s' % (
                  len(self.rounds), fault.name, seconds, requests,
                  seen.unknown, row['master'], row['worker'],
                  (', late: ' + ', '.join(late) if late else '')
                  + (', %d FAULTS' % len(wrong) if wrong else '')),
              flush=True)
        for text in wrong[:20]:
            print('    ' + text.replace('\n', '\n    '), flush=True)

    def memory(self, steady):
        """Of workers that live long, and of the master and workers after
        ever more reloads; in the first rounds all of them warm up: the
        master, which frees nothing before, fills the quarantine of ASan."""
        rough = self.rounds[steady:]
        for what, samples in (
                ('a worker', [r['worker'] for r in self.rounds[:steady]]),
                ('the master', [r['master'] for r in self.rounds[:steady]]),
                ('the master after reloads', [r['master'] for r in rough]),
                ('a worker after reloads', [r['worker'] for r in rough])):
            more = audit.growth(samples)
            if more:
                yield '%s grew by %d KiB more than it may: %s' % (
                    what, more, samples)
        free = [r['zone_free'] for r in rough[1:]]
        if free and free[-1] < free[0]:
            yield 'the zone has %d bytes left of %d' % (free[-1], free[0])

    def finish(self):
        """The end: QUIT is enough, and what the log holds by then."""
        if not self.server.stop():
            yield 'nginx did not end by itself on QUIT'
        yield from self.audit.error_log(faults.Fault(self))
        expected = sum((kind(self).expected for kind in
                        faults.STEADY + faults.ROUGH), ())
        for line in self.server.console().splitlines():
            if audit.bad(line, expected):
                yield 'console: ' + line


def known_labels(path):
    """The label of each face, as the program tells it."""
    faces = harness.synthetic_faces()
    done = harness.trainer('predict', '--model', path, '--json',
                           *[faces[n] for n in FACES])
    return {n: entry['label'] for n, entry in
            zip(FACES, json.loads(done.stdout)['predictions'])}


def endure(run, args):
    """Rounds of one fault each, the steady ones first: two fifths of the
    time with the same workers, the rest with ever new ones.  Returns how many
    the first were."""
    steady = list(faults.STEADY)
    if run.sanitized:
        steady.remove(faults.Memory)  # a limit of the allocator, always
    seconds = 3.0 if args.smoke else 10.0 if args.minutes >= 5 else 5.0
    start = time.monotonic()

    def part(kinds, share):
        """Whole cycles of these, until that share of the time is over."""
        while True:
            for kind in kinds:
                run.round(kind, seconds)
            if args.smoke or (time.monotonic() - start
                              >= share * args.minutes * 60):
                return len(run.rounds)

    first = part(steady, 0.4)
    part(faults.ROUGH, 1.0)
    return first


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--minutes', type=float, default=10)
    parser.add_argument('--smoke', action='store_true',
                        help='each fault once, for 3 seconds')
    parser.add_argument('--rate', type=float, default=40,
                        help='requests a second (default 40)')
    parser.add_argument('--clients', type=int, default=16)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--report', metavar='FILE',
                        help='JSON: every round, and what was wrong')
    return parser.parse_args()


def alone():
    """Mounts of this run must end with it: a mount name space of its own.
    Returns why that cannot be."""
    if os.environ.get('FACETREE_ENDURE_ALONE'):
        return None
    if os.geteuid() != 0:
        return 'a full disk and killed workers need root'
    command = ['unshare', '--mount', '--propagation', 'private']
    if subprocess.run([*command, 'true'], stderr=subprocess.DEVNULL,
                      check=False).returncode:
        return 'a full disk needs the right to mount'
    os.environ['FACETREE_ENDURE_ALONE'] = '1'
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def report(run, args, wrong, seconds):
    everything = [text for row in run.rounds for text in row['faults']]
    everything += wrong
    build = 'ASan and UBSan' if run.sanitized else 'normal'
    print('%s build: %d rounds in %.1f minutes, %d requests of %d kinds (%d '
          'of unknown end), %d reloads, statuses %s: %d faults' % (
              build, len(run.rounds), seconds / 60, run.totals['requests'],
              len(run.kinds), run.totals['unknown'], run.totals['reloads'],
              dict(sorted(run.statuses.items())), len(everything)))
    if args.report:
        os.makedirs(os.path.dirname(os.path.abspath(args.report)),
                    exist_ok=True)
        with open(args.report, 'w', encoding='utf-8') as stream:
            json.dump({'build': build, 'commit': harness.commit(),
                       'seconds': seconds,
                       'totals': run.totals, 'statuses': run.statuses,
                       'kinds': sorted(run.kinds), 'faults': everything,
                       'rounds': run.rounds}, stream, indent=1)
    return 1 if everything else 0


def main():
    args = parse_arguments()
    reason = alone()
    if reason:
        print('skipped: ' + reason)
        return 77
    start = time.monotonic()
    run = Run(args)
    steady = endure(run, args)
    wrong = [*run.memory(steady), *run.finish()]
    for text in wrong:
        print('    ' + text)
    return report(run, args, wrong, time.monotonic() - start)


if __name__ == '__main__':
    sys.exit(main())
