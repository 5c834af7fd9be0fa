#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Measures how cost grows: with models, trees, workers, connections and the
size of pictures.  Writes build/bench/growth.json.

    make bench-growth [BENCH_ARGS=--quick]
"""

import argparse
import json
import os
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'integration')]

import bench                                                # noqa: E402
import harness                                              # noqa: E402
import load                                                 # noqa: E402
import models                                               # noqa: E402
import servers                                              # noqa: E402
import uploads                                              # noqa: E402

harness.CONF = harness.CONF.replace('worker_connections 512',
                                    'worker_connections 4096')

MODELS = (1, 10, 100)
TREES = (1, 10, 100, 500, 2000)
WORKERS = (1, 2)
CONNECTIONS = (1, 4, 16, 64, 256, 1000, 2000)
SIZES = ((64, 64), (256, 256), (640, 480), (1280, 960), (2560, 1920),
         (4000, 3000), (6000, 4000))
MAIN = 'worker_rlimit_nofile 8192;'


class Growth:

    def __init__(self, args):
        self.rounds, self.seconds = (1, 0.4) if args.quick else (5, 1.0)
        self.quick = args.quick
        self.name, self.data = models.dataset()
        faces = models.faces(self.data)
        self.face = uploads.make(faces[:16])['png64']
        self.trained = {}

    def model(self, kind, trees=1, seed=42):
        key = kind, trees, seed
        if key not in self.trained:
            path = os.path.join(harness.scratch(), 'g-%s-%d-%d.ftm' % key)
            options = models.SETTINGS[kind][:-1] + [str(seed)]
            if kind == 'forest':
                options += ['--n-estimators', str(trees)]
            harness.trainer('train', '--data', self.data, '--out', path,
                            '--strip', '--quiet', *options, *models.SPLIT)
            self.trained[key] = path
        return self.trained[key]

    def nginx(self, paths, workers=2):
        http = ''.join('facetree_model m%d %s;\n' % pair
                       for pair in enumerate(paths))
        return servers.Nginx('facetree', '''
            facetree_max_pixels 30000000;
            facetree_decode_timeout 60s;
            location / { facetree m%d; }
            location /fast { facetree m%d; facetree_decode fast; }
            ''' % (len(paths) - 1, len(paths) - 1), {}, http, MAIN, workers)

    def point(self, nginx, upload, path='/', clients=4):
        """One dot of a curve, of a server that it starts and stops."""
        started = servers.start_to_answer(nginx, path, upload)
        nginx.start()
        count = load.calibrate(nginx, path, upload, clients, self.seconds)
        results = [load.run(nginx, path, upload, count, clients)
                   for _ in range(self.rounds)]
        told = load.summary(results)
        told['memory'] = nginx.memory()
        told['start_ms'] = started * 1000
        nginx.stop()
        return told

    def by_models(self):
        for count in MODELS:
            paths = [self.model('tree', seed=n) for n in range(count)]
            yield count, self.point(self.nginx(paths), self.face)

    def by_trees(self):
        for count in TREES:
            path = self.model('forest', count)
            told = self.point(self.nginx([path]), self.face)
            told['file'] = os.path.getsize(path)
            yield count, told

    def by_workers(self):
        path = self.model('forest', 100)
        for count in WORKERS:
            yield count, self.point(self.nginx([path], count), self.face)

    def by_connections(self):
        path = self.model('tree')
        for count in CONNECTIONS:
            yield count, self.point(self.nginx([path]), self.face,
                                    clients=count)

    def by_size(self, way):
        path = self.model('tree')
        for size in SIZES[:3] if self.quick else SIZES:
            upload = uploads.Upload(
                'size%dx%d' % size, '', [uploads.jpeg(uploads.picture(size))],
                'jpg')
            told = self.point(self.nginx([path]), upload, way)
            told['bytes'] = len(upload.body)
            yield size[0] * size[1], told


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--quick', action='store_true')
    args = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    start = time.monotonic()
    found = {'machine': bench.machine(), 'commit': harness.commit(),
             'date': bench.datetime.date.today().isoformat(),
             'quick': args.quick, 'curves': {}}
    growth = Growth(args)
    for name, curve in (
            ('models', growth.by_models()), ('trees', growth.by_trees()),
            ('workers', growth.by_workers()),
            ('connections', growth.by_connections()),
            ('pixels', growth.by_size('/')),
            ('pixels, fast', growth.by_size('/fast'))):
        print('==> %s (%.0f s)' % (name, time.monotonic() - start))
        points = found['curves'][name] = []
        for x, told in curve:
            points.append({'x': x, **told})
            print('%9d  %8.0f/s  CPU %8.1f us  p50 %8.0f  p99 %8.0f us  '
                  '%6.1f MB  start %4.0f ms' % (
                      x, told['rate'], told['cpu_us'], told['p50_us'],
                      told['p99_us'], told['memory'] / 1e6,
                      told['start_ms']), flush=True)
    os.makedirs(bench.OUT, exist_ok=True)
    with open(os.path.join(bench.OUT, 'growth.json'), 'w',
              encoding='utf-8') as stream:
        json.dump(found, stream, indent=1)
        stream.write('\n')
    print('%.0f s' % (time.monotonic() - start))
    return 0


if __name__ == '__main__':
    sys.exit(main())
