"""What the tests of the trainer share: a directory each, and the program.

The program is facetree of FACETREE_BUILD, or what FACETREE_BIN names.  Tests
that want the Olivetti faces (FACETREE_OLIVETTI, default
../shared/data/olivettifaces.mat) are skipped without them.
"""

import json
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ.get("FACETREE_BUILD") or ROOT / "build"
BIN = os.path.abspath(os.environ.get("FACETREE_BIN")
                      or os.path.join(BUILD, "facetree"))
SHARED = pathlib.Path(os.environ.get("FACETREE_SHARED", ROOT.parent / "shared"))
OLIVETTI = pathlib.Path(os.environ.get(
    "FACETREE_OLIVETTI", SHARED / "data/olivettifaces.mat")).absolute()
GOLDEN = SHARED / "golden/trees/s01-oliv-seed.json"

SEED_OPTIONS = ["--max-depth", "25", "--min-samples-leaf", "2",
                "--random-state", "42"]

VERBS = ["fetch", "synth", "train", "test", "cv", "predict", "inspect",
         "verify", "bench", "report", "samples", "import"]


class Case(unittest.TestCase):
    """A test in an empty directory of its own."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="facetree-test-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def run_tool(self, *args, code=0, stdin=b"", **kwargs):
        result = subprocess.run([BIN, *map(str, args)], cwd=self.dir,
                                input=stdin, capture_output=True,
                                timeout=300, check=False, **kwargs)
        result.out = result.stdout.decode("utf-8", "backslashreplace")
        result.err = result.stderr.decode("utf-8", "backslashreplace")
        self.assertEqual(result.returncode, code,
                         f"{args}\n{result.out}\n{result.err}")
        return result

    def run_json(self, *args, **kwargs):
        return json.loads(self.run_tool(*args, "--json", **kwargs).stdout)

    def run_on_terminal(self, *args):
        """What it shows on a terminal; a skip where there is none to be had,
        as in a root without devpts."""
        try:
            main, other = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal to be had: {error}")
        with subprocess.Popen([BIN, *map(str, args)], cwd=self.dir,
                              stderr=other,
                              stdout=subprocess.DEVNULL) as process:
            os.close(other)
            shown = b""
            try:
                while piece := os.read(main, 4096):
                    shown += piece
            except OSError:                     # the end, on Linux
                pass
            os.close(main)
            self.assertEqual(process.wait(300), 0, shown)
        return shown

    def assert_one_line(self, result, *parts):
        self.assertEqual(result.err.count("\n"), 1, result.err)
        for part in parts:
            self.assertIn(part, result.err)

    def files(self):
        return sorted(str(path.relative_to(self.dir))
                      for path in self.dir.rglob("*") if path.is_file())
