"""The measurements, each a function that returns plain numbers."""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import harness
import load
import servers
from servers import HERE

sys.path.insert(0, HERE)

CLIENTS = 4               # requests at once: two for each worker


def model_paths(quick):
    """What is asked for what: (upload, model, facetree's way to decode)."""
    yield 'png64', 'tree', 'exact'
    yield 'jpeg64', 'tree', 'exact'
    yield 'jpeg1m', 'tree', 'exact'
    yield 'jpeg12m', 'tree', 'exact'
    yield 'jpeg12m', 'tree', 'fast'
    yield 'batch16', 'tree', 'exact'
    yield 'png64', 'forest', 'exact'
    if not quick:
        yield 'jpeg64', 'forest', 'exact'


def nginx_for(model):
    return servers.Nginx(
        'facetree', '''
            location = /exact { facetree m; }
            location = /fast  { facetree m; facetree_decode fast; }
        ''', {}, 'facetree_model m %s;' % model.path)


def floor():
    return servers.Nginx('floor', 'location / { floor; }', {},
                         main='load_module %s;' % servers.FLOOR)


def requests(models, uploads, rounds, seconds, quick, say):
    """Requests a second, CPU time and latency of everything, by turns."""
    running = {'floor': floor().start()}
    for kind, model in models.items():
        running['facetree', kind] = nginx_for(model).start()
        running['flask', kind] = servers.Flask('flask-' + kind,
                                               model.sklearn).start()
    rows = []
    for name, kind, way in model_paths(quick):
        upload = uploads[name]
        told = load.side_by_side([
            ('flask', running['flask', kind], '/predict', upload),
            ('facetree', running['facetree', kind], '/' + way, upload),
            ('floor', running['floor'], '/', upload)],
            rounds, CLIENTS, seconds)
        row = {'upload': upload.title, 'name': name, 'model': kind,
               'decode': way, 'bytes': len(upload.body), **told}
        row['ratio'] = told['flask']['cpu_us'] / told['facetree']['cpu_us']
        rows.append(row)
        say(row)
    labels = {kind: same_labels(running['flask', kind],
                                running['facetree', kind], uploads['held'])
              for kind in models}
    memory = {'%s %s' % key if isinstance(key, tuple) else key:
              server.memory() for key, server in running.items()}
    for server in running.values():
        server.stop()
    return rows, labels, memory


def same_labels(flask, facetree, held):
    """How many of the held-out faces both call the same, and by how much
    their probabilities differ at most."""
    same, difference = 0, 0.0
    for upload in held:
        a, = json.loads(servers.post(flask.url('/predict'),
                                     upload))['predictions']
        b, = json.loads(servers.post(facetree.url('/exact'),
                                     upload))['predictions']
        same += (a['label'], a['class']) == (b['label'], b['class'])
        difference = max(difference, abs(a['confidence'] - b['confidence']))
    return {'faces': len(held), 'same': same, 'difference': difference}


def start_times(model, upload, rounds):
    """From the start of the process to its first answer, in seconds."""
    flask = servers.Flask('start-flask', model.sklearn)
    nginx = nginx_for(model)
    times = {'flask': [], 'facetree': []}
    for _ in range(rounds):
        times['flask'].append(servers.start_to_answer(
            flask, '/predict', upload))
        for _ in range(3):
            times['facetree'].append(servers.start_to_answer(
                nginx, '/exact', upload))
    return {name: statistics.median(values)
            for name, values in times.items()}


def overtaking(model, uploads, seconds, rounds):
    """p99 of small uploads, alone and while two photos are always being
    decoded in threads; microseconds."""
    nginx = nginx_for(model).start()
    small, photo = uploads['png64'], uploads['jpeg12m']
    log = os.path.join(harness.scratch(), 'photos.log')
    count = load.calibrate(nginx, '/exact', small, CLIENTS, seconds)
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(load.run(nginx, '/exact', small, count,
                              CLIENTS).p99_us)
        photos = subprocess.Popen(
            [*load.command(nginx.url('/exact'), photo, 100000, 2),
             '--log-file=' + log], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            preexec_fn=harness.die_with_parent)
        time.sleep(0.3)
        beside.append(load.run(nginx, '/exact', small, count,
                               CLIENTS).p99_us)
        photos.terminate()
        photos.wait()
        time.sleep(0.2)
    nginx.stop()
    return {'alone_us': statistics.median(alone),
            'beside_us': statistics.median(beside)}


def reloads(paths, upload, count):
    """New models under load: requests that failed, and growth in KiB."""
    model = os.path.join(harness.scratch(), 'reload.ftm')

    def put(path):
        with open(model + '.new', 'wb') as stream:
            stream.write(harness.read(path))
        os.rename(model + '.new', model)

    put(paths[0])
    nginx = servers.Nginx('reload', 'location / { facetree m; }', {},
                          'facetree_model m %s;' % model).start()
    stop, failed, answered = threading.Event(), [], [0]

    def ask():
        while not stop.is_set():
            connection = http.client.HTTPConnection(
                '127.0.0.1', nginx.port, timeout=servers.PATIENCE)
            try:
                connection.request('POST', '/', upload.body,
                                   {'Content-Type': upload.type})
                status = connection.getresponse().status
                if status != 200:
                    failed.append(status)
                answered[0] += 1
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
            connection.close()
            time.sleep(0.01)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    sizes = []
    for number in range(count):
        put(paths[number % len(paths)])
        nginx.nginx.reload()
        if number % len(paths) == 0:
            sizes.append(servers.pss(nginx.pid))
    stop.set()
    for thread in threads:
        thread.join()
    nginx.stop()
    warm = len(sizes) // 4
    return {'reloads': count, 'requests': answered[0], 'failed': len(failed),
            'growth_kib': (sizes[-1] - sizes[warm]) // 1024}


def decoders(uploads, rounds):
    """CPU time of decoding alone, from memory to 64x64, in microseconds."""
    driver = os.path.join(harness.BUILD, 'bench-image')
    # pylint: disable-next=consider-using-with
    process = subprocess.Popen([driver], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)

    def ask(mode, count, path):
        process.stdin.write('%s %d %s\n' % (mode, count, path))
        process.stdin.flush()
        return float(process.stdout.readline().split()[0])

    told = {}
    for name, mode in (('png64', 'exact'), ('jpeg64', 'exact'),
                       ('jpeg1m', 'exact'), ('jpeg12m', 'exact'),
                       ('jpeg12m', 'fast')):
        path = uploads[name].file
        count = max(1, int(30000 / ask(mode, 2, path)))
        told['%s %s' % (name, mode)] = statistics.median(
            ask(mode, count, path) for _ in range(rounds))
    process.stdin.close()
    process.wait()
    return told


def one_prediction(model, data):
    """Of one picture with the forest, on one thread, in microseconds."""
    ours = json.loads(harness.trainer('bench', '--model', model.path, '--data',
                                      data, '--json').stdout)
    code = ('import joblib, numpy, statistics, sys, time\n'
            'model = joblib.load(sys.argv[1])["model"]\n'
            'row = numpy.full((1, 4096), 99, numpy.uint8)\n'
            'times = []\n'
            'for _ in range(25):\n'
            '    start = time.process_time()\n'
            '    model.predict_proba(row)\n'
            '    times.append(time.process_time() - start)\n'
            'print(statistics.median(times[5:]) * 1e6)\n')
    done = subprocess.run(['/usr/bin/python3', '-c', code, model.sklearn],
                          stdout=subprocess.PIPE, check=True)
    return {'facetree_us': ours['single']['ns_per_image'] / 1000,
            'sklearn_us': float(done.stdout)}


def training(data, quick):
    """Seconds of fit(), by bench_train.py, on the faces of this run."""
    import bench_train
    wanted = ('seed tree',) if quick else ('seed tree', 'RandomForest 500')
    told = {}
    with tempfile.TemporaryDirectory(prefix='facetree-bench-') as folder:
        for job in bench_train.jobs(folder, quick, data):
            if job['name'] not in wanted:
                continue
            told[job['name']] = found = bench_train.measure(job, 3, folder)
            # A process starts with the memory of this one; bench_train.py
            # alone is small, and tells it rightly.
            del found['memory_ratio']
            for side in ('facetree', 'scikit-learn'):
                del found[side]['peak_bytes']
            if len(told) == len(wanted):
                break
    return told


def accuracy(data, splits, augmented):
    """Mean and sd of the accuracy over stratified 70/30 splits, percent."""
    import bench_accuracy
    forest = ['--estimator', 'extra-trees', '--n-estimators', '500']
    told = {}
    for name, count, options in (('tree', splits, []),
                                 ('extra-trees 500', splits, forest),
                                 ('augmented', augmented,
                                  [*forest, *bench_accuracy.CLOSE])):
        if count:
            found = json.loads(harness.trainer(
                'cv', '--data', data, '--repeats', str(count), '--json',
                '--quiet', *options, timeout=7200).stdout)
            values = [fold['accuracy'] * 100 for fold in found['folds']]
            told[name] = {'mean': statistics.mean(values),
                          'sd': statistics.stdev(values),
                          'splits': len(values)}
    return told


def parity(quick):
    """The last lines of the programs that compare with the originals."""
    told = {}
    for name, options in (
            ('compare_sklearn', ['--problems', '40' if quick else '200',
                                 '--faces', '0' if quick else '2']),
            ('compare_pillow', ['--rounds', '2' if quick else '6'])):
        path = os.path.join(harness.ROOT, 'tests', 'integration',
                            name + '.py')
        done = subprocess.run(
            ['/usr/bin/python3', path, *options], cwd=harness.ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        last = (done.stdout.strip().splitlines() or [''])[-1]
        match = re.search(r'(\d+) passed, (\d+) failed', last)
        told[name] = {'code': done.returncode, 'line': last,
                      'passed': int(match.group(1)) if match else 0,
                      'failed': int(match.group(2)) if match else 0}
    return told
