#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Compares facetree's pixels with those of the installed Pillow.

Writes some hundred pictures of random sizes, kinds and orientations to a
temporary folder, decodes each with both, and expects the same bytes.  So it
does with the damaged JPEG files of ../shared/images/bad that both of them
read, where they are present.

Pillow 9.4 and 11.1 give the same pixels, but for an index past the palette of
a PNG or BMP.  It is black in 11.1 and in facetree, and in 9.4 the gray level
of that number.  With 9.4 such a pixel must be that gray level, and is then
made black before facetree's is compared.

The fast mode has a reference in Pillow too: its own shrinking decoder, and a
resize() of the fractional box that is left of the picture.

    make build/decode-gray
    tests/integration/compare_pillow.py [--seed N] [--rounds N]

Closes with a line "N passed, N failed".  Exit codes: 0 all equal, 1 not,
77 Pillow is not installed.
"""

import argparse
import os
import random
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib

try:
    from PIL import Image, ImageFile, ImageOps, features
    from PIL import __version__ as pillow_version
except ImportError:
    print("skipped: Pillow is not installed")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

BANDS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
RESULTS = [(64, 64), (64, 64), (64, 64), (1, 1), (256, 256), (32, 48), (5, 200)]
FAST_RESULTS = [(64, 64), (64, 64), (16, 16), (5, 40), (100, 30)]
FAST_TIMES = 4          # FACETREE_JPEG_FAST of core/facetree_jpeg.c

# of ../shared/images/bad: a loop in EXIF, no Huffman tables, noise as data
DAMAGED = ["exif-loop.jpg", "jpeg-no-dht.jpg", "jpeg-garbage-scan.jpg"]

# red, green, blue, alpha: the layouts of 32-bit BMP that Pillow reads
BMP_MASKS = [
    (0xff0000, 0xff00, 0xff, 0),
    (0xff0000, 0xff00, 0xff, 0xff000000),
    (0xff000000, 0xff0000, 0xff00, 0),
    (0xff000000, 0xff0000, 0xff00, 0xff),
    (0xff, 0xff00, 0xff0000, 0xff000000),
    (0, 0, 0, 0),
]


# colour type and depth; not gray of 16 bits, which is decided otherwise
PNG_KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (2, 8), (2, 16), (3, 1), (3, 2),
             (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, data):
    """Of a PNG file."""
    return (struct.pack(">I", len(data)) + name + data
            + struct.pack(">I", zlib.crc32(name + data)))


class Maker:
    """Writes pictures and remembers their paths."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.random = random.Random(seed)
        self.paths = []

    def size(self):
        pick = self.random.randint
        return self.random.choice([
            (1, 1), (1, pick(1, 900)), (pick(1, 900), 1), (64, 64),
            (pick(1, 4), pick(2000, 9000)), (pick(2000, 9000), pick(1, 4)),
            (64, pick(1, 400)), (pick(1, 20), pick(1, 20)),
            (pick(1, 600), pick(1, 600)), (pick(1, 600), pick(1, 600))])

    def picture(self, mode, size=None):
        """Noise, large blots of it, or black and white dots."""
        size = size or self.size()
        kind = self.random.randrange(3)
        small = size if kind else (max(1, size[0] // 9), max(1, size[1] // 9))
        data = self.random.randbytes(small[0] * small[1] * BANDS[mode])
        if kind == 2:
            data = bytes(255 if value > 127 else 0 for value in data)
        return Image.frombytes(mode, small, data).resize(size)

    def path(self, extension):
        path = os.path.join(self.folder, f"{len(self.paths):05}.{extension}")
        self.paths.append(path)
        return path

    def save(self, image, extension, **options):
        image.save(self.path(extension), **options)

    def write(self, data, extension):
        with open(self.path(extension), "wb") as stream:
            stream.write(data)

    def exif(self):
        """Options for save(): none, or EXIF of an orientation 0..9."""
        if self.random.random() < 0.4:
            return {}
        exif = Image.Exif()
        exif[0x0112] = self.random.randrange(10)
        return {"exif": exif.tobytes()}

    def jpegs(self):
        for mode in "L", "RGB", "CMYK":
            options = self.exif()
            options["quality"] = self.random.choice([20, 75, 90])
            options["progressive"] = self.random.random() < 0.4
            if mode == "RGB":
                options["subsampling"] = self.random.randrange(3)
            self.save(self.picture(mode), "jpg", **options)

    def pngs(self):
        for mode in "L", "LA", "RGB", "RGBA":
            self.save(self.picture(mode), "png", **self.exif())
        self.save(self.picture("L").convert("1"), "png")
        for colors in 2, 3, 7, 16, 100, 256:
            self.save(self.picture("RGB").quantize(colors), "png")

    def raw_pngs(self):
        """Kinds that Pillow reads and does not write: random bytes are rows."""
        for _ in range(3):
            kind, depth = self.random.choice(PNG_KINDS)
            width, height = self.size()
            bits = depth * PNG_SAMPLES[kind]
            interlaced = self.random.randrange(2)
            rows = b""
            for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
                columns = -(-(width - x) // dx)
                for _ in range(max(0, -(-(height - y) // dy))):
                    if columns > 0:
                        rows += (bytes([self.random.randrange(5)])
                                 + self.random.randbytes((columns * bits + 7)
                                                         // 8))
            data = zlib.compress(rows, self.random.randrange(10))
            file = (b"\x89PNG\r\n\x1a\n"
                    + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height,
                                                 depth, kind, 0, 0,
                                                 interlaced)))
            if kind == 3:
                count = self.random.randint(1, 1 << depth)
                file += chunk(b"PLTE", self.random.randbytes(3 * count))
            size = self.random.choice([len(data), 8192, 1000, 11])
            for at in range(0, len(data), size):
                file += chunk(b"IDAT", data[at:at + size])
            self.write(file + chunk(b"IEND", b""), "png")

    def webps(self):
        for mode in "RGB", "RGBA":
            options = self.exif()
            options["lossless"] = self.random.random() < 0.5
            options["exact"] = self.random.random() < 0.5
            options["quality"] = self.random.choice([10, 80, 100])
            self.save(self.picture(mode), "webp", **options)

    def bmps(self):
        self.save(self.picture("L"), "bmp")
        self.save(self.picture("L").convert("1"), "bmp")
        self.save(self.picture("RGB"), "bmp")
        self.save(self.picture("RGBA"), "bmp")
        for _ in range(4):
            self.write(self.bmp(), "bmp")

    def bmp(self):
        """Kinds that Pillow reads and does not write."""
        width, height = self.size()
        bits = self.random.choice([1, 4, 8, 16, 24, 32])
        length = self.random.choice([12, 40, 64, 108, 124])
        masks = (0, 0, 0, 0)
        palette = b""
        colors = 0
        compression = 0
        if bits <= 8:
            count = 1 << bits
            if length > 12 and self.random.random() < 0.5:
                count = colors = self.random.randint(1, count)
            palette = self.random.randbytes(count * (3 if length == 12 else 4))
        elif length > 12 and self.random.random() < 0.6:
            compression = 3
            masks = {
                16: self.random.choice([(0xf800, 0x7e0, 0x1f, 0),
                                        (0x7c00, 0x3e0, 0x1f, 0)]),
                24: BMP_MASKS[0],
                32: self.random.choice(BMP_MASKS)}[bits]
        if length == 12:
            header = struct.pack("<IHHHH", 12, width, height, 1, bits)
        else:
            up = self.random.choice([1, -1])
            header = struct.pack("<IiiHHIIiiII", length, width, up * height, 1,
                                 bits, compression, 0, 0, 0, colors, 0)
            if length > 40:
                header += struct.pack("<4I", *masks) + bytes(length - 56)
            elif compression:
                header += struct.pack("<3I", *masks[:3])
        header += palette
        pixels = self.random.randbytes((width * bits + 31) // 32 * 4 * height)
        return (b"BM" + struct.pack("<IHHI", 14 + len(header) + len(pixels), 0,
                                    0, 14 + len(header)) + header + pixels)

    def pnms(self):
        self.save(self.picture("L"), "pgm")
        self.save(self.picture("RGB"), "ppm")
        width, height = self.size()
        kind, bands = self.random.choice([(5, 1), (6, 3)])
        maxval = self.random.choice([1, 2, 3, 7, 100, 200, 254, 255])
        header = f"P{kind}\n# a comment\n{width} {height}\n#b\n{maxval}\n"
        self.write(header.encode()
                   + self.random.randbytes(width * height * bands), "ppm")


def large_jpegs(maker):
    """JPEG pictures for the fast mode: large enough to be shrunk."""
    for mode in "L", "RGB":
        pick = maker.random.randint
        options = maker.exif()
        options["progressive"] = maker.random.random() < 0.3
        if mode == "RGB":
            options["subsampling"] = maker.random.randrange(3)
        maker.save(maker.picture(mode, (pick(100, 1500), pick(100, 1500))),
                   "jpg", **options)


def past_is_ramp():
    """Whether an index past the palette is a gray level in this Pillow."""
    image = Image.new("P", (1, 1), 200)
    image.putpalette([0, 0, 0])
    level = image.convert("L").getpixel((0, 0))
    assert level in (0, 200), level
    return level == 200


PAST_IS_RAMP = past_is_ramp()


class Palettes:
    """Counts the pictures with an index past their palette."""

    past = 0

    def count_colors(self, image):
        """Of a picture that is not loaded yet; what is loaded has 256."""
        if image.mode != "P":
            return 256
        return len(image.palette.palette) // len(image.palette.rawmode)

    def gray(self, image, colors):
        """Gray levels, with black for an index of "colors" and more."""
        gray = image.convert("L")
        if image.mode != "P" or max(image.getdata()) < colors:
            return gray
        self.past += 1
        past = image.tobytes().translate(bytes(colors)
                                         + b"\xff" * (256 - colors))
        mask = Image.frombytes("L", image.size, past)
        black = gray.copy()
        black.paste(0, mask=mask)
        expected = black
        if PAST_IS_RAMP:
            expected = gray.copy()
            expected.paste(Image.frombytes("L", image.size, image.tobytes()),
                           mask=mask)
        assert gray.tobytes() == expected.tobytes(), "not this Pillow's pixels"
        return black


PALETTES = Palettes()


def reference(path, size):
    """Pillow's pixels."""
    with Image.open(path) as image:
        colors = PALETTES.count_colors(image)
        upright = ImageOps.exif_transpose(image)
    return PALETTES.gray(upright, colors).resize(size).tobytes()


def fast_scale(stored, size):
    """By how much the fast mode shrinks while decoding."""
    scale = 8
    while scale > 1 and -(-min(stored) // scale) < FAST_TIMES * max(size):
        scale //= 2
    return scale


def fast_reference(path, size):
    """The luma plane, shrunk by libjpeg, resized by the box it covers."""
    with Image.open(path) as image:
        stored = image.size
        scale = fast_scale(stored, size)
        orientation = image.getexif().get(0x0112, 1)
        # draft() takes the largest scale that leaves this much
        image.draft("L", [max(1, side // scale) for side in stored])
        assert image.size == tuple(-(-side // scale) for side in stored)
        upright = ImageOps.exif_transpose(image).convert("L")
    width, height = (side / scale for side in stored)
    spare_x, spare_y = upright.width, upright.height
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    spare_x -= width
    spare_y -= height
    # what the picture leaves of the last column and row, upright
    left = spare_x if orientation in (2, 3, 6, 7) else 0
    top = spare_y if orientation in (3, 4, 7, 8) else 0
    box = (left, top, left + width, top + height)
    return upright.resize(size, box=box).tobytes()


def compare(program, mode, paths, sizes):
    """Prints what differs; returns how many did."""
    lines = "".join(f"{mode} {width} {height} {path}\n"
                    for (width, height), path in zip(sizes, paths))
    answers = subprocess.run([program], input=lines, stdout=subprocess.PIPE,
                             text=True, check=True).stdout.splitlines()
    assert len(answers) == len(paths)
    expect = fast_reference if mode == "fast" else reference
    different = refused = 0
    for path, size, answer in zip(paths, sizes, answers):
        status, _, rest = answer.partition(" ")
        try:
            expected = expect(path, size)
        except OSError:             # a kind that Pillow does not read
            expected = None
        if status == "ok" and expected is None:
            problem = "Pillow refuses it"
        elif status != "ok" and expected is not None:
            problem = f"refused: {status}: {rest}"
        elif status == "ok" and bytes.fromhex(rest) != expected:
            problem = "other pixels"
        else:
            refused += status != "ok"
            continue
        different += 1
        print(f"{os.path.basename(path)} to {size[0]}x{size[1]}, {mode}: "
              f"{problem}")
    # such a kind may be drawn, but they must not be what is compared
    assert refused * 20 <= len(paths), f"{refused} files that nobody reads"
    return different


def damaged():
    """The damaged files that both read, if they are here."""
    shared = os.environ.get("FACETREE_SHARED",
                            os.path.join(ROOT, "..", "shared"))
    paths = [os.path.join(shared, "images", "bad", name) for name in DAMAGED]
    paths = [path for path in paths if os.path.exists(path)]
    if len(paths) < len(DAMAGED):
        print(f"skipped: {len(DAMAGED) - len(paths)} damaged files are not in "
              f"{shared} (set FACETREE_SHARED)")
    return paths


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--driver", help="built by make (%(default)s)",
                        default=os.path.join(ROOT, "build", "decode-gray"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20,
                        help="some 30 pictures each")
    parser.add_argument("--keep", metavar="DIR", help="write pictures here")
    options = parser.parse_args()
    if not os.access(options.driver, os.X_OK):
        parser.error(f"no {options.driver}: make build/decode-gray")

    warnings.simplefilter("ignore")
    ImageFile.MAXBLOCK = 1 << 22        # or some progressive files are refused

    with tempfile.TemporaryDirectory() as folder:
        pictures = options.keep or folder
        os.makedirs(pictures, exist_ok=True)
        maker = Maker(pictures, options.seed)
        for _ in range(options.rounds):
            maker.jpegs()
            maker.pngs()
            maker.raw_pngs()
            maker.bmps()
            maker.pnms()
            if features.check("webp"):
                maker.webps()
        exact = maker.paths + damaged()
        sizes = [maker.random.choice(RESULTS) for _ in exact]
        failed = compare(options.driver, "exact", exact, sizes)

        maker.paths = []
        maker.folder = os.path.join(pictures, "large")
        os.makedirs(maker.folder, exist_ok=True)
        for _ in range(2 * options.rounds):
            large_jpegs(maker)
        fast = maker.paths
        sizes = [maker.random.choice(FAST_RESULTS) for _ in fast]
        failed += compare(options.driver, "fast", fast, sizes)

    print(f"against Pillow {pillow_version}, seed {options.seed}: "
          f"{len(exact)} pictures exact, {len(fast)} fast")
    print(f"{PALETTES.past} of them have an index past their palette: black in "
          f"facetree, {'a gray level' if PAST_IS_RAMP else 'black'} in Pillow")
    print(f"{len(exact) + len(fast) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
