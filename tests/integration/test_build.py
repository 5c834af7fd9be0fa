"""What every build of the module has to do, whatever nginx and compiler.

The group "builds" runs it with gcc and clang, and several versions of nginx.
"""

import json
import os
import re
import subprocess

import harness
from harness import face


CONF = '''
    facetree_model m %s;

    server {
        listen 127.0.0.1:@PORT@;

        location = /predict {
            facetree m;
            facetree_top_k 40;
        }
    }
'''

# Instructions that round once where the source rounds twice.
FUSED = re.compile(r'\t(vfn?m(add|sub)|fn?madd|fn?msub|fmla|fmls)')
FLAG = '-ffp-contract=off'


def linked():
    """What holds the code of the module: it, or nginx."""
    return harness.MODULE or harness.NGINX


def makefile():
    """The one that the module was built with; nginx keeps it with objects."""
    for folder in (os.path.dirname(linked()),
                   os.path.join(harness.BUILD, 'nginx', 'objs')):
        path = os.path.join(folder, 'Makefile')
        if os.path.exists(path):
            return path
    raise harness.unittest.SkipTest('the makefile of nginx is absent')


class Build(harness.Case):

    @classmethod
    def conf(cls):
        cls.path = harness.model('--data', 'synthetic', '--n-estimators', '20',
                                 '--estimator', 'random-forest')
        return CONF % cls.path

    def pictures(self):
        """A face, and sizes whose pixels are weighted with doubles."""
        yield face()
        for width, height in ((65, 64), (64, 90), (97, 113), (131, 89),
                              (200, 333), (479, 361)):
            yield harness.pgm(width, height, bytes(
                (x * 7 + y * 3 + x * y // 50) % 256
                for y in range(height) for x in range(width)))

    def test_answers(self):
        """As doubles, those of the program."""
        path = os.path.join(harness.scratch(), 'build.pgm')
        for number, picture in enumerate(self.pictures()):
            with open(path, 'wb') as stream:
                stream.write(picture)
            want, = json.loads(harness.trainer(
                'predict', '--json', '--model', self.path, '--top-k', 40,
                path).stdout)['predictions']
            got, = self.assertFace(self.client.post('/predict', picture))
            for key in ('label', 'confidence', 'margin', 'top'):
                self.assertEqual(got[key], want[key], (number, key))

    def test_no_multiply_is_fused(self):
        code = subprocess.run(['objdump', '-d', '--no-show-raw-insn',
                               linked()],
                              stdout=subprocess.PIPE, check=True).stdout
        function, faults = '', set()
        for line in code.decode().splitlines():
            if line.endswith('>:'):
                function = line.split('<')[1][:-2]
            elif 'facetree' in function and FUSED.search(line):
                faults.add(function)
        self.assertEqual(faults, set())

    def test_flags_are_of_the_module(self):
        """Its objects are compiled with them, all others without."""
        text = harness.read(makefile()).decode()
        common, = re.findall('^CFLAGS = .*$', text, re.M)
        self.assertNotIn(FLAG, common)
        self.assertNotIn('FACETREE', common)
        ours = re.findall('^(.*): override CFLAGS \\+= .*' + FLAG, text, re.M)
        self.assertEqual(len(ours), 1)
        objects = set(re.findall(r'^(\S*facetree_\S+\.o):[\t ]*\$\(ADDON_DEPS',
                                 text, re.M))
        self.assertGreater(len(objects), 50)
        self.assertEqual(set(ours[0].split()), objects)
