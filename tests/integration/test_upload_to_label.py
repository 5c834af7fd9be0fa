"""From training to the answer over HTTP: the same numbers all the way.

A model is trained by the program, the held-out pictures are posted in three
shapes, and labels and probabilities are compared as doubles with those of
"facetree predict" and, for the Olivetti faces, with scikit-learn's.
"""

import json
import os
import unittest

import harness
from harness import MULTIPART, multipart, part


CONF = '''
    facetree_model m %(model)s;

    server {
        listen 127.0.0.1:@PORT@;

        location = /predict {
            facetree m;
            facetree_top_k 40;
            facetree_max_images 1000;
            client_max_body_size 8m;
        }
    }
'''

HELD_OUT = 120


def probabilities(prediction):
    """Of all classes, by class."""
    found = {entry['class']: entry['probability']
             for entry in prediction['top']}
    return [found[number] for number in range(len(found))]


def olivetti_faces():
    """The pictures as 64 x 64 gray levels, row by row."""
    try:
        import scipy.io
    except ImportError:
        raise unittest.SkipTest('scipy, which reads MAT files, is absent')
    faces = scipy.io.loadmat(harness.need_olivetti())['faces']
    # A column is a picture, stored column by column.
    return [faces[:, n].astype('uint8').reshape(64, 64).T.tobytes()
            for n in range(faces.shape[1])]


def split(labels):
    """Numbers of the held-out pictures, told by scikit-learn itself."""
    try:
        from sklearn.model_selection import train_test_split
    except ImportError:
        raise unittest.SkipTest('scikit-learn is absent')
    return train_test_split(list(range(len(labels))), test_size=0.3,
                            stratify=labels, random_state=42)[1]


class Flow:
    """What both data sets have in common."""

    faces = ()            # (name, gray levels) of each held-out picture
    answers = ()          # of "facetree predict", in the same order

    @classmethod
    def conf(cls):
        return CONF % {'model': cls.path}

    @classmethod
    def prepare(cls, path, faces):
        cls.path, cls.faces = path, faces
        folder = os.path.join(harness.scratch(), cls.__name__)
        os.mkdir(folder)
        files = []
        for name, gray in faces:
            files.append(os.path.join(folder, name + '.pgm'))
            with open(files[-1], 'wb') as stream:
                stream.write(harness.pgm(64, 64, gray))
        answer = json.loads(harness.trainer(
            'predict', '--json', '--model', path, '--top-k', 40,
            *files).stdout)
        cls.version = answer['model']['version']
        cls.answers = answer['predictions']

    def check(self, got, number):
        want = self.answers[number]
        for key in ('label', 'class', 'confidence', 'margin', 'decision',
                    'top'):
            self.assertEqual(got[key], want[key], (number, key))

    def post(self, body, number):
        answer = self.client.post('/predict', body)
        got, = self.assertFace(answer)
        self.assertEqual(answer.json()['model'],
                         {'name': 'm', 'version': self.version})
        self.check(got, number)
        return got

    def test_count(self):
        self.assertEqual(len(self.faces), HELD_OUT)
        self.assertEqual(len(self.answers), HELD_OUT)
        for answer in self.answers:
            self.assertEqual(len(answer['top']), 40)

    def test_png(self):
        for number, (name, gray) in enumerate(self.faces):
            got = self.post(harness.png(64, 64, gray, number % 10), number)
            self.assertEqual(got['image'], {'format': 'png', 'width': 64,
                                            'height': 64, 'orientation': 1})

    def test_pgm(self):
        for number, (name, gray) in enumerate(self.faces):
            got = self.post(harness.pgm(64, 64, gray), number)
            self.assertEqual(got['image']['format'], 'pnm')

    def test_multipart(self):
        """All in one form, PNG and PGM in turn."""
        parts = [part((harness.png, harness.pgm)[n % 2](64, 64, gray),
                      name, name='face-%d' % n)
                 for n, (name, gray) in enumerate(self.faces)]
        got = self.assertFace(self.client.post('/predict', multipart(*parts),
                                               MULTIPART), HELD_OUT)
        for number, prediction in enumerate(got):
            self.assertEqual(prediction['filename'], self.faces[number][0])
            self.check(prediction, number)


class Synthetic(Flow, harness.Case):

    @classmethod
    def setUpClass(cls):
        files = harness.synthetic_faces()
        labels = [os.path.basename(os.path.dirname(path)) for path in files]
        held_out = split(labels)
        cls.truth = [labels[number] for number in held_out]
        cls.prepare(harness.synthetic_model(), [
            ('%s-%d' % (labels[number], number),
             harness.pgm_pixels(harness.read(files[number]))[2])
            for number in held_out])
        super().setUpClass()

    def test_accuracy(self):
        """As many right over HTTP as training has measured."""
        told = json.loads(harness.trainer(
            'test', '--json', '--model', self.path,
            '--data', 'synthetic').stdout)
        self.assertEqual(told['count'], HELD_OUT)
        self.assertEqual(told['correct'],
                         sum(label == answer['label'] for label, answer
                             in zip(self.truth, self.answers)))


class Olivetti(Flow, harness.Case):

    @classmethod
    def setUpClass(cls):
        data = harness.need_olivetti()
        with open(harness.need_shared('golden/trees/s01-oliv-seed.json')) \
                as stream:
            cls.golden = json.load(stream)
        path = harness.model('--data', data, *harness.SEED_TREE)
        faces = olivetti_faces()
        cls.indices = cls.golden['split']['test']
        cls.prepare(path, [('face-%d' % n, faces[n]) for n in cls.indices])
        super().setUpClass()

    def test_scikit_learn(self):
        self.assertEqual(len(self.golden['predict']), HELD_OUT)
        right = 0
        for number, answer in enumerate(self.answers):
            self.assertEqual(answer['class'], self.golden['predict'][number])
            self.assertEqual(probabilities(answer),
                             self.golden['predict_proba'][number])
            right += answer['class'] == self.indices[number] // 10
        self.assertEqual(right, 52)
