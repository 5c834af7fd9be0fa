"""Load from h2load: so many requests, so many at once, every status and time
told."""

import os
import re
import statistics
import subprocess
import time

import harness


class Result:
    """What one run of a fixed number of requests has come to."""

    def __init__(self, seconds, times, cpu):
        self.requests = len(times)
        self.rate = len(times) / seconds
        self.cpu_us = cpu * 1e6 / len(times)
        times = sorted(times)
        self.p50_us = times[len(times) // 2]
        self.p99_us = times[min(len(times) - 1, int(len(times) * 0.99))]


def command(url, upload, count, clients):
    return ['h2load', '--h1', '-t', '1', '-n', str(count),
            '-c', str(min(clients, count)), '-d', upload.path,
            '-H', 'Content-Type: ' + upload.type, url]


def read_log(path):
    """Microseconds of each request; anything but 200 is an error."""
    times = []
    with open(path, encoding='ascii') as lines:
        for line in lines:
            _, status, time_us = line.split('\t')[:3]
            if status != '200':
                raise AssertionError('a request ended with ' + status)
            times.append(int(time_us))
    os.unlink(path)
    return times


def run(server, path, upload, count, clients):
    """Sends all of it, and measures the server meanwhile."""
    log = os.path.join(harness.scratch(), 'h2load-%d.log' % os.getpid())
    before, start = server.cpu(), time.monotonic()
    done = subprocess.run(
        [*command(server.url(path), upload, count, clients),
         '--log-file=' + log], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    cpu, seconds = server.cpu() - before, time.monotonic() - start
    match = re.search(r'finished in ([\d.]+)(us|ms|s)', done.stdout)
    if done.returncode or not match:
        raise AssertionError('h2load: ' + done.stdout)
    seconds = float(match.group(1)) * {'us': 1e-6, 'ms': 1e-3,
                                       's': 1}[match.group(2)]
    times = read_log(log)
    if len(times) != count:
        raise AssertionError('%s: %d answers to %d requests:\n%s' % (
            server.name, len(times), count, done.stdout))
    return Result(seconds, times, cpu)


def calibrate(server, path, upload, clients, seconds):
    """How many requests take about that long; also warms it up."""
    count = 2 * clients
    while True:
        start = time.monotonic()
        run(server, path, upload, count, clients)
        took = time.monotonic() - start
        if took > seconds / 5 or count > 100000:
            return max(2 * clients, int(count * seconds / took))
        count *= 4


def summary(results):
    """Medians, and how far the middle half of the rounds is apart."""
    told = {'requests': sum(r.requests for r in results)}
    for name in ('rate', 'cpu_us', 'p50_us', 'p99_us'):
        values = sorted(getattr(r, name) for r in results)
        told[name] = statistics.median(values)
        told[name + '_spread'] = spread(values)
    return told


def spread(values):
    """Largest minus smallest without the outer quarters, as a share of the
    median."""
    values = sorted(values)
    cut = len(values) // 4
    middle = statistics.median(values)
    inner = values[cut:len(values) - cut]
    return (inner[-1] - inner[0]) / middle if middle else 0.0


def side_by_side(jobs, rounds, clients, seconds):
    """Each job is (key, server, path, upload); in every round each of them
    has its turn, so that drift hits all.  Summaries by key."""
    counts = {key: calibrate(server, path, upload, clients, seconds)
              for key, server, path, upload in jobs}
    results = {key: [] for key, *_ in jobs}
    for number in range(rounds):
        for key, server, path, upload in \
                jobs if number % 2 == 0 else reversed(jobs):
            results[key].append(run(server, path, upload, counts[key],
                                    clients))
    return {key: summary(found) for key, found in results.items()}
