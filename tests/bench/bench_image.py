#!/usr/bin/python3
# Copyright (C) facetree contributors

"""Measures decoding a picture to 64x64 gray, beside Pillow in the same run.

Pictures are made by Pillow: clouds with a camera's noise over them; and the
photographs of ../shared/images (FACETREE_SHARED), where they are.  Both sides start from bytes in memory and are measured in CPU time of their own
process, in rounds that take turns; the medians are told.  Memory is what one
decode adds to the peak of a process that has decoded nothing large before.

    make build/bench-image
    tests/bench/bench_image.py [--rounds N] [--quick]

Exit codes: 0 measured, 77 Pillow is not installed.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time

try:
    from PIL import Image, ImageChops, ImageOps
    from PIL import __version__ as pillow_version
except ImportError:
    print("skipped: Pillow is not installed")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

SIZES = [(64, 64), (512, 512), (1280, 960), (4000, 3000)]
FORMATS = [
    ("jpeg", {"format": "JPEG", "quality": 88}),
    ("jpeg progressive", {"format": "JPEG", "quality": 88,
                          "progressive": True}),
    ("png", {"format": "PNG"}),
    ("webp", {"format": "WEBP", "quality": 80}),
    ("jpeg gray", {"format": "JPEG", "quality": 88}),
    ("png gray", {"format": "PNG"}),
]
SHARED = os.path.join(os.environ.get("FACETREE_SHARED")
                      or os.path.join(ROOT, "..", "shared"), "images",
                      "photos")
SLICE = 0.04            # seconds of CPU time in one round of one side


def picture(size):
    """Clouds of colour, and noise of a few levels in every pixel."""
    bands = []
    for sigma in 60, 50, 40:
        small = [max(2, side // 24) for side in size]
        clouds = Image.effect_noise(small, sigma).resize(size, Image.BICUBIC)
        noise = Image.effect_noise(size, 8)
        bands.append(ImageChops.add(clouds, noise, 1, -128))
    return Image.merge("RGB", bands)


def pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
    return upright.convert("L").resize((64, 64)).tobytes()


def pillow_time(data, count):
    start = time.process_time()
    for _ in range(count):
        pillow(data)
    return (time.process_time() - start) / count * 1e6


class Driver:
    """build/bench-image, one process for all that is timed."""

    def __init__(self, path):
        self.path = path
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def time(self, mode, path, count):
        self.process.stdin.write(f"{mode} {count} {path}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def memory(self, mode, path, tiny):
        """Of one decode in a process of its own, in KiB."""
        answer = subprocess.run([self.path], stdout=subprocess.PIPE, text=True,
                                input=f"{mode} 1 {tiny}\n{mode} 1 {path}\n",
                                check=True)
        return int(answer.stdout.splitlines()[1].split()[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def peak():
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines
                    if line.startswith("VmHWM"))


def pillow_memory(path, tiny):
    """Of one decode in a process of its own, in KiB; runs this file again."""
    answer = subprocess.run([sys.executable, __file__, "--memory", tiny, path],
                            stdout=subprocess.PIPE, text=True, check=True)
    return int(answer.stdout)


def print_pillow_memory(tiny, path):
    with open(tiny, "rb") as stream:
        pillow(stream.read())
    with open(path, "rb") as stream:
        data = stream.read()
    before = peak()
    pillow(data)
    print(peak() - before)


def measure(driver, path, modes, rounds):
    """Medians of CPU microseconds: Pillow's, and ours by mode."""
    with open(path, "rb") as stream:
        data = stream.read()
    reference = max(pillow_time(data, 1), 1.0)
    count = max(1, int(SLICE * 1e6 / reference))
    times = {mode: [] for mode in ["pillow", *modes]}
    for mode in modes:
        driver.time(mode, path, 1)
    for _ in range(rounds):
        times["pillow"].append(pillow_time(data, count))
        for mode in modes:
            times[mode].append(driver.time(mode, path, 2 * count))
    return {mode: statistics.median(values)
            for mode, values in times.items()}


def row(driver, name, size, path, tiny, rounds):
    """The tiny one is a picture of the same format, to have its code loaded."""
    modes = ["exact", "fast"] if name[:4] in ("jpeg", "phot") else ["exact"]
    times = measure(driver, path, modes, rounds)
    memory = pillow_memory(path, tiny)
    for mode in modes:
        print(f"{name:17} {size[0]:4}x{size[1]:<4}  {mode:5}"
              f" {times['pillow']:9.0f} {times[mode]:9.0f}"
              f" {times['pillow'] / times[mode]:6.1f}"
              f" {memory:9} {driver.memory(mode, path, tiny):9}", flush=True)


def photographs(driver, folder, options):
    """Those of a camera, which have less noise than ours."""
    names = sorted(os.listdir(SHARED)) if os.path.isdir(SHARED) else []
    for name in names:
        path = os.path.join(SHARED, name)
        tiny = os.path.join(folder, "tiny")
        with Image.open(path) as image:
            size = image.size
            if options.quick and max(size) > 1280:
                continue
            image.crop((0, 0, 8, 8)).save(tiny, "JPEG")
        row(driver, "photo " + name.split("-", maxsplit=1)[0], size, path,
            tiny, options.rounds)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--driver", help="built by make (%(default)s)",
                        default=os.path.join(ROOT, "build", "bench-image"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true",
                        help="no picture above 1280x960")
    parser.add_argument("--memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print_pillow_memory(*options.memory)
        return 0
    if not os.access(options.driver, os.X_OK):
        parser.error(f"no {options.driver}: make build/bench-image")

    print(f"beside Pillow {pillow_version}; CPU microseconds and KiB of one "
          f"decode, medians of {options.rounds} rounds")
    print("format                size  mode     Pillow  facetree  ratio "
          "   Pillow  facetree")
    driver = Driver(options.driver)
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES[:3] if options.quick else SIZES:
            image = picture(size)
            for name, save in FORMATS:
                path = os.path.join(folder, "picture")
                tiny = os.path.join(folder, "tiny")
                if name.endswith("gray"):
                    image = image.convert("L")
                image.save(path, **save)
                image.crop((0, 0, 8, 8)).save(tiny, **save)
                row(driver, name, size, path, tiny, options.rounds)
        photographs(driver, folder, options)
    driver.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
