#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Puts the numbers of build/bench into the documentation.

    make bench-docs

Copies bench.json, growth.json and profile.json to docs/measured/, draws the charts beside
them, and rewrites what stands between "<!-- measured: NAME -->" and "<!--
end -->" in README.md, docs/benchmarks.md and docs/capacity.md.
"""

import json
import math
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import charts                                               # noqa: E402
from charts import microseconds, short                      # noqa: E402

BUILD = os.environ.get('FACETREE_BUILD') or os.path.join(ROOT, 'build')
MEASURED = os.path.join(ROOT, 'docs', 'measured')
PAGES = ('README.md', 'docs/benchmarks.md', 'docs/capacity.md')
SERVERS = ('flask', 'facetree', 'floor')
TITLES = ('Flask + Gunicorn', 'facetree', 'nginx reading the body')

# Of capacity.md: a replica has one processor, and is to be busy for this
# share of it, as the HorizontalPodAutoscaler's target.
BUSY = 0.6
LOADS = ((100, 0), (1000, 0), (10000, 0), (100, 5), (1000, 50))


def table(head, rows, right=()):
    lines = ['| ' + ' | '.join(head) + ' |',
             '|' + '|'.join('---:' if n in right else '---'
                            for n in range(len(head))) + '|']
    lines += ['| ' + ' | '.join(map(str, row)) + ' |' for row in rows]
    return '\n'.join(lines)


def mega(size):
    return '%.1f' % (size / 1e6)


def label(row):
    name = row['upload']
    if row['model'] == 'forest':
        name += ', 500 trees'
    if row['name'] == 'jpeg12m':
        name += ', ' + row['decode']
    return name


def origin(found):
    return '%s; %s; commit %s%s' % (
        found['machine'], found['date'], found['commit'],
        '; a quick run, rough' if found['quick'] else '')


def goals_table(found):
    return table(('what', 'goal', 'measured', 'met'), [
        (g['what'], g['goal'], g['measured'],
         {True: 'yes', False: '**no**', None: ''}[g['met']])
        for g in found['goals']]) + '\n\n' + origin(found)


def requests_table(found):
    rows = []
    for row in found['requests']:
        for name, title in zip(SERVERS, ('Flask', 'facetree', 'floor')):
            told = row[name]
            rows.append((
                label(row) if name == 'flask' else '', title,
                short(told['rate']), microseconds(told['cpu_us']),
                '%.0f %%' % (told['cpu_us_spread'] * 100),
                microseconds(told['p50_us']), microseconds(told['p99_us']),
                '%sx' % short(row['ratio']) if name == 'facetree' else ''))
    return table(('upload', 'server', 'requests/s', 'CPU per request',
                  'spread', 'p50', 'p99', 'less CPU'), rows,
                 (2, 3, 4, 5, 6, 7))


def memory_table(found):
    memory = found['memory']
    rows = [('memory, one tree', *(mega(memory[n + ' tree']) + ' MB'
                                   for n in ('flask', 'facetree'))),
            ('memory, 500 trees', *(mega(memory[n + ' forest']) + ' MB'
                                    for n in ('flask', 'facetree'))),
            ('start to first answer, 500 trees',
             '%.1f s' % found['start']['flask'],
             '%.0f ms' % (found['start']['facetree'] * 1000))]
    return table(('', 'Flask + Gunicorn', 'facetree'), rows, (1, 2))


def readme_table(found):
    rows = [(label(row), microseconds(row['flask']['cpu_us']),
             microseconds(row['facetree']['cpu_us']),
             '**%sx**' % short(row['ratio'])) for row in found['requests']]
    memory = found['memory']
    rows.append(('memory, two workers, 500 trees',
                 mega(memory['flask forest']) + ' MB',
                 mega(memory['facetree forest']) + ' MB',
                 '**%sx**' % short(memory['flask forest']
                                   / memory['facetree forest'])))
    return table(('CPU time of one request', 'Flask, Pillow, scikit-learn',
                  'facetree', 'less'), rows, (1, 2, 3)) \
        + '\n\n' + origin(found)


def bench_chart(found):
    rows = [(label(row), [row[name]['cpu_us'] for name in SERVERS])
            for row in found['requests']]
    return charts.bars('CPU time of one request', origin(found), rows, TITLES)


CURVES = (
    ('models', 'models loaded', 'memory', 'MB'),
    ('trees', 'trees of the forest', 'memory', 'MB'),
    ('workers', 'workers', 'memory', 'MB'),
    ('connections', 'connections at once', 'p99', 'ms'),
    ('pixels', 'pixels of a JPEG', 'CPU per request', 'us'),
)


def growth_chart(growth, name, xlabel, other, unit):
    curves = growth['curves']
    points = curves[name]
    lines = [('requests/s', [(p['x'], p['rate']) for p in points], '')]
    get = {'memory': lambda p: p['memory'] / 1e6,
           'p99': lambda p: p['p99_us'] / 1000,
           'CPU per request': lambda p: p['cpu_us']}[other]
    lines.append((other, [(p['x'], get(p)) for p in points], unit))
    if name == 'pixels':
        lines.append(('CPU, fast', [(p['x'], get(p)) for p in
                                    curves['pixels, fast']], unit))
    return charts.curve('Cost by ' + xlabel, origin(growth), xlabel, lines)


def growth_table(growth, name):
    rows = []
    for p in growth['curves'][name]:
        rows.append((short(p['x']), short(p['rate']),
                     microseconds(p['cpu_us']), microseconds(p['p50_us']),
                     microseconds(p['p99_us']), mega(p['memory']) + ' MB',
                     '%.0f ms' % p['start_ms']))
    return table((name, 'requests/s', 'CPU per request', 'p50', 'p99',
                  'memory', 'start'), rows, range(7))


def endure_table(found):
    rows = [(name, '%.0f' % (t['seconds'] / 60), t['rounds'], t['requests'],
             t['unknown'], t['faults'])
            for name, t in found.get('endure', {}).items()]
    return table(('build', 'minutes', 'rounds', 'requests', 'unknown',
                  'faults'), rows, range(1, 6)) \
        if rows else '(not run with commit %s: `make endure`)' \
        % found['commit']


def profile_table(profile):
    rows = []
    for title, t in profile['requests'].items():
        rows.append((title, short(t['instructions']),
                     *(short(n) for n in t['parts'].values()),
                     '%.0f' % t['allocations'], '%.0f' % t['copies'],
                     '%.1f' % sum(t['syscalls'].values())))
    first = next(iter(profile['requests'].values()))
    return table(('request', 'instructions', *first['parts'], 'allocations',
                  'copies', 'system calls'), rows,
                 range(1, 5 + len(first['parts']))) \
        + '\n\ncommit ' + profile['commit']


def capacity_table(found):
    """Replicas for a load, with the arithmetic."""
    cpu = {(r['name'], r['model'], r['decode']): r['facetree']['cpu_us']
           for r in found['requests']}
    small = cpu['png64', 'forest', 'exact']
    photo = cpu['jpeg12m', 'tree', 'exact']
    flask = {(r['name'], r['model'], r['decode']): r['flask']['cpu_us']
             for r in found['requests']}
    rows = []
    for faces, photos in LOADS:
        need = (faces * small + photos * photo) / 1e6
        theirs = (faces * flask['png64', 'forest', 'exact']
                  + photos * flask['jpeg12m', 'tree', 'exact']) / 1e6
        rows.append((
            faces, photos,
            '%d x %s + %d x %s = %.2f' % (
                faces, microseconds(small), photos, microseconds(photo),
                need),
            'ceil(%.2f / %g) + 1 = %d' % (need, BUSY, replicas(need)),
            max(3, replicas(need)), replicas(theirs)))
    return table(('faces/s', 'photos/s', 'processors needed', 'replicas',
                  'at least 3', 'Flask would need'), rows, (0, 1, 4, 5)) \
        + '\n\n' + origin(found)


def replicas(need):
    return math.ceil(need / BUSY) + 1


def sections(found, growth, profile):
    told = {'goals': goals_table(found), 'requests': requests_table(found),
            'memory': memory_table(found), 'readme': readme_table(found),
            'endure': endure_table(found),
            'capacity': capacity_table(found)}
    if profile:
        told['profile'] = profile_table(profile)
    if growth:
        for name in growth['curves']:
            told['growth ' + name] = growth_table(growth, name)
    return told


def rewrite(path, told):
    with open(path, encoding='utf-8') as stream:
        text = stream.read()

    def fill(match):
        name = match.group(1)
        if name not in told:
            return match.group(0)
        return '<!-- measured: %s -->\n\n%s\n\n<!-- end -->' % (name,
                                                                told[name])

    new = re.sub(r'<!-- measured: ([^>]+) -->.*?<!-- end -->', fill, text,
                 flags=re.S)
    if new != text:
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(new)
        print('wrote ' + os.path.relpath(path, ROOT))


def read(name):
    """The last run's document, or the one that is in the documentation."""
    new = os.path.join(BUILD, 'bench', name)
    kept = os.path.join(MEASURED, name)
    if os.path.exists(new):
        shutil.copyfile(new, kept)
    if not os.path.exists(kept):
        return None
    with open(kept, encoding='utf-8') as stream:
        return json.load(stream)


def draw(name, svg):
    with open(os.path.join(MEASURED, name), 'w', encoding='utf-8') as stream:
        stream.write(svg)


def main():
    os.makedirs(MEASURED, exist_ok=True)
    found, growth = read('bench.json'), read('growth.json')
    if not found:
        print('nothing is measured yet: make bench', file=sys.stderr)
        return 1
    draw('cpu.svg', bench_chart(found))
    if growth:
        for name, xlabel, other, unit in CURVES:
            draw('growth-%s.svg' % name,
                 growth_chart(growth, name, xlabel, other, unit))
    told = sections(found, growth, read('profile.json'))
    for page in PAGES:
        rewrite(os.path.join(ROOT, page), told)
    return 0


if __name__ == '__main__':
    sys.exit(main())
