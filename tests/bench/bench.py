#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Measures facetree beside the server it replaces, in one run.

    make bench [BENCH_ARGS=--quick]

Flask with Pillow and scikit-learn under Gunicorn, facetree in nginx with the
same models, and an nginx handler that only reads the body: each upload is
sent to all three in rounds that take turns.  CPU time is what the kernel has
counted for the servers' own processes.  Writes build/bench/bench.json, ends
with the table of goals, and with 1 if a goal that tests/bench/baseline.json
has as met is missed by more than a fifth (not with --quick, whose numbers
are too rough).  "make bench-docs" puts the numbers into the documentation.

Exit codes: 0 measured, 1 worse than the baseline, 77 something is missing.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'integration')]

try:
    import flask                                            # noqa: F401
    import PIL                                              # noqa: F401
    import sklearn                                          # noqa: F401
except ImportError as missing:
    print('skipped: %s' % missing)
    sys.exit(77)

import goals                                                # noqa: E402
import harness                                              # noqa: E402
import measure                                              # noqa: E402
import models                                               # noqa: E402
import uploads                                              # noqa: E402

OUT = os.path.join(harness.BUILD, 'bench')


def machine():
    with open('/proc/cpuinfo', encoding='utf-8') as lines:
        names = [line.split(':', 1)[1].strip() for line in lines
                 if line.startswith('model name')]
    return '%d x %s, %s, load %.1f at the start' % (
        os.cpu_count(), names[0] if names else platform.machine(),
        platform.system() + ' ' + platform.release().split('-')[0],
        os.getloadavg()[0])


def say_request(row):
    print('  %-18s %-6s %-5s %s  CPU %s x' % (
        row['upload'], row['model'], row['decode'], '  '.join(
            '%s %7.0f/s %8.0f us' % (name, row[name]['rate'],
                                     row[name]['cpu_us'])
            for name in ('flask', 'facetree', 'floor')),
        goals.number(row['ratio'], '')), flush=True)


class Bench:
    """One run: numbers come into "found", step by step."""

    def __init__(self, args):
        self.args = args
        self.started = time.monotonic()
        name, self.data = models.dataset()
        self.found = {
            'machine': machine(), 'commit': harness.commit(), 'quick': args.quick,
            'date': datetime.date.today().isoformat(), 'dataset': name,
            'clients': measure.CLIENTS}

    def step(self, text):
        print('==> %s (%.0f s)' % (text, time.monotonic() - self.started),
              flush=True)

    def prepare(self):
        self.step('the same models on both sides')
        self.models = {kind: models.Model(kind, self.data)
                       for kind in ('tree', 'forest')}
        test = self.models['tree'].test
        faces = models.faces(self.data)
        self.uploads = uploads.make([faces[n] for n in test])
        self.uploads['held'] = [
            uploads.Upload('held%d' % n, '', [uploads.png(faces[n])], 'png')
            for n in test]

    def run(self):
        quick, found = self.args.quick, self.found
        rounds, seconds = (2, 0.4) if quick else (7, 1.5)
        self.prepare()
        self.step('requests: Flask, facetree, the floor')
        found['requests'], found['labels'], found['memory'] = \
            measure.requests(self.models, self.uploads, rounds, seconds,
                             quick, say_request)
        self.step('start to first answer')
        found['start'] = measure.start_times(
            self.models['forest'], self.uploads['png64'], 1 if quick else 3)
        self.step('small uploads while photos decode')
        found['overtaking'] = measure.overtaking(
            self.models['tree'], self.uploads, 1 if quick else 3,
            2 if quick else 5)
        self.step('reloads under load')
        found['reloads'] = measure.reloads(
            [self.models['tree'].path, self.models['forest'].path],
            self.uploads['png64'], 10 if quick else 100)
        self.step('decoding alone, one prediction')
        found['decoders'] = measure.decoders(self.uploads, 5 if quick else 15)
        found['prediction'] = measure.one_prediction(self.models['forest'],
                                                     self.data)
        self.step('training')
        found['training'] = measure.training(self.data, quick)
        self.step('accuracy over splits')
        found['accuracy'] = measure.accuracy(
            self.data, 5 if quick else 30,
            0 if quick else self.args.augmented_splits)
        self.step('equal to scikit-learn and Pillow')
        found['parity'] = measure.parity(quick)
        found['endure'] = endured(found['commit'])
        found['seconds'] = round(time.monotonic() - self.started)


def endured(commit):
    """What the last "make endure" of each build has come to, if that was of
    this commit; a tree with changes is of none."""
    told = {}
    for name in ('normal', 'sanitized'):
        path = os.path.join(harness.BUILD, 'endure', name + '.json')
        try:
            with open(path, encoding='utf-8') as stream:
                run = json.load(stream)
        except FileNotFoundError:
            continue
        if run.get('commit') != commit or commit.endswith('-dirty'):
            continue
        told[name] = {'seconds': round(run['seconds']),
                      'requests': run['totals']['requests'],
                      'unknown': run['totals']['unknown'],
                      'reloads': run['totals']['reloads'],
                      'rounds': len(run['rounds']),
                      'faults': len(run['faults'])}
    return told


def show(rows):
    width = max(len(row.what) for row in rows)
    for row in rows:
        print('%-*s  %-32s  %-30s  %s' % (
            width, row.what, row.goal, row.measured,
            {True: 'met', False: 'NOT met', None: '-'}[row.met]))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--quick', action='store_true',
                        help='two minutes, rough numbers')
    parser.add_argument('--augmented-splits', type=int, default=30,
                        metavar='N', help='splits for extra-trees with '
                        'copies (default 30, a minute)')
    parser.add_argument('--set-baseline', action='store_true',
                        help='make this run the one to be held against')
    return parser.parse_args()


def main():
    args = parse_arguments()
    if not shutil.which('h2load') or not os.path.exists('/usr/bin/gunicorn'):
        print('skipped: install nghttp2-client and gunicorn')
        return 77
    bench = Bench(args)
    bench.run()
    found = bench.found
    rows = list(goals.goals(found))
    found['goals'] = [row.row() for row in rows]
    os.makedirs(OUT, exist_ok=True)
    path = os.path.join(OUT, 'bench.json')
    with open(path, 'w', encoding='utf-8') as stream:
        json.dump(found, stream, indent=1)
        stream.write('\n')
    bench.step('goals')
    show(rows)
    print('%s, %s, commit %s: %s' % (found['machine'], found['date'],
                                     found['commit'], harness.shown(path)))
    if args.set_baseline:
        goals.write_baseline(rows, found['machine'], found['commit'])
    worse = [] if args.quick else list(goals.regressions(rows))
    for row, old in worse:
        print('WORSE than the baseline: %s: score %.2f, was %.2f' % (
            row.what, row.score, old))
    return 1 if worse else 0


if __name__ == '__main__':
    sys.exit(main())
