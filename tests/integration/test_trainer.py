"""Drives the trainer as a user would.

The program is facetree of FACETREE_BUILD, or what FACETREE_BIN names.  Only
the standard library is needed; tests that want the Olivetti faces
(FACETREE_OLIVETTI, default ../shared/data/olivettifaces.mat) are skipped
without them.
"""

import hashlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

from trainer_case import (BIN, GOLDEN, OLIVETTI, SEED_OPTIONS, VERBS, Case)


class Usage(Case):

    def test_help_of_everything(self):
        text = self.run_tool("--help").out
        for verb in VERBS:
            self.assertIn(f"  {verb} ", text)
            shown = self.run_tool(verb, "--help")
            self.assertIn("Usage: facetree " + verb, shown.out)
            self.assertIn("Examples:\n  facetree " + verb, shown.out)
            self.assertEqual(shown.err, "")
            for common in ("--json", "--quiet", "--help"):
                self.assertIn("  " + common, shown.out)
            for line in shown.out.splitlines():
                self.assertLessEqual(len(line), 90)

    def test_version(self):
        self.assertRegex(self.run_tool("--version").out,
                         r"^facetree \d+\.\d+\.\d+\n$")

    def test_no_verb(self):
        self.assertIn("Usage:", self.run_tool(code=2).err)
        self.assert_one_line(self.run_tool("frobnicate", code=2),
                             "facetree: unknown verb frobnicate", "--help")

    def test_unknown_options(self):
        for verb in VERBS:
            for option in ("--frobnicate", "-x", "--frobnicate=3"):
                self.assert_one_line(self.run_tool(verb, option, code=2),
                                     f"facetree {verb}: unknown option "
                                     f"{option}", f"facetree {verb} --help")

    def test_values_out_of_range(self):
        cases = {
            "--max-depth=0": "--max-depth 0: must be a whole number from 1 "
                             "to 2147483647",
            "--max-depth=x": "--max-depth x: must be a whole number",
            "--criterion=gain": "--criterion gain: must be one of gini, "
                                "entropy, log_loss",
            "--splitter=worst": "--splitter worst: must be one of best, "
                                "random",
            "--estimator=svm": "--estimator svm: must be one of "
                               "decision-tree, extra-tree, random-forest, "
                               "extra-trees",
            "--n-estimators=0": "--n-estimators 0: must be a whole number",
            "--max-leaf-nodes=1": "--max-leaf-nodes 1: must be a whole "
                                  "number from 2",
            "--min-weight-fraction-leaf=0.6": "--min-weight-fraction-leaf "
                                              "0.6: must be a number from 0 "
                                              "to 0.5",
            "--ccp-alpha=-1": "--ccp-alpha -1: must be a number from 0",
            "--max-samples=1.5": "--max-samples 1.5: must be a count from 1",
            "--jobs=0": "--jobs 0: must be a whole number from 1",
            "--augment-copies=0": "--augment-copies 0: must be",
            "--augment-shift=0.6": "--augment-shift 0.6: must be a number "
                                   "from 0 to 0.5",
            "--augment-rotation=46": "--augment-rotation 46: must be a number "
                                     "from 0 to 45",
            "--augment-scale=1": "--augment-scale 1: must be a number from 0 "
                                 "to 0.5",
            "--augment-gain=-0.1": "--augment-gain -0.1: must be a number "
                                   "from 0 to 1",
            "--min-samples-split=1": "--min-samples-split 1: must be a count "
                                     "from 2",
            "--min-samples-leaf=1.0": "--min-samples-leaf 1.0: must be",
            "--max-features=0": "--max-features 0: must be a count from 1",
            "--random-state=-1": "--random-state -1: must be a whole number "
                                 "from 0 to 4294967295",
            "--test-size=1.0": "--test-size 1.0: must be a count from 1, or "
                               "a fraction between 0.0 and 1.0",
            "--split-seed=4294967296": "--split-seed 4294967296: must be",
            "--image-size=64": "--image-size 64: must be WIDTHxHEIGHT",
            "--out=": "--out: must not be empty",
            "--json=1": "--json=1: the option takes no value",
        }
        for option, text in cases.items():
            self.assert_one_line(
                self.run_tool("train", "--data", "synthetic", option, code=2),
                "facetree train: " + text)
        self.assertEqual(self.files(), [])

    def test_missing_values_and_operands(self):
        self.assert_one_line(self.run_tool("train", "--data", code=2),
                             "--data needs a value")
        self.assert_one_line(self.run_tool("train", code=2),
                             "--data is missing")
        self.assert_one_line(self.run_tool("test", code=2),
                             "--data is missing")
        self.assert_one_line(self.run_tool("predict", code=2),
                             "IMAGE... is missing")
        self.assert_one_line(self.run_tool("synth", "a", "b", code=2),
                             "unexpected argument b")

    def test_names_cannot_steer_the_terminal(self):
        result = self.run_tool("verify", "a\x1b[31m\nb", code=66)
        self.assert_one_line(result, "a\\x1b[31m\\x0ab: ")

    def test_stdout_that_is_full(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([BIN, "--help"], stdout=full,
                                    stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 74)
        self.assertIn(b"standard output", result.stderr)


class Synth(Case):

    def test_set_as_files(self):
        self.run_tool("synth", "faces", "--people", 3, "--pictures", 2,
                      "--seed", 5)
        self.assertEqual(self.files(), [
            "faces/SYNTHETIC.txt"] + [f"faces/p0{i}/0{k}.pgm"
                                      for i in range(3) for k in range(2)])
        data = (self.dir / "faces/p01/00.pgm").read_bytes()
        self.assertEqual(len(data), 13 + 64 * 64)
        self.assertTrue(data.startswith(b"P5\n64 64\n255\n"))

        self.run_tool("synth", "again", "--people", 3, "--pictures", 2,
                      "--seed", 5, "--quiet")
        self.assertEqual(data, (self.dir / "again/p01/00.pgm").read_bytes())
        self.run_tool("synth", "other", "--people", 3, "--pictures", 2)
        self.assertNotEqual(data,
                            (self.dir / "other/p01/00.pgm").read_bytes())

    def test_directory_in_use(self):
        (self.dir / "faces").mkdir()
        (self.dir / "faces/mine.txt").write_text("mine")
        self.assert_one_line(self.run_tool("synth", "faces", code=73),
                             "not empty", "--force")
        self.assertEqual(self.files(), ["faces/mine.txt"])
        self.run_tool("synth", "faces", "--force", "--people", 1)
        self.assertEqual(len(self.files()), 12)
        self.assertEqual((self.dir / "faces/mine.txt").read_text(), "mine")

    def test_where_nothing_can_be_written(self):
        (self.dir / "file").write_text("")
        self.assert_one_line(self.run_tool("synth", "file", code=73))
        self.assert_one_line(self.run_tool("synth", "file/x", code=73))
        self.assert_one_line(self.run_tool("synth", "/proc/faces", code=73))

    def test_current_directory(self):
        self.run_tool("synth", ".", "--people", 2, "--pictures", 2)
        self.assertEqual(len(self.files()), 5)

    def test_interrupted(self):
        """Whenever the signal comes, nothing or everything is there."""
        with subprocess.Popen([BIN, "synth", "faces", "--people", "2000"],
                              cwd=self.dir) as process:
            deadline = time.monotonic() + 60
            while not list(self.dir.glob("faces/.*/p0001")):
                self.assertLess(time.monotonic(), deadline)
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(60), -signal.SIGTERM)
        self.assertEqual(list(self.dir.iterdir()), [])


class Train(Case):

    def test_synthetic_set(self):
        told = self.run_json("train", "--data", "synthetic")
        self.assertEqual(self.files(), ["artifacts/model.ftm",
                                        "artifacts/model.json"])
        self.assertEqual(told["path"], "artifacts/model.ftm")
        described = json.loads(
            (self.dir / "artifacts/model.json").read_text())
        for name in "path", "seconds", "fit_seconds", "fit_cpu_seconds":
            del told[name]
        self.assertEqual(told, described)

        self.assertEqual(described["dataset"]["kind"], "synthetic")
        self.assertIs(described["dataset"]["synthetic"], True)
        self.assertEqual(described["dataset"]["count"], 400)
        self.assertEqual(described["params"], {
            "criterion": "gini", "splitter": "best", "max_depth": None,
            "min_samples_split": 2, "min_samples_leaf": 1,
            "min_weight_fraction_leaf": 0.0, "max_features": None,
            "max_leaf_nodes": None, "min_impurity_decrease": 0.0,
            "class_weight": None, "ccp_alpha": 0.0, "random_state": 0})
        self.assertIsNone(described["augment"])
        self.assertEqual(described["split"], {
            "method": "train_test_split", "test_size": 0.3,
            "random_state": 42, "stratify": True})
        self.assertEqual(described["train_count"], 280)
        self.assertEqual(described["test_count"], 120)
        self.assertLess(described["accuracy_low"], described["accuracy"])
        self.assertGreater(described["accuracy_high"], described["accuracy"])
        self.assertEqual(described["accuracy"],
                         described["test_correct"] / 120)

        model = (self.dir / "artifacts/model.ftm").read_bytes()
        self.assertEqual(described["model"]["version"],
                         hashlib.sha256(model).hexdigest())
        self.assertEqual(described["model"]["bytes"], len(model))
        self.assertEqual(described["model"]["labels"],
                         [f"p{i:02}" for i in range(40)])
        self.assertIn("synthetic", self.run_tool(
            "train", "--data", "synthetic").out)

    def test_same_bytes_again(self):
        for name in ("a/x.ftm", "b/c/y.ftm"):
            self.run_tool("train", "--data", "synthetic:9", "--out", name,
                          "--max-features", "sqrt", "--random-state", 3)
        one = (self.dir / "a/x.ftm").read_bytes()
        self.assertEqual(one, (self.dir / "b/c/y.ftm").read_bytes())
        self.assertTrue((self.dir / "b/c/y.json").exists())
        self.assertNotIn(str(self.dir).encode(), one)

    def test_every_option_matters(self):
        base = self.run_json("train", "--data", "synthetic", "--out", "m.ftm")
        for options in (["--criterion", "entropy"], ["--max-depth", "3"],
                        ["--min-samples-split", "20"],
                        ["--min-samples-split", "0.2"],
                        ["--min-samples-leaf", "5"],
                        ["--min-samples-leaf", "0.05"],
                        ["--max-features", "log2"], ["--max-features", "7"],
                        ["--max-features", "0.25"],
                        ["--random-state", "1"], ["--test-size", "80"],
                        ["--test-size", "0.5"], ["--split-seed", "1"],
                        ["--no-stratify"], ["--image-size", "32x16"],
                        ["--strip"]):
            other = self.run_json("train", "--data", "synthetic", "--out",
                                  "m.ftm", *options)
            self.assertNotEqual(base["model"]["version"],
                                other["model"]["version"], options)

    def test_counts_and_fractions_are_kept_apart(self):
        one = self.run_json("train", "--data", "synthetic", "--out", "m.ftm",
                            "--max-features", "1")
        whole = self.run_json("train", "--data", "synthetic", "--out",
                              "m.ftm", "--max-features", "1.0")
        self.assertIsInstance(one["params"]["max_features"], int)
        self.assertIsInstance(whole["params"]["max_features"], float)
        self.assertNotEqual(one["trees"], whole["trees"])

    def test_log_loss_is_entropy(self):
        trees = []
        for name in ("entropy", "log_loss"):
            told = self.run_json("train", "--data", "synthetic", "--out",
                                 "m.ftm", "--criterion", name)
            self.assertEqual(told["params"]["criterion"], name)
            trees.append(self.run_json("inspect", "--model",
                                       "m.ftm")["trees"])
        self.assertEqual(trees[0], trees[1])

    def test_directory_is_the_same_as_memory(self):
        self.run_tool("synth", "faces", "--seed", 4)
        one = self.run_json("train", "--data", "faces", "--out", "d.ftm")
        two = self.run_json("train", "--data", "synthetic:4", "--out",
                            "s.ftm")
        self.assertEqual(one["dataset"]["sha256"], two["dataset"]["sha256"])
        self.assertEqual(one["trees"], two["trees"])
        self.assertEqual(one["dataset"]["kind"], "directory")
        self.assertIs(one["dataset"]["synthetic"], True)

    def test_pictures_that_cannot_be_read(self):
        self.run_tool("synth", "faces", "--people", 3)
        (self.dir / "faces/p01/bad.jpg").write_text("no picture")
        result = self.run_tool("train", "--data", "faces", "--json")
        self.assert_one_line(result, "warning: skipped p01/bad.jpg: ")
        self.assertEqual(json.loads(result.out)["dataset"]["skipped"], 1)
        self.assertEqual(self.run_tool("train", "--data", "faces", "--quiet")
                         .err, "")
        self.assert_one_line(self.run_tool("train", "--data", "faces",
                                           "--strict", code=65),
                             "faces: p01/bad.jpg: ")

    def test_pictures_that_are_too_large(self):
        """--max-pixels, wherever pictures are decoded."""
        self.run_tool("synth", "faces", "--people", 3)
        (self.dir / "faces/p01/big.pgm").write_bytes(
            b"P5 100 100 255\n" + bytes(10000))
        text = "100x100 has 10000 pixels, more than 9999"
        for verb in ("train", "cv"):
            self.assert_one_line(
                self.run_tool(verb, "--data", "faces", "--strict",
                              "--max-pixels", 9999, code=65),
                "p01/big.pgm: " + text)
        self.run_tool("train", "--data", "faces", "--strict", "--out",
                      "m.ftm", "--max-pixels", 10000)
        for verb in ("test", "samples", "report"):
            self.assert_one_line(
                self.run_tool(verb, "--data", "faces", "--model", "m.ftm",
                              "--strict", "--max-pixels", 9999, code=65),
                text)
        self.assert_one_line(
            self.run_tool("predict", "--model", "m.ftm", "--max-pixels", 9999,
                          "faces/p01/big.pgm", code=65), text)
        self.run_tool("predict", "--model", "m.ftm", "faces/p01/big.pgm")
        self.assert_one_line(
            self.run_tool("train", "--data", "faces", "--max-pixels", 0,
                          code=2), "--max-pixels")

    def test_data_that_do_not_do(self):
        (self.dir / "file").write_text("hello")
        (self.dir / "empty").mkdir()
        for path, code in (("absent", 66), ("file", 65), ("empty", 65),
                           ("/dev/null", 66), ("synthetic:x", 65)):
            self.assert_one_line(
                self.run_tool("train", "--data", path, code=code),
                f"facetree train: {path}: ")
        self.assertEqual(self.files(), ["file"])

        for options in (["--test-size", "400"], ["--test-size", "5"]):
            self.assert_one_line(self.run_tool("train", "--data", "synthetic",
                                               *options, code=65))
        self.assertEqual(self.files(), ["file"])

    def test_outputs_that_cannot_be(self):
        (self.dir / "file").write_text("hello")
        (self.dir / "dir.ftm").mkdir()
        os.mkfifo(self.dir / "pipe")
        (self.dir / "link").symlink_to("/dev/full")
        for path in ("file/m.ftm", "dir.ftm", "/proc/m.ftm", "pipe", "link"):
            self.assert_one_line(self.run_tool("train", "--data", "synthetic",
                                               "--out", path, code=73),
                                 "cannot create")
        self.run_tool("train", "--data", "synthetic", "--out", "m.json",
                      code=2)
        self.assertEqual(self.files(), ["file"])
        self.assertTrue((self.dir / "pipe").is_fifo())
        self.assertTrue((self.dir / "link").is_symlink())

    def test_output_that_cannot_be_written(self):
        """A file size limit stands in for a full disk."""
        command = f"trap '' XFSZ; ulimit -f 4; exec {BIN} train " \
                  "--data synthetic --out m.ftm"
        result = subprocess.run(["sh", "-c", command], cwd=self.dir,
                                capture_output=True, check=False)
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertIn(b"cannot write m.ftm", result.stderr)
        self.assertEqual(self.files(), [])

    def test_progress_on_terminals_only(self):
        self.run_tool("synth", "faces", "--people", 3)
        self.assertEqual(self.run_tool("train", "--data", "faces").err, "")
        for options, drawn in ([], True), (["--quiet"], False):
            shown = self.run_on_terminal("train", "--data", "faces", *options)
            self.assertEqual(b"reading pictures" in shown, drawn, shown)
            self.assertFalse(shown.rstrip().endswith(b"%"))


class Test(Case):

    def test_held_out_split(self):
        trained = self.run_json("train", "--data", "synthetic")
        tested = self.run_json("test", "--data", "synthetic")
        for name in ("accuracy", "accuracy_low", "accuracy_high"):
            self.assertEqual(trained[name], tested[name])
        self.assertEqual(tested["pictures"], "held-out")
        self.assertEqual(tested["count"], 120)
        self.assertEqual(tested["top_k"]["1"], tested["accuracy"])
        self.assertLessEqual(tested["top_k"]["1"], tested["top_k"]["3"])
        self.assertLessEqual(tested["top_k"]["3"], tested["top_k"]["5"])
        self.assertEqual(sum(entry["support"] for entry in
                             tested["classes"]), 120)
        self.assertEqual(sum(entry["count"] for entry in
                             tested["confused"]), 120 - tested["correct"])
        text = self.run_tool("test", "--data", "synthetic").out
        for part in ("accuracy ", "95% interval", "top-3", "log-loss",
                     "macro ", "precision", "most confused", "p39"):
            self.assertIn(part, text)
        self.assertEqual(self.run_tool("test", "--data", "synthetic",
                                       "--quiet").out, "")

    def test_gate(self):
        accuracy = self.run_json("train", "--data", "synthetic")["accuracy"]
        self.run_tool("test", "--data", "synthetic", "--min-accuracy",
                      repr(accuracy))
        self.assert_one_line(
            self.run_tool("test", "--data", "synthetic", "--min-accuracy",
                          repr(accuracy + 1e-9), code=1), "is below")
        self.assertEqual(
            self.run_json("test", "--data", "synthetic", "--min-accuracy",
                          "1", code=1)["accuracy"], accuracy)

    def test_other_data(self):
        self.run_tool("train", "--data", "synthetic")
        self.assert_one_line(
            self.run_tool("test", "--data", "synthetic:1", code=65),
            "not the data that the model was trained on", "--other-data")
        other = self.run_tool("test", "--data", "synthetic:1", "--other-data",
                              "--json")
        self.assertIn("warning: ", other.err)
        self.assertEqual(json.loads(other.out)["pictures"], "all")
        self.assertEqual(json.loads(other.out)["count"], 400)

    def test_other_data_with_fewer_labels(self):
        """Labels are matched by name, whatever their numbers are."""
        self.run_tool("synth", "faces")
        self.run_tool("train", "--data", "faces", "--test-size", "0.1")
        for path in list((self.dir / "faces").glob("p*"))[:]:
            if path.name not in ("p05", "p31"):
                shutil.rmtree(path)
        told = self.run_json("test", "--data", "faces", "--other-data")
        self.assertEqual(told["count"], 20)
        support = {entry["label"]: entry["support"]
                   for entry in told["classes"] if entry["support"]}
        self.assertEqual(support, {"p05": 10, "p31": 10})
        # Nine of ten pictures were trained on: numbers of another order
        # would hardly be right.
        self.assertGreater(told["accuracy"], 0.7)

        (self.dir / "faces/p05").rename(self.dir / "faces/nobody")
        self.assert_one_line(
            self.run_tool("test", "--data", "faces", "--other-data",
                          "--quiet", code=65), "label nobody is not known")

    def test_missing_things(self):
        self.assert_one_line(self.run_tool("test", "--data", "synthetic",
                                           code=66), "artifacts/model.ftm")
        self.run_tool("train", "--data", "synthetic")
        self.assert_one_line(self.run_tool("test", "--data", "absent",
                                           code=66), "absent")


class Predict(Case):

    def setUp(self):
        super().setUp()
        self.run_tool("synth", "faces", "--people", 5)
        self.run_tool("train", "--data", "faces", "--quiet",
                      "--test-size", "0.1")
        split = self.run_json("test", "--data", "faces")
        self.assertGreater(split["accuracy"], 0.2)

    def test_lines(self):
        paths = [f"faces/p0{i}/0{k}.pgm" for i in range(5) for k in range(3)]
        lines = self.run_tool("predict", *paths).out.splitlines()
        self.assertEqual([line.split("\t")[0] for line in lines], paths)
        right = sum(line.split("\t")[1] == line.split("/")[1]
                    for line in lines)
        self.assertGreaterEqual(right, 12)
        self.assertEqual(lines[0].split("\t")[2], "1.0")

        line = self.run_tool("predict", "--top-k", 3, paths[0]).out
        self.assertEqual(len(line.rstrip("\n").split("\t")), 7)

    def test_standard_input(self):
        data = (self.dir / "faces/p02/04.pgm").read_bytes()
        one = self.run_tool("predict", "-", stdin=data).out
        two = self.run_tool("predict", "faces/p02/04.pgm").out
        self.assertEqual(one.split("\t")[1:], two.split("\t")[1:])
        self.assertTrue(one.startswith("-\t"))
        self.run_tool("predict", "-", stdin=b"", code=65)

    def test_answer(self):
        answer = self.run_json("predict", "faces/p02/04.pgm",
                               "faces/p03/01.pgm")
        version = hashlib.sha256(
            (self.dir / "artifacts/model.ftm").read_bytes()).hexdigest()
        self.assertEqual(answer["model"],
                         {"name": "model", "version": version})
        self.assertEqual(answer["timing_us"], {"decode": 0, "predict": 0})
        first = answer["predictions"][0]
        self.assertEqual(first["filename"], "faces/p02/04.pgm")
        self.assertEqual(first["image"], {"format": "pnm", "width": 64,
                                          "height": 64, "orientation": 1})
        self.assertEqual(len(first["top"]), 5)
        self.assertEqual(first["top"][0]["label"], first["label"])
        self.assertEqual(first["decision"], "accepted")

        short = self.run_json("predict", "faces/p02/04.pgm", "--top-k", 2,
                              "--name", "mine")
        self.assertEqual(len(short["predictions"][0]["top"]), 2)
        self.assertEqual(short["model"]["name"], "mine")

    def test_bad_pictures_in_their_place(self):
        (self.dir / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
        good = "faces/p02/04.pgm"
        result = self.run_tool("predict", good, "bad.png", good, code=65)
        lines = result.out.splitlines()
        self.assertEqual(lines[0], lines[2])
        self.assertEqual(lines[1], "bad.png")
        self.assert_one_line(result, "facetree predict: bad.png: ")

        result = self.run_tool("predict", good, "absent", "bad.png", good,
                               "--json", code=66)
        kinds = ["error" in entry
                 for entry in json.loads(result.out)["predictions"]]
        self.assertEqual(kinds, [False, True, True, False])
        self.assertEqual(result.err.count("\n"), 2)

    def test_missing_model(self):
        self.assert_one_line(self.run_tool("predict", "--model", "absent",
                                           "x.png", code=66), "absent")


class Inspect(Case):

    def test_arrays(self):
        trained = self.run_json("train", "--data", "synthetic",
                                "--max-depth", 6)
        model = self.run_json("inspect")
        for name in ("params", "split", "dataset", "accuracy"):
            self.assertEqual(model["metadata"][name], trained[name])
        self.assertNotIn("model", model["metadata"])
        (tree,) = model["trees"]
        count = tree["node_count"]
        self.assertEqual(count, trained["trees"]["node_count"])
        self.assertEqual(tree["max_depth"], trained["trees"]["max_depth"])
        self.assertEqual(tree["n_leaves"], trained["trees"]["n_leaves"])
        for name in ("feature", "threshold", "children_left",
                     "children_right", "impurity", "n_node_samples",
                     "weighted_n_node_samples", "value"):
            self.assertEqual(len(tree[name]), count, name)
        self.assertEqual({len(row) for row in tree["value"]}, {40})
        self.assertEqual(sum(tree["value"][0]), 280)
        self.assertEqual(tree["n_node_samples"][0], 280)

        # What the nodes say of their children.
        for node in range(count):
            left = tree["children_left"][node]
            right = tree["children_right"][node]
            if left < 0:
                self.assertEqual((tree["feature"][node], right), (-2, -1))
                continue
            self.assertEqual(tree["n_node_samples"][node],
                             tree["n_node_samples"][left]
                             + tree["n_node_samples"][right])

    def test_text(self):
        self.run_tool("train", "--data", "synthetic", "--max-depth", 2)
        text = self.run_tool("inspect").out
        for part in ("version ", "decision-tree", "64x64", "p39",
                     '"random_state": 42'):
            self.assertIn(part, text)
        lines = self.run_tool("inspect", "--tree", 0).out.splitlines()
        self.assertRegex(lines[0], r"^\|--- feature_\d+ <= \d+\.\d\d$")
        self.assertEqual(sum("class: p" in line for line in lines), 4)
        self.run_tool("inspect", "--tree", 1, code=2)

    def test_stripped(self):
        self.run_tool("train", "--data", "synthetic")
        whole = (self.dir / "artifacts/model.ftm").stat().st_size
        self.run_tool("train", "--data", "synthetic", "--strip")
        self.assertLess((self.dir / "artifacts/model.ftm").stat().st_size,
                        whole)
        self.assertIn("--strip", self.run_tool("inspect").out)
        for option in ("--json", "--tree=0"):
            self.assert_one_line(self.run_tool("inspect", option, code=65),
                                 "training detail", "--strip")
        self.run_tool("test", "--data", "synthetic")


class Verify(Case):

    def test_good_and_damaged(self):
        version = self.run_json("train", "--data", "synthetic",
                                "--out", "m.ftm")["model"]["version"]
        self.assertEqual(self.run_tool("verify", "m.ftm").out,
                         f"m.ftm: ok, version {version}\n")
        self.assertEqual(self.run_tool("verify", "m.ftm", "-q").out, "")

        data = bytearray((self.dir / "m.ftm").read_bytes())
        data[len(data) // 2] ^= 1
        (self.dir / "flipped.ftm").write_bytes(data)
        (self.dir / "short.ftm").write_bytes(data[:1000])
        (self.dir / "other.ftm").write_text("hello")
        for name in ("flipped.ftm", "short.ftm", "other.ftm"):
            self.assert_one_line(self.run_tool("verify", name, code=65),
                                 f"facetree verify: {name}: ")
        self.assertIn("byte ", self.run_tool("verify", "short.ftm",
                                             code=65).err)

        result = self.run_tool("verify", "m.ftm", "absent", "flipped.ftm",
                               "--json", code=66)
        told = json.loads(result.out)
        self.assertEqual([entry["ok"] for entry in told],
                         [True, False, False])
        self.assertEqual(told[0]["version"], version)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves what the test wants, and counts."""

    def do_GET(self):
        self.server.hits.append(self.path)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
        elif self.path in ("/good", "/short"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.server.data)))
            self.end_headers()
            cut = len(self.server.data) // (1 if self.path == "/good" else 2)
            self.wfile.write(self.server.data[:cut])
        else:
            self.send_error(404)

    def log_message(self, *args):
        pass


class Fetch(Case):

    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.data = bytes(range(256)) * 1000
        server.hits = []
        self.server = server
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.digest = hashlib.sha256(server.data).hexdigest()

    def fetch(self, path, *args, digest=None, **kwargs):
        port = self.server.server_address[1]
        return self.run_tool("fetch", "olivetti", "--url",
                             f"http://127.0.0.1:{port}{path}", "--sha256",
                             digest or self.digest, *args, **kwargs)

    def test_download_once(self):
        result = self.fetch("/good")
        self.assertIn("downloaded", result.out)
        self.assertEqual(result.err, "")
        self.assertEqual(self.files(), ["data/olivettifaces.mat"])
        self.assertEqual((self.dir / "data/olivettifaces.mat").read_bytes(),
                         self.server.data)
        told = json.loads(self.fetch("/good", "--json").out)
        self.assertEqual(told, {"path": "data/olivettifaces.mat",
                                "bytes": 256000, "sha256": self.digest,
                                "downloaded": False})
        self.assertEqual(self.server.hits, ["/good"])

    def test_damaged_cache(self):
        (self.dir / "x.mat").write_text("damaged")
        result = self.fetch("/good", "--out", "x.mat")
        self.assertIn("downloaded again", result.err)
        self.assertEqual((self.dir / "x.mat").read_bytes(), self.server.data)

    def test_wrong_content(self):
        (self.dir / "x.mat").write_text("precious")
        result = self.fetch("/good", "--out", "x.mat", "--quiet",
                            digest="0" * 64, code=65)
        self.assert_one_line(result, "SHA-256")
        self.assertEqual((self.dir / "x.mat").read_text(), "precious")
        self.assertEqual(self.files(), ["x.mat"])

    def test_failures_leave_nothing(self):
        for path in ("/absent", "/short", "/away"):
            self.assert_one_line(self.fetch(path, code=66),
                                 "cannot download http://127.0.0.1:")
        self.assertEqual(self.files(), [])

    def test_redirect(self):
        self.fetch("/redirect")
        self.assertEqual(self.server.hits, ["/redirect", "/good"])

    def test_addresses(self):
        for url in ("ftp://x/", "file:///etc/passwd", "x"):
            self.assert_one_line(self.run_tool("fetch", "olivetti", "--url",
                                               url, code=2), "http://")
        self.run_tool("fetch", "olivetti", "--sha256", "12", code=2)
        self.run_tool("fetch", "mnist", code=2)

    def test_connection_refused(self):
        start = time.monotonic()
        self.run_tool("fetch", "olivetti", "--url", "http://127.0.0.1:1/",
                      code=66)
        self.assertLess(time.monotonic() - start, 10)


@unittest.skipUnless(OLIVETTI.exists(), f"{OLIVETTI} is absent")
class Olivetti(Case):

    @unittest.skipUnless(GOLDEN.exists(), f"{GOLDEN} is absent")
    def test_tree_is_scikit_learns(self):
        golden = json.loads(GOLDEN.read_text())
        told = self.run_json("train", "--data", OLIVETTI, *SEED_OPTIONS)
        self.assertEqual(told["accuracy"], golden["accuracy"])
        self.assertEqual(told["dataset"]["sha256"],
                         golden["dataset"]["sha256_of_uint8_rows"])
        self.assertIs(told["dataset"]["synthetic"], False)
        (tree,) = self.run_json("inspect")["trees"]
        (expected,) = golden["trees"]
        for name in tree:
            self.assertEqual(tree[name], expected[name], name)
        self.assertEqual(
            self.run_json("test", "--data", OLIVETTI)["accuracy"],
            golden["accuracy"])

    def test_same_bytes_again(self):
        versions = {self.run_json("train", "--data", OLIVETTI, "--out",
                                  name)["model"]["version"]
                    for name in ("a.ftm", "b.ftm")}
        self.assertEqual(len(versions), 1)


if __name__ == "__main__":
    unittest.main()
