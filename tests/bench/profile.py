#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Where a request's work goes: instructions, allocations, copies, system
calls of one worker for one request, beside the floor.

    make bench-profile

callgrind counts instructions and calls, strace system calls, both while
h2load sends a fixed number of requests to an nginx without master and
daemon; counts do not depend on what else the machine does.  Needs valgrind
and strace.  Writes build/bench/profile.json.
"""

import json
import os
import re
import shutil
import subprocess
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

COUNT = 200
MAIN = 'master_process off;\nload_module %s;' % servers.FLOOR

# Inclusive instructions of these functions are told, by what they do.
PARTS = (('multipart', 'facetree_upload_feed'),
         ('decode', 'facetree_image_decode'),
         ('predict', 'facetree_predict'),
         ('answer', 'facetree_answer_json'))
ALLOCATIONS = ('malloc', 'calloc', 'realloc', 'posix_memalign')


class Profile:

    def __init__(self):
        _, data = models.dataset()
        self.uploads = uploads.make(models.faces(data)[:16])
        tree = models.Model('tree', data, sklearn=False)
        forest = models.Model('forest', data, sklearn=False)
        self.server = servers.Nginx('profile', '''
            location /tree { facetree t; }
            location /forest { facetree f; }
            location /floor { floor; }
            ''', {}, 'facetree_model t %s;\nfacetree_model f %s;\n' % (
                tree.path, forest.path), MAIN, workers=1)
        nginx = self.server.nginx
        nginx.port, nginx.h2port = harness.free_ports(2)
        nginx.write()
        self.server.port = nginx.port

    def spawn(self, prefix=()):
        return subprocess.Popen(
            [*prefix, *self.server.nginx.command()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=harness.die_with_parent)

    def send(self, path, upload, count):
        subprocess.run(load.command(self.server.url(path), upload, count, 1),
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       check=True)

    def wait(self, path, upload):
        harness.wait_for('nginx', lambda: servers.post(
            self.server.url(path), upload))

    def callgrind(self, path, upload):
        out = os.path.join(harness.scratch(), 'callgrind.out')
        process = self.spawn(['valgrind', '-q', '--tool=callgrind',
                              '--instr-atstart=no',
                              '--callgrind-out-file=' + out])
        self.wait(path, upload)
        for switch in ('on', None, 'off'):
            if switch is None:
                self.send(path, upload, COUNT)
            else:
                subprocess.run(['callgrind_control', '-i', switch,
                                str(process.pid)], check=True,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        process.terminate()
        process.wait()
        return counts(out)

    def strace(self, path, upload):
        out = os.path.join(harness.scratch(), 'strace.out')
        process = self.spawn()
        self.wait(path, upload)
        tracer = subprocess.Popen(
            ['strace', '-f', '-c', '-p', str(process.pid), '-o', out],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.send(path, upload, COUNT)
        tracer.terminate()
        tracer.wait()
        process.terminate()
        process.wait()
        calls = {}
        for line in harness.read(out).decode().splitlines():
            match = re.match(r'\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).* (\w+)$',
                             line)
            if match and match.group(2) != 'total':
                calls[match.group(2)] = round(int(match.group(1)) / COUNT, 2)
        return {name: n for name, n in calls.items() if n >= 0.05}


def counts(path):
    """For one request: instructions in all, by part, and calls."""
    with open(path, encoding='utf-8', errors='replace') as stream:
        lines = stream.read().splitlines()
    names, calls, inclusive, total = {}, {}, {}, 0
    called = None
    after_calls = False
    for line in lines:
        match = re.match(r'(c?)fn=(\((\d+)\))(?: (.*))?', line)
        if match:
            if match.group(4):
                names[match.group(3)] = match.group(4).split("'")[0]
            if match.group(1):
                called = match.group(3)
        elif line.startswith('calls='):
            name = names.get(called, called)
            calls[name] = calls.get(name, 0) + int(line[6:].split()[0])
            after_calls = True
        elif after_calls:
            after_calls = False
            name = names.get(called, called)
            inclusive[name] = inclusive.get(name, 0) + int(line.split()[-1])
        elif line.startswith(('totals:', 'summary:')):
            total = max(total, int(line.split()[1]))
    return {'instructions': round(total / COUNT),
            'parts': {part: round(inclusive.get(name, 0) / COUNT)
                      for part, name in PARTS},
            'allocations': round(sum(calls.get(name, 0)
                                     for name in ALLOCATIONS) / COUNT, 1),
            'copies': round(sum(n for name, n in calls.items()
                                if re.search('mem(cpy|move)_', name))
                            / COUNT, 1)}


def main():
    for program in ('valgrind', 'strace', 'h2load'):
        if not shutil.which(program):
            print('skipped: no ' + program)
            return 77
    profile = Profile()
    found = {'commit': harness.commit(), 'requests': {}}
    print('%-12s %9s %s %7s %7s  system calls' % (
        '', 'instr.', ' '.join('%9s' % part for part, _ in PARTS), 'allocs',
        'copies'))
    for title, path, name in (('floor', '/floor', 'png64'),
                              ('64x64 PNG', '/tree', 'png64'),
                              ('64x64 JPEG', '/tree', 'jpeg64'),
                              ('500 trees', '/forest', 'png64')):
        upload = profile.uploads[name]
        told = profile.callgrind(path, upload)
        told['syscalls'] = profile.strace(path, upload)
        found['requests'][title] = told
        print('%-12s %9d %s %7.1f %7.1f  %s' % (
            title, told['instructions'],
            ' '.join('%9d' % told['parts'][part] for part, _ in PARTS),
            told['allocations'], told['copies'],
            ', '.join('%s %g' % pair for pair in
                      sorted(told['syscalls'].items()))), flush=True)
    os.makedirs(bench.OUT, exist_ok=True)
    with open(os.path.join(bench.OUT, 'profile.json'), 'w',
              encoding='utf-8') as stream:
        json.dump(found, stream, indent=1)
        stream.write('\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
