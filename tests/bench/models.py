"""The same models on both sides, and the pictures that neither has seen."""

import json
import os
import subprocess
import sys

import harness
from servers import HERE

sys.path.insert(0, os.path.join(HERE, 'flask'))

SETTINGS = {
    'tree': ['--estimator', 'decision-tree', '--max-depth', '25',
             '--min-samples-leaf', '2', '--random-state', '42'],
    'forest': ['--estimator', 'random-forest', '--random-state', '42'],
}
SPLIT = ['--test-size', '0.3', '--split-seed', '42']


def dataset():
    """The Olivetti faces, or the drawn ones; which, and where."""
    if os.path.exists(harness.OLIVETTI):
        return 'Olivetti', harness.OLIVETTI
    folder = os.path.join(harness.scratch(), 'faces')
    if not os.path.exists(folder):
        harness.trainer('synth', folder, '--quiet')
    return 'synthetic', folder


class Model:
    """A tree, or a forest, of facetree and of scikit-learn."""

    def __init__(self, kind, data, trees=500, sklearn=True):
        name = os.path.join(harness.scratch(), '%s-%d' % (kind, trees))
        self.path = name + '.ftm'
        options = SETTINGS[kind] + SPLIT
        if kind == 'forest':
            options += ['--n-estimators', str(trees)]
        harness.trainer('train', '--data', data, '--out', self.path,
                        '--strip', '--quiet', *options)
        if sklearn:
            self.sklearn = name + '.pth'
            done = subprocess.run(
                ['/usr/bin/python3', os.path.join(HERE, 'flask', 'train.py'),
                 data, kind, self.sklearn, str(trees)],
                stdout=subprocess.PIPE, check=True)
            told = json.loads(done.stdout)
            self.test, self.accuracy = told['test'], told['accuracy']


def faces(data):
    """All pictures, as Pillow's."""
    from PIL import Image
    from faces import load
    pixels, _, _ = load(data)
    return [Image.fromarray(row.reshape(64, 64)) for row in pixels]
