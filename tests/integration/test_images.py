"""Picture files, whole and broken: what each is answered with.

The files are those of ../shared/images, whose MANIFEST.tsv says what they
are.  Every file of bad/ has its status below: a file that is added there
fails the test until somebody has thought about it.
"""

import os

import harness


CONF = '''
    facetree_model m %(model)s;
    facetree_decode_timeout 20s;

    server {
        listen 127.0.0.1:@PORT@;

        client_max_body_size 32m;
        client_body_buffer_size 256k;

        location = /predict {
            facetree m;
            facetree_top_k 40;
            facetree_decode_timeout 1m;     # a sanitizer's build is slow
        }
    }
'''

# The status of each file of bad/, sent bare.

BAD = {
    200: '''
        exif-loop.jpg jpeg-garbage-scan.jpg jpeg-no-dht.jpg
        pillow-refuses-png-ancillary-crc.png png-zip-bomb-6000.png
    ''',

    # Nothing that could be decoded.
    400: 'empty.bin',

    # Pixels, scans or memory over a limit, read from the header.
    413: '''
        bmp-huge.bmp bmp-negative-width.bmp jpeg-65500x65500.jpg
        jpeg-scan-bomb-2000.jpg pgm-huge.pgm png-60000x60000.png
        png-max-dim.png png-wide-1row.png webp-16383.webp
    ''',

    # Formats, or kinds of one, that are not known, or known and not accepted.
    415: '''
        avif-head.avif gif.gif hdr-head.hdr heic-head.heic html.html ico.ico
        jpeg-12bit.jpg jpeg-lossless-sof3.jpg
        json.json one-byte.bin php-jpeg.jpg pic-head.pic polyglot-gif-jpeg.gif
        polyglot-html-png.png psd-head.psd svg.svg text.txt tga.tga tiff.tif
        two-bytes-jpeg.bin zeros.bin
    ''',

    # Broken or truncated.
    422: '''
        bmp-bpp-7.bmp bmp-offset-past-end.bmp jpeg-5comp.jpg jpeg-no-dqt.jpg
        jpeg-no-sos.jpg jpeg-soi-eoi.jpg jpeg-zero-height.jpg
        jpeg-zero-width.jpg pgm-maxval-0.pgm pgm-negative.pgm
        pgm-no-header-end.pgm pgm-overflow.pgm
        pillow-refuses-jpeg-no-eoi.jpg
        png-bad-colortype.png png-bad-depth.png png-badzlib.png
        png-chunk-len-huge.png png-crc-ihdr.png png-filter-9.png
        png-idat-short.png png-no-idat.png png-no-ihdr.png
        png-pal-missing.png png-zero-height.png png-zero-width.png
        polyglot-png-magic-jpeg.png ppm-comment-forever.ppm
        trunc-bmp-02.bmp trunc-bmp-30.bmp trunc-bmp-90.bmp
        trunc-jpeg-02.jpg trunc-jpeg-30.jpg trunc-jpeg-90.jpg
        trunc-jpegprog-02.jpg trunc-jpegprog-30.jpg trunc-jpegprog-90.jpg
        trunc-pgm-02.pgm trunc-pgm-30.pgm trunc-pgm-90.pgm
        trunc-png-02.png trunc-png-30.png trunc-png-90.png
        trunc-webp-02.webp trunc-webp-30.webp trunc-webp-90.webp
        webp-badchunk.webp webp-riff-size-huge.webp
    ''',
}

# Files of good/ that Pillow reads and that are refused here, politely.

REFUSED = {
    'dev-pnm-p2.pgm', 'dev-pnm-p3.ppm', 'dev-pnm-p4.pbm',
    'dev-pnm-p5-16bit.pgm', 'dev-pnm-p6-max1023.ppm'
}

# Gray of 16 bits: the high byte here, cut off at 255 by Pillow.  An index past
# the palette: black here, a gray level in Pillow 9.4.

OTHER_PIXELS = {'dev-png-gray16.png', 'dev-pngsuite-basn0g16.png',
                'dev-png-pal-overrun.png'}

FORMATS = {'.jpg': 'jpeg', '.png': 'png', '.webp': 'webp', '.bmp': 'bmp',
           '.pgm': 'pnm', '.ppm': 'pnm', '.pbm': 'pnm'}


class ImagesCase(harness.Case):

    @classmethod
    def conf(cls):
        return CONF % {'model': harness.synthetic_model()}

    @classmethod
    def setUpClass(cls):
        harness.need_shared('images')
        super().setUpClass()

    def names(self, folder):
        names = sorted(os.listdir(harness.need_shared('images/' + folder)))
        self.assertTrue(names)
        return names

    def post(self, folder, name):
        return self.client.post('/predict', harness.read(
            harness.need_shared('images/%s/%s' % (folder, name))))


class Good(ImagesCase):

    def test_every_file(self):
        for folder in ('good', 'photos'):
            for name in self.names(folder):
                if name.endswith('.txt') or name.endswith('.md'):
                    continue
                with self.subTest(name):
                    answer = self.post(folder, name)
                    if name in REFUSED:
                        problem = self.assertProblem(answer, 415)
                        self.assertIn('send ', problem['detail'])
                        continue
                    got, = self.assertFace(answer)
                    self.assertEqual(got['image']['format'],
                                     FORMATS[os.path.splitext(name)[1]])

    def test_orientation(self):
        for number in range(1, 9):
            with self.subTest(number):
                got, = self.assertFace(self.post('good', 'jpeg-exif-%d.jpg'
                                                 % number))
                self.assertEqual(got['image'],
                                 {'format': 'jpeg', 'width': 120,
                                  'height': 90, 'orientation': number})

    def test_pixels_decide(self):
        """Pillow's golden pixels get the answer that the file gets."""
        for name in sorted(set(self.names('good')) - REFUSED
                           - OTHER_PIXELS):
            golden = os.path.splitext(name)[0] + '.pgm'
            with self.subTest(name):
                got, = self.assertFace(self.post('good', name))
                want, = self.assertFace(self.post('golden', golden))
                self.assertEqual(got['top'], want['top'])


class Limits(ImagesCase):
    """One directive each, inherited from the server or set in its place."""

    NAMES = {
        '/bytes': ('facetree_max_bytes 1k', 'jpeg-420-baseline.jpg',
                   'body_size', 1024),
        '/pixels': ('facetree_max_pixels 76799', 'jpeg-420-baseline.jpg',
                    'pixels', 76799),
    }

    @classmethod
    def conf(cls):
        server = 'facetree_memory 8m;' + CONF % {
            'model': harness.synthetic_model()}
        for path, (directive, *_) in cls.NAMES.items():
            server = server.replace('location = /predict', """
        location = %s {
            facetree m;
            %s;
        }

        location = /predict""" % (path, directive), 1)
        return server

    def test_each(self):
        for path, (_, name, reason, limit) in self.NAMES.items():
            with self.subTest(path):
                data = harness.read(harness.need_shared('images/good/' + name))
                problem = self.assertProblem(self.client.post(path, data), 413,
                                             reason)
                self.assertEqual(problem['limit'], limit)
                self.assertGreater(problem['observed'], limit)
                self.assertFace(self.client.post('/predict', data))

    def test_memory(self):
        """That of a worker, which a frame of 9 MB does not fit into."""
        data = harness.pgm(3000, 3000, bytes(9000000))
        problem = self.assertProblem(self.client.post('/predict', data), 413,
                                     'memory')
        self.assertEqual(problem['limit'], 8 << 20)
        self.assertGreater(problem['observed'], 8 << 20)

    def test_scan_bomb(self):
        """Thousands of scans are told by their markers."""
        data = harness.read(harness.need_shared(
            'images/bad/jpeg-scan-bomb-2000.jpg'))
        problem = self.assertProblem(self.client.post('/predict', data), 413,
                                     'scans')
        self.assertEqual(problem['limit'], 64)


class Bad(ImagesCase):

    expect = {name: status for status, names in BAD.items()
              for name in names.split()}

    def test_every_file(self):
        names = self.names('bad')
        self.assertEqual(sorted(self.expect), names)
        for name in names:
            with self.subTest(name):
                answer = self.post('bad', name)
                status = self.expect[name]
                if status == 200:
                    self.assertFace(answer)
                    continue
                problem = self.assertProblem(answer, status)
                self.assertIn('detail', problem)
                if status == 413:
                    self.assertGreaterEqual(problem['observed'],
                                            problem['limit'])

    # Of the request: one budget for all its pictures.
    WHOLE = ('pixels', 'memory', 'timeout')

    def test_in_a_form(self):
        """The same among others: reported in its place, unless the request
        is over its budget with it."""
        good = harness.face()
        refused = set()
        for name in self.names('bad'):
            data = harness.read(harness.need_shared('images/bad/' + name))
            if not data:
                continue          # an empty file field is no file
            with self.subTest(name):
                alone = self.post('bad', name)
                answer = self.client.post(
                    '/predict', harness.multipart(
                        harness.part(good, 'a.pgm'),
                        harness.part(data, name),
                        harness.part(good, 'b.pgm')), harness.MULTIPART)
                reason = (alone.json()['type'].rpartition(':')[2]
                          if alone.status == 413 else '')
                if reason in self.WHOLE:
                    self.assertProblem(answer, 413, reason)
                    refused.add(reason)
                    continue
                self.assertEqual(answer.status, 200, answer)
                got = answer.json()['predictions']
                self.assertEqual([p['filename'] for p in got],
                                 ['a.pgm', name, 'b.pgm'])
                self.assertNotIn('error', got[0])
                self.assertEqual('error' in got[1],
                                 self.expect[name] != 200)
                self.assertEqual(got[0]['top'], got[2]['top'])
        self.assertIn('pixels', refused)

    def test_heic_says_what_to_do(self):
        problem = self.assertProblem(self.post('bad', 'heic-head.heic'), 415,
                                     'media_type')
        self.assertIn('HEIC', problem['detail'])
        self.assertIn('JPEG', problem['detail'])

    def test_foreign_formats_are_named(self):
        for name, word in (('gif.gif', 'GIF'), ('tiff.tif', 'TIFF'),
                           ('avif-head.avif', 'AVIF'), ('svg.svg', 'SVG'),
                           ('psd-head.psd', 'PSD')):
            with self.subTest(name):
                problem = self.assertProblem(self.post('bad', name), 415)
                self.assertIn(word, problem['detail'])
