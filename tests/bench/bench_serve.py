#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Measures the module in nginx: processor time, latency, memory.

    cost      CPU of the workers for a request with a 64x64 picture, beside the
              floor (a handler that only reads the body and answers a constant)
              plus the decoder and the tree alone.  Goal: within 1.3x.
    latency   p99 of small uploads while four clients post 12-megapixel JPEGs
              without pause, threads on and off.  Goal: within 5 ms of without.
    memory    proportional set size of 1, 2 and 4 workers with a forest of 500.
              Goal: it does not grow by a model for each worker.

CPU time is what the kernel has given to the workers, in rounds that take
turns; the medians are told.  Loopback only.

    make bench-serve          or: bench_serve.py [--rounds N] [cost|latency|...]

Exit codes: 0 measured, 77 Pillow or h2load is not there.
"""

import argparse
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'integration'))

import bench_image  # noqa: E402
import harness  # noqa: E402

FLOOR = os.path.join(harness.BUILD, 'ngx_http_floor_module.so')
DECODER = os.path.join(harness.BUILD, 'bench-image')
TREE = ('--data', 'synthetic', '--max-depth', '25', '--min-samples-leaf', '2',
        '--random-state', '42')
FOREST = ('--data', 'synthetic', '--estimator', 'random-forest',
          '--n-estimators', '500', '--random-state', '42', '--strip')
SMALL = 64, 64
LARGE = 4000, 3000

CONF = '''
    access_log off;
    client_max_body_size 32m;
    client_body_buffer_size 32k;
    keepalive_requests 1000000;
    facetree_model m %s;
    facetree_zone z:1m;

    server {
        listen 127.0.0.1:@PORT@;

        location = /facetree { facetree m; }
        location = /off      { facetree m; facetree_threads off; }
        location = /floor    { floor; }
    }
'''

MAIN = 'load_module %s;'


def encoded(size, **options):
    stream = io.BytesIO()
    bench_image.picture(size).save(stream, **options)
    return stream.getvalue()


def bodies():
    """Paths of the pictures, by name."""
    paths = {}
    for name, size, options in (
            ('png', SMALL, {'format': 'PNG'}),
            ('jpeg', SMALL, {'format': 'JPEG', 'quality': 88}),
            ('large', LARGE, {'format': 'JPEG', 'quality': 88})):
        paths[name] = os.path.join(harness.scratch(), 'bench.' + name)
        with open(paths[name], 'wb') as file:
            file.write(encoded(size, **options))
    return paths


def serve(model, workers):
    # The harness speaks of what went wrong at "info"; nothing should here.
    server = harness.Nginx(CONF % model, MAIN % FLOOR, workers)
    return server.start()


def cpu(pids):
    """Nanoseconds that the threads of the processes have run."""
    total = 0
    for pid in pids:
        for task in os.listdir('/proc/%d/task' % pid):
            total += int(harness.read('/proc/%d/task/%s/schedstat'
                                      % (pid, task)).split()[0])
    return total


def load(server, path, body, *options):
    """h2load until it ends; all requests must have been answered with 200."""
    done = subprocess.run(
        ['h2load', '--h1', '-d', body, '-H', 'content-type: image/any',
         *options, 'http://127.0.0.1:%d%s' % (server.port, path)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    text = done.stdout.decode()
    counts = re.search(r'(\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx', text)
    if not counts or any(int(n) for n in counts.groups()[1:]):
        raise SystemExit('not all was answered:\n' + text)
    return int(counts.group(1))


def cost(args, paths):
    """A pair of lines: 64x64 PNG and JPEG."""
    model = harness.model(*TREE)
    server = serve(model, 1)
    driver = bench_image.Driver(DECODER)
    answer = harness.trainer('bench', '--model', model, '--json', '--quiet',
                             '--rounds', '5')
    tree = one_by_one(json.loads(answer.stdout))
    count = args.requests
    print('CPU microseconds for a request, 64x64, one tree (%.1f us)' % tree)
    print('%-6s %8s %12s %8s %10s %6s' % ('', 'floor', 'decode+tree', 'sum',
                                          'facetree', 'ratio'))
    worst = 0
    for name in ('png', 'jpeg'):
        times = {'/floor': [], '/facetree': [], 'alone': []}
        load(server, '/facetree', paths[name], '-n', '500', '-c', '4')
        for _ in range(args.rounds):
            for path in ('/floor', '/facetree'):
                pids = server.worker_pids()
                before = cpu(pids)
                load(server, path, paths[name], '-n', str(count), '-c', '16')
                times[path].append((cpu(pids) - before) / count / 1000)
            times['alone'].append(driver.time('exact', paths[name], 500)
                                  + tree)
        floor, ours, alone = (statistics.median(times[key]) for key in
                              ('/floor', '/facetree', 'alone'))
        worst = max(worst, ours / (floor + alone))
        print('%-6s %8.1f %12.1f %8.1f %10.1f %6.2f' % (
            name, floor, alone, floor + alone, ours, ours / (floor + alone)))
    driver.close()
    server.stop()
    print('goal: 1.3 or less: %s' % ('reached' if worst <= 1.3 else 'missed'))


def one_by_one(report):
    """Microseconds for a picture."""
    return report['single']['ns_per_image'] / 1000


def percentiles(path):
    times = sorted(int(line.split('\t')[2]) / 1000
                   for line in harness.read(path).decode().splitlines())
    return [times[min(len(times) - 1, int(len(times) * p))]
            for p in (0.5, 0.99)] + [len(times)]


def beside(server, paths, small, large, seconds):
    """p50, p99 and number of small uploads, and large ones a second."""
    log = os.path.join(harness.scratch(), 'log')
    done = [0]
    worker = threading.Thread(target=lambda: done.append(
        load(server, large, paths['large'], '-c', '4', '-D',
             str(seconds + 1))))
    if large:
        worker.start()
    load(server, small, paths['png'], '-c', '4', '--rps', '25', '-D',
         str(seconds), '--log-file', log)
    if large:
        worker.join()
    p50, p99, count = percentiles(log)
    os.unlink(log)
    return p50, p99, count, sum(done) / (seconds + 1)


def latency(args, paths):
    """Medians of rounds that take turns."""
    server = serve(harness.model(*TREE), 2)
    print('milliseconds for a 64x64 PNG while four clients post 12-megapixel '
          'JPEGs')
    print('%-28s %8s %8s %8s %10s' % ('', 'p50', 'p99', 'small', 'large/s'))
    kinds = (('no large ones', '/facetree', None),
             ('threads', '/facetree', '/facetree'),
             ('threads off', '/off', '/off'))
    told = {title: [] for title, _, _ in kinds}
    for _ in range(args.rounds):
        for title, small, large in kinds:
            told[title].append(beside(server, paths, small, large,
                                      args.seconds))
    server.stop()
    p99 = {}
    for title, rounds in told.items():
        middle = [statistics.median(values) for values in zip(*rounds)]
        p99[title] = middle[1]
        print('%-28s %8.2f %8.2f %8d %10.1f' % (title, *middle))
    more = p99['threads'] - p99['no large ones']
    print('goal: threads within 5 ms of none: %s (%.2f ms)'
          % ('reached' if more <= 5 else 'missed', more))


def proportional(pid):
    text = harness.read('/proc/%d/smaps_rollup' % pid).decode()
    return int(re.search(r'^Pss:\s+(\d+)', text, re.M).group(1))


def occupied(model, workers, paths):
    """KiB of all processes and of the master, when all have answered."""
    server = serve(model, workers)
    for path in ('/facetree', '/off'):
        load(server, path, paths['jpeg'], '-n', '2000', '-c', '32')
    master = proportional(server.process.pid)
    each = [proportional(pid) for pid in server.worker_pids()]
    server.stop()
    return master + sum(each), master


def memory(_args, paths):
    """The forest beside a single tree: what is more is the model."""
    forest = harness.model(*FOREST)
    models = ('one tree', harness.model(*TREE)), ('forest of 500', forest)
    size = os.path.getsize(forest) / 1024
    print('KiB of memory (proportional set size); the forest\'s file has '
          '%.0f' % size)
    print('%-14s %8s %8s %8s' % ('', 'workers', 'all', 'master'))
    more = {}
    for title, model in models:
        totals = []
        for workers in (1, 2, 4):
            total, master = occupied(model, workers, paths)
            totals.append(total)
            print('%-14s %8d %8d %8d' % (title, workers, total, master))
        more[title] = (totals[2] - totals[0]) / 3
    growth = more['forest of 500'] - more['one tree']
    print('a further worker takes %.0f KiB with one tree, %.0f with the '
          'forest' % tuple(more.values()))
    print('goal: the model is there once for all: %s'
          % ('reached' if growth < size / 4 else 'missed'))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--requests', type=int, default=4000,
                        help='of one round')
    parser.add_argument('--seconds', type=int, default=5,
                        help='of one measurement of latency')
    parser.add_argument('what', nargs='*', default=['cost', 'latency',
                                                    'memory'])
    args = parser.parse_args()
    if not shutil.which('h2load'):
        print('skipped: h2load is not installed (nghttp2-client)')
        sys.exit(77)
    paths = bodies()
    for number, what in enumerate(args.what):
        if number:
            print()
        {'cost': cost, 'latency': latency, 'memory': memory}[what](args,
                                                                   paths)


if __name__ == '__main__':
    main()
