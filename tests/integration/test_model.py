"""Configurations that nginx has to refuse, and model files above all."""

import concurrent.futures
import os
import re

import harness


class ConfCase(harness.unittest.TestCase):
    """Runs nginx -t; nothing is served."""

    def conf(self, http='', location='', server=''):
        return harness.Nginx('''
            %s
            server {
                listen 127.0.0.1:8080;
                %s
                location = /predict {
                    %s
                }
            }
        ''' % (http, server, location))

    def refused(self, server, *words):
        """One [emerg] line, with the words; returns it."""
        code, output = server.test()
        self.assertEqual(code, 1, output)
        lines = [line for line in output.splitlines() if '[emerg]' in line]
        self.assertEqual(len(lines), 1, output)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertNotIn('[alert]', output)
        return lines[0]

    def accepted(self, server):
        """What nginx says about it."""
        code, output = server.test()
        self.assertEqual(code, 0, output)
        return output


class Directives(ConfCase):

    def model(self, name='m'):
        return 'facetree_model %s %s;' % (name, harness.small_model())

    def test_accepted(self):
        self.accepted(self.conf(self.model(), 'facetree m;'))
        self.accepted(self.conf('', 'return 204;'))

    def test_model_may_stand_below(self):
        """Names are looked up when all of the block has been read."""
        server = self.conf('', 'facetree m;')
        server.conf += self.model()
        self.accepted(server)

    def test_relative_path(self):
        """Relative to the configuration file, as ssl_certificate is."""
        server = self.conf('facetree_model m m.ftm;', 'facetree m;')
        self.refused(server, server.path('m.ftm'))
        os.symlink(harness.small_model(), server.path('m.ftm'))
        self.accepted(server)

    def test_same_file_twice(self):
        self.accepted(self.conf(self.model('a') + self.model('b'),
                                'facetree b;'))

    def test_duplicate_name(self):
        self.refused(self.conf(self.model() + '\n' + self.model()),
                     'model "m" is defined twice', 'nginx.conf:')

    def test_unknown_model(self):
        self.refused(self.conf(self.model(), 'facetree other;'),
                     'no model "other"')

    def test_duplicate_location(self):
        self.refused(self.conf(self.model(), 'facetree m; facetree m;'),
                     '"facetree" directive is duplicate', 'nginx.conf:')

    def test_one_content_handler(self):
        """Whatever else answers requests, in whatever order."""
        ours = ('facetree m;', 'facetree_inference;', 'facetree_metrics;',
                'facetree_status;')
        others = ('proxy_pass http://127.0.0.1:9;', 'stub_status;',
                  'empty_gif;')
        for first in ours:
            for second in ours:
                with self.subTest(first + second):
                    name = second.split(';')[0].split()[0]
                    self.refused(self.conf(self.model(), first + second),
                                 '"%s" directive is duplicate' % name,
                                 'nginx.conf:')
            for other in others:
                for both in (first + other, other + first):
                    with self.subTest(both):
                        self.refused(self.conf(self.model(), both),
                                     'another content handler')

    def test_default_pool_with_numbers(self):
        """Where one location gives the pool "default" numbers, those that
        say nothing of threads have it, too."""
        harness.need_threads()
        said = ('location = /b { facetree m;'
                ' facetree_threads default max=2 queue=3; }')
        silent = 'location = /a { facetree m; }'
        block = ('location /c { facetree_threads default max=2 queue=3;'
                 ' location = /c/d { facetree m; } }')
        for parts in ((said, silent), (silent, said), (said, silent, block),
                      (silent, 'location /v2 { facetree_inference; }', said),
                      (block, silent)):
            with self.subTest(parts):
                self.accepted(self.conf(self.model(), 'facetree m;',
                                        ' '.join(parts)))
        self.refused(self.conf(
            self.model(), 'facetree m;', said + silent
            + said.replace('/b', '/e').replace('max=2', 'max=1')),
            'thread pool "default" has max=2 queue=3', 'nginx.conf:')

    def test_empty_name(self):
        self.refused(self.conf(self.model('""')), '"facetree_model"')

    def test_long_name(self):
        """Counters are found by the whole name."""
        self.accepted(self.conf(self.model('n' * 255)))
        self.refused(self.conf(self.model('n' * 256)), '256 bytes',
                     'nginx.conf:')

    def test_wrong_place(self):
        self.refused(self.conf(self.model(), server='facetree m;'),
                     '"facetree" directive is not allowed here')
        self.refused(self.conf(location=self.model()),
                     '"facetree_model" directive is not allowed here')

    def test_arguments(self):
        for http, location in (('facetree_model m;', ''),
                               ('facetree_model m a b;', ''),
                               ('', 'facetree;'), ('', 'facetree a b;'),
                               ('facetree_top_k;', ''),
                               ('facetree_field a b;', '')):
            with self.subTest(http + location):
                self.refused(self.conf(http, location),
                             'invalid number of arguments')

    def test_numbers(self):
        for name, bad in (
                ('facetree_top_k', ('0', '-1', 'x', '1001', '1.5', '')),
                ('facetree_max_images', ('0', '-1', 'x', '1001', '')),
                ('facetree_max_pixels', ('0', '-1', 'x', '1000000001',
                                         '99999999999999999999', '')),
                ('facetree_max_bytes', ('0', '-1', '1025m', 'x', '')),
                ('facetree_memory', ('0', '1k', '8191k', '-1', 'x', '')),
                ('facetree_threshold', ('-0.1', '1.1', 'x', 'nan', '')),
                ('facetree_decode_timeout', ('-1', 'x', '')),
                ('facetree_formats', ('gif', 'JPEG PNG tiff', '""')),
                ('facetree_threads', ('nosuchpool', 'off max=1',
                                      'default max=0', 'default max=-1',
                                      'default max=', 'default queue=x',
                                      'default queue=65537',
                                      'default most=1'))):
            for value in bad:
                with self.subTest(name + ' ' + value):
                    line = self.refused(
                        self.conf('%s %s;' % (name, value or '""')))
                    self.assertRegex(line, 'nginx.conf:|thread pool')

    def test_good_numbers(self):
        for name, good in (
                ('facetree_top_k', ('1', '1000')),
                ('facetree_max_images', ('1', '1000')),
                ('facetree_max_pixels', ('1', '1000000000')),
                ('facetree_max_bytes', ('1', '10m', '1024m')),
                ('facetree_memory', ('8m', '160m', '4096m')),
                ('facetree_threshold', ('0', '1', '0.5', '0.25')),
                ('facetree_decode_timeout', ('500ms', '2s', '30')),
                ('facetree_formats', ('jpeg', 'jpeg png webp bmp pnm')),
                ('facetree_threads', ('off', 'default', 'default max=2',
                                      'default queue=0',
                                      'default max=3 queue=65536'))):
            for value in good:
                with self.subTest(name + ' ' + value):
                    self.accepted(self.conf('%s %s;' % (name, value)))

    def test_gone(self):
        """What 0.1 had is named, with what to look at, and ignored."""
        for value, instead in (
                ('facetree_max_frame_pixels 3', 'facetree_memory'),
                ('facetree_max_side 3', 'facetree_max_pixels'),
                ('facetree_max_scans 3', 'facetree_decode_timeout'),
                ('facetree_max_memory 3', 'facetree_memory'),
                ('facetree_max_exif 3', '64k'),
                ('facetree_threads default min=64k', 'pixels')):
            with self.subTest(value):
                output = self.accepted(self.conf(value + ';'))
                self.assertIn('[warn]', output)
                self.assertRegex(output, 'is ignored: .*' + instead)

    def test_pool_with_other_numbers(self):
        """A queue belongs to a pool, not to a location."""
        self.refused(self.conf(
            self.model() + 'facetree_threads default max=2;',
            'facetree m; facetree_threads default max=3;'),
            'thread pool "default" has max=2 queue=64', 'nginx.conf:')

    def test_slash_in_a_name(self):
        self.refused(self.conf(self.model('a/b')), 'model name "a/b" has a')

    def test_duplicate_settings(self):
        for value in ('facetree_top_k 3;', 'facetree_max_images 3;',
                      'facetree_max_pixels 3;', 'facetree_field x;',
                      'facetree_max_bytes 3;', 'facetree_memory 9m;',
                      'facetree_threshold 0.5;', 'facetree_threads off;',
                      'facetree_decode_timeout 1s;'):
            with self.subTest(value):
                self.refused(self.conf(value + value), 'is duplicate')


class Files(ConfCase):
    """A bad file is named, with the byte and the reason."""

    @classmethod
    def setUpClass(cls):
        cls.good = harness.read(harness.small_model())
        cls.folder = os.path.join(harness.scratch(), 'files')
        os.makedirs(cls.folder, exist_ok=True)

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as stream:
            stream.write(data)
        return path

    def refuse(self, path, *words):
        line = self.refused(self.conf('facetree_model m %s;' % path),
                            'model "%s"' % path, 'nginx.conf:', *words)
        reason = line.split(path + '"')[1]
        self.assertLess(len(reason), 400)
        self.assertRegex(reason, r'^(, byte \d+)?: [a-z0-9]')
        return reason

    def test_good(self):
        self.accepted(self.conf('facetree_model m %s;'
                                % self.write('good', self.good)))

    def test_missing(self):
        self.refuse(os.path.join(self.folder, 'missing'),
                    'No such file or directory')

    def test_directory(self):
        self.refuse(self.folder)

    def test_fifo(self):
        """Would block for ever if it were opened like a file."""
        path = os.path.join(self.folder, 'fifo')
        os.mkfifo(path)
        self.refuse(path)

    def test_device(self):
        self.refuse('/dev/zero')

    def test_empty(self):
        self.refuse(self.write('empty', b''), ', byte 0:')

    def test_something_else(self):
        self.refuse(self.write('picture', harness.png(1, 1, b'\0')),
                    ', byte 0:')
        self.refuse(self.write('text', b'facetree\n' * 100), ', byte ')

    def test_longer(self):
        self.refuse(self.write('longer', self.good + b'\0'), ', byte ')

    def test_spread(self):
        """Every byte of the header, and more all over the file."""
        size = len(self.good)
        places = sorted(set(range(64)) | set(range(64, size,
                                                   max(1, size // 150))))
        self.assertGreaterEqual(len(places), 200)

        def flip(place):
            data = bytearray(self.good)
            data[place] ^= 1 << place % 8
            path = self.write('flip-%d' % place, data)
            self.assertRegex(self.refuse(path), r'^, byte \d+: ')
            os.unlink(path)

        def cut(place):
            path = self.write('cut-%d' % place, self.good[:place])
            self.assertRegex(self.refuse(path), r'^, byte \d+: ')
            os.unlink(path)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(flip, places))
            list(pool.map(cut, places))


class Verify(harness.unittest.TestCase):
    """Every byte, and every length, through "facetree verify"."""

    def check(self, changed):
        """"changed" yields (name, bytes); all must be refused."""
        folder = os.path.join(harness.scratch(), 'verify')
        os.makedirs(folder, exist_ok=True)
        paths = []
        for name, data in changed:
            paths.append(os.path.join(folder, name))
            with open(paths[-1], 'wb') as stream:
                stream.write(data)
        good = harness.small_model()
        for start in range(0, len(paths), 1000):
            some = paths[start:start + 1000]
            done = harness.trainer('verify', *some, good, check=False)
            self.assertEqual(done.returncode, 65, done.stderr[:1000])
            told = {}
            for line in done.stderr.splitlines() + done.stdout.splitlines():
                match = re.search(r'(\S+): ', line.replace('facetree verify: ',
                                                           ''))
                self.assertTrue(match, line)
                told.setdefault(match.group(1), []).append(line)
            self.assertEqual(set(told), set(some) | {good})
            self.assertIn(': ok', told.pop(good)[0])
            for path, lines in told.items():
                self.assertEqual(len(lines), 1, lines)
                self.assertNotIn(': ok', lines[0])
                self.assertRegex(lines[0], r'byte \d+')
        for path in paths:
            os.unlink(path)
        return len(paths)

    def test_every_byte(self):
        good = harness.read(harness.small_model())

        def flipped():
            for place in range(len(good)):
                data = bytearray(good)
                data[place] ^= 1 << place % 8
                yield 'flip-%d' % place, data

        self.assertEqual(self.check(flipped()), len(good))

    def test_every_length(self):
        good = harness.read(harness.small_model())
        self.assertEqual(self.check(('cut-%d' % size, good[:size])
                                    for size in range(len(good))), len(good))
