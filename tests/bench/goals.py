"""The goals of the project beside what was measured, and the baseline.

A goal is a ratio ("20x less") or a limit ("under 20 MB").  What counts for
the baseline is the score: how far the measured value is on the good side of
its goal, 1 being just met.  Scores are ratios, so that another machine can
be held against them.
"""

import json
import os

BASELINE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        'baseline.json')
SLACK = 0.8               # a fifth


class Goal:
    """One row: its key, what it is, the goal, the value in words."""

    def __init__(self, key, what, goal, measured, score, ratio=False):
        self.key, self.what, self.goal = key, what, goal
        self.measured = measured
        self.score = score            # 1 or more: met; None: not measured
        self.ratio = ratio            # compared with the baseline itself

    @property
    def met(self):
        return None if self.score is None else self.score >= 1

    def row(self):
        return {'key': self.key, 'what': self.what, 'goal': self.goal,
                'measured': self.measured, 'met': self.met,
                'score': self.score, 'ratio': self.ratio}


def times(key, what, goal, ratio, unit='less'):
    return Goal(key, what, '%gx %s' % (goal, unit),
                '%s %s' % (number(ratio), unit), ratio / goal, ratio=True)


def under(key, what, limit, value, unit):
    return Goal(key, what, 'under %g %s' % (limit, unit),
                '%s %s' % (number(value, ''), unit),
                limit / max(value, 1e-9))


def number(value, end='x'):
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return '%.*f%s' % (digits, value, end)


def all_or_nothing(key, what, goal, measured, met):
    return Goal(key, what, goal, measured, 1.0 if met else 0.0)


def goals(found):
    """The rows that "found", the document of bench.py, has numbers for."""
    rows = {(row['name'], row['model'], row['decode']): row
            for row in found['requests']}
    for name, what, against in (
            ('compare_sklearn', 'trees, forests, splits', 'scikit-learn'),
            ('compare_pillow', '64x64 pixels, exact', 'Pillow')):
        told = found.get('parity', {}).get(name)
        if told and told['code'] != 77:
            yield all_or_nothing(
                name, what, 'as %s, bit for bit' % against, '%d of %d' % (
                    told['passed'], told['passed'] + told['failed']),
                told['code'] == 0)
    told = found['labels']
    yield all_or_nothing(
        'labels', 'labels of held-out faces, both servers', 'the same',
        ', '.join('%s %d of %d' % (kind, t['same'], t['faces'])
                  for kind, t in told.items()),
        all(t['same'] == t['faces'] for t in told.values()))
    yield from accuracies(found)
    yield from trainings(found)
    if 'prediction' in found:
        yield under('predict', 'one prediction, forest of 500, one thread',
                    20, found['prediction']['facetree_us'], 'us')
    for key, what, goal in (
            (('png64', 'tree', 'exact'),
             'CPU per request, 64x64 PNG, one tree', 15),
            (('jpeg64', 'tree', 'exact'),
             'CPU per request, 64x64 JPEG, one tree', 20),
            (('png64', 'forest', 'exact'),
             'CPU per request, forest of 500', 250),
            (('jpeg12m', 'tree', 'exact'), 'CPU per 12-megapixel JPEG, exact',
             3),
            (('jpeg12m', 'tree', 'fast'), 'CPU per 12-megapixel JPEG, fast',
             7)):
        if key in rows:
            yield times('cpu ' + ' '.join(key), what, goal,
                        rows[key]['ratio'])
    yield from overheads(found, rows)
    yield from services(found)


def accuracies(found):
    """scikit-learn's means, of 30 splits of its own; on the same splits it is
    right as often (bench_accuracy.py)."""
    told = found.get('accuracy', {})
    for name, mean, tolerance in (('tree', 59, 1.0),
                                  ('extra-trees 500', 95.4, 0.3)):
        if (name in told and found['dataset'] == 'Olivetti'
                and told[name]['splits'] == 30):
            got = told[name]
            yield all_or_nothing(
                'accuracy ' + name, 'accuracy, %s, mean of %d splits' % (
                    name, got['splits']), '%g %%, scikit-learn\'s' % mean,
                '%.1f %% (sd %.1f)' % (got['mean'], got['sd']),
                got['mean'] >= mean - tolerance)
    if 'augmented' in told and found['dataset'] == 'Olivetti':
        got = told['augmented']
        yield all_or_nothing(
            'accuracy augmented',
            'accuracy, extra-trees 500, close copies, mean of %d splits'
            % got['splits'], 'at least 97.5 %',
            '%.1f %% (sd %.1f)' % (got['mean'], got['sd']),
            got['mean'] >= 97.5)


def trainings(found):
    """The goals are for the Olivetti faces.  Drawn ones make other trees, of
    which scikit-learn is not as slow; the number alone is shown then."""
    for name, goal in (('seed tree', 50), ('RandomForest 500', 20)):
        told = found.get('training', {}).get(name)
        if not told:
            continue
        if found['dataset'] == 'Olivetti':
            yield times('train ' + name, 'train: ' + name, goal,
                        told['time_ratio'], 'faster')
        else:
            yield Goal('train ' + name, 'train: ' + name + ', drawn faces',
                       'none', number(told['time_ratio']) + ' faster', None)


def overheads(found, rows):
    """CPU time beside that of the floor and of decoding alone, together."""
    for (name, mode), key in (
            (('png64', 'exact'), ('png64', 'tree', 'exact')),
            (('jpeg64', 'exact'), ('jpeg64', 'tree', 'exact')),
            (('jpeg1m', 'exact'), ('jpeg1m', 'tree', 'exact')),
            (('jpeg12m', 'exact'), ('jpeg12m', 'tree', 'exact')),
            (('jpeg12m', 'fast'), ('jpeg12m', 'tree', 'fast'))):
        decoder = found.get('decoders', {}).get('%s %s' % (name, mode))
        if decoder and key in rows:
            row = rows[key]
            least = row['floor']['cpu_us'] + decoder
            over = row['facetree']['cpu_us'] / least
            yield Goal('over floor %s %s' % (name, mode),
                       'CPU over floor + decoder, %s, %s' % (row['upload'],
                                                             mode),
                       'within 1.3x', number(over), 1.3 / over)


def services(found):
    if 'overtaking' in found:
        told = found['overtaking']
        more = max(0.0, told['beside_us'] - told['alone_us']) / 1000
        yield Goal('p99', 'p99 of small uploads while photos decode',
                   'within 5 ms', '%.1f ms more' % more,
                   5 / max(more, 1e-9))
    yield under('memory', 'memory of two workers, forest of 500', 20,
                found['memory']['facetree forest'] / 1e6, 'MB')
    if 'start' in found:
        yield under('start', 'ready to answer after start', 100,
                    found['start']['facetree'] * 1000, 'ms')
    if 'reloads' in found:
        told = found['reloads']
        yield all_or_nothing(
            'reloads', '%d reloads with a new model under load'
            % told['reloads'], 'no failed request, no growth',
            '%d of %d failed, %+d KiB' % (told['failed'], told['requests'],
                                          told['growth_kib']),
            told['failed'] == 0 and told['growth_kib'] < 512)
    for build, told in found.get('endure', {}).items():
        yield all_or_nothing(
            'endure ' + build, 'endurance, %s build, %.0f minutes' % (
                build, told['seconds'] / 60),
            'no crash, leak or wrong status', '%d requests, %d faults' % (
                told['requests'], told['faults']), told['faults'] == 0)


def baseline():
    try:
        with open(BASELINE, encoding='utf-8') as stream:
            return json.load(stream)['scores']
    except FileNotFoundError:
        return {}


def write_baseline(rows, machine, commit):
    with open(BASELINE, 'w', encoding='utf-8') as stream:
        json.dump({'about': 'scores of a run of "make bench": 1 is a goal '
                            'just met; written by bench.py --set-baseline',
                   'machine': machine, 'commit': commit,
                   'scores': {row.key: round(row.score, 3) for row in rows
                              if row.score is not None}}, stream, indent=1)
        stream.write('\n')


def regressions(rows):
    """Goals that were met in the baseline, and are no more by a fifth.  A
    ratio is held against the baseline itself: losing a fifth of a lead is a
    loss, too; a limit is held against the goal."""
    before = baseline()
    for row in rows:
        old = before.get(row.key)
        if old is None or old < 1 or row.score is None:
            continue
        least = old * SLACK if row.ratio else SLACK
        if row.score < least:
            yield row, old
