"""Training with every option, search and cross-validation."""

import json
import signal
import statistics
import subprocess
import time
import unittest

from trainer_case import BIN, OLIVETTI, SHARED, Case

CV_GOLDEN = SHARED / "golden/trees/s13-oliv-cv5.json"
FOREST = ["--estimator", "random-forest", "--n-estimators", "12"]


class Options(Case):

    def version(self, *options):
        return self.run_json("train", "--data", "synthetic", "--image-size",
                             "24x24", "--out", "m.ftm",
                             *options)["model"]["version"]

    def test_every_tree_option_matters(self):
        seen = {self.version()}
        for options in (["--estimator", "extra-tree"],
                        ["--splitter", "random"],
                        ["--max-leaf-nodes", "20"],
                        ["--min-weight-fraction-leaf", "0.02"],
                        ["--min-impurity-decrease", "0.01"],
                        ["--class-weight", "balanced"],
                        ["--class-weight", "p01=3.5,p07=0"],
                        ["--ccp-alpha", "0.004"], ["--augment-copies", "2"]):
            seen.add(self.version(*options))
        self.assertEqual(len(seen), 10)

    def test_every_forest_option_matters(self):
        seen = {self.version(*FOREST)}
        for options in (["--n-estimators", "13"], ["--no-bootstrap"],
                        ["--max-samples", "0.5"], ["--max-samples", "100"],
                        ["--oob-score"], ["--random-state", "1"],
                        ["--class-weight", "balanced_subsample"],
                        ["--estimator", "extra-trees"],
                        ["--estimator", "extra-trees", "--bootstrap"]):
            seen.add(self.version(*FOREST, *options))
        self.assertEqual(len(seen), 10)

    def test_jobs_do_not_matter(self):
        options = [*FOREST, "--oob-score", "--class-weight",
                   "balanced_subsample"]
        seen = {self.version(*options, "--jobs", jobs)
                for jobs in ("1", "2", "7")}
        seen.add(self.version(*options))
        self.assertEqual(len(seen), 1)
        text = (self.dir / "m.json").read_text()
        self.assertNotIn("jobs", text)

    def test_extra_tree_is_a_name_for_two_options(self):
        trees = []
        for options in (["--estimator", "extra-tree"],
                        ["--splitter", "random", "--max-features", "sqrt"]):
            self.version(*options)
            trees.append(self.run_json("inspect", "--model",
                                       "m.ftm")["trees"])
        self.assertEqual(trees[0], trees[1])

    def test_forest_is_recorded(self):
        told = self.run_json("train", "--data", "synthetic", "--image-size",
                             "24x24", *FOREST, "--oob-score",
                             "--max-samples", "0.5", "--class-weight",
                             "p03=2.5")
        params = told["params"]
        self.assertEqual(told["estimator"], "random-forest")
        self.assertEqual(params["n_estimators"], 12)
        self.assertIs(params["bootstrap"], True)
        self.assertEqual(params["max_samples"], 0.5)
        self.assertIs(params["oob_score"], True)
        self.assertEqual(params["max_features"], "sqrt")
        self.assertEqual(params["class_weight"]["p03"], 2.5)
        self.assertEqual(params["class_weight"]["p04"], 1.0)
        self.assertNotIn("splitter", params)
        self.assertEqual(told["trees"]["count"], 12)
        self.assertTrue(0 < told["oob_score"] < 1)
        tested = self.run_json("test", "--data", "synthetic")
        self.assertEqual(tested["accuracy"], told["accuracy"])

    def test_contradictions(self):
        forest = ["--estimator", "random-forest"]
        extra = ["--estimator", "extra-trees"]
        for options, text in (
                ([*forest, "--splitter", "best"], "--splitter: does not go"),
                (["--n-estimators", "5"], "--n-estimators: does not go"),
                (["--bootstrap"], "--bootstrap: does not go"),
                (["--no-bootstrap"], "--no-bootstrap: does not go"),
                (["--oob-score"], "--oob-score: does not go"),
                (["--max-samples", "5"], "--max-samples: does not go"),
                ([*extra, "--oob-score"], "--oob-score: needs --bootstrap"),
                ([*extra, "--max-samples", "5"],
                 "--max-samples: needs --bootstrap"),
                ([*forest, "--oob-score", "--augment"],
                 "--oob-score: does not go with --augment"),
                (["--class-weight", "balanced_subsample"],
                 "--class-weight balanced_subsample: only for"),
                (["--search-folds", "3"], "--search-folds: does not go"),
                (["--search", "depth=3"], "--search depth=3: must be"),
                (["--search", "max-depth"], "--search max-depth: must be"),
                (["--search", "max-depth=3,x"], "--max-depth x: must be"),
                (["--search", "bootstrap=1"], "--search bootstrap=1: must"),
                (["--search", "n-estimators=3"],
                 "--n-estimators: does not go")):
            self.assert_one_line(self.run_tool("train", "--data", "synthetic",
                                               *options, code=2),
                                 "facetree train: " + text)
        self.assertEqual(self.files(), [])

    def test_options_that_do_not_fit_the_data(self):
        for options in (["--class-weight", "nobody=2"],
                        ["--class-weight", "p01=2,"],
                        ["--class-weight", "p01=-2"],
                        ["--class-weight", "p01=1,p01=2"],
                        [*FOREST, "--max-samples", "281"]):
            self.assert_one_line(self.run_tool("train", "--data", "synthetic",
                                               *options, code=65),
                                 options[-2][2:].replace("-", "_")
                                 if options[-2] == "--max-samples"
                                 else options[-2])
        self.assertEqual(self.files(), [])

    def test_gate_writes_nothing(self):
        (self.dir / "m.ftm").write_text("earlier")
        self.assert_one_line(
            self.run_tool("train", "--data", "synthetic", "--out", "m.ftm",
                          "--min-accuracy", "0.99", code=1),
            "is below --min-accuracy 0.99")
        self.assertEqual((self.dir / "m.ftm").read_text(), "earlier")
        self.assertEqual(self.files(), ["m.ftm"])

    def test_labels_with_commas_and_equal_signs(self):
        self.run_tool("synth", "faces", "--people", 3)
        for old, new in (("p00", "Do, Ann"), ("p01", "a=b"), ("p02", "Zoë")):
            (self.dir / "faces" / old).rename(self.dir / "faces" / new)
        told = self.run_json("train", "--data", "faces", "--class-weight",
                             "Zoë=2,Do, Ann=3,a=b=0.5")
        self.assertEqual(told["params"]["class_weight"],
                         {"Do, Ann": 3.0, "a=b": 0.5, "Zoë": 2.0})

    def test_interrupted_forest_leaves_nothing(self):
        with subprocess.Popen([BIN, "train", "--data", "synthetic",
                               "--estimator", "random-forest",
                               "--n-estimators", "50000"],
                              cwd=self.dir) as process:
            deadline = time.monotonic() + 60
            while not list(self.dir.glob("artifacts/.facetree*")):
                self.assertLess(time.monotonic(), deadline)
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(60), -signal.SIGINT)
        self.assertEqual(self.files(), [])

    def test_progress_of_trees(self):
        shown = self.run_on_terminal("train", "--data", "synthetic",
                                     *FOREST[:2], "--n-estimators", "1500",
                                     "--jobs", "1")
        self.assertRegex(shown, rb"trees: \d+ of 1500, \d+:\d\d left")


class Augment(Case):

    def test_only_the_training_side_grows(self):
        told = self.run_json("train", "--data", "synthetic", "--augment",
                             "--image-size", "24x24")
        self.assertEqual(told["augment"], {
            "copies": 30, "mirror": True, "shift": 0.03125,
            "rotation_degrees": 6.0, "scale": 0.06, "gain": 0.1})
        self.assertEqual(told["train_count"], 280)
        self.assertEqual(told["test_count"], 120)
        tree = self.run_json("inspect")["trees"][0]
        self.assertEqual(tree["n_node_samples"][0], 280 * 31)
        self.assertEqual(self.run_json("test", "--data",
                                       "synthetic")["accuracy"],
                         told["accuracy"])

    def test_how_far_copies_go(self):
        """Said once it asks for copies; what is not said is as it was."""
        told = self.run_json("train", "--data", "synthetic", "--image-size",
                             "24x24", "--augment-gain", "0.3")
        self.assertEqual(told["augment"], {
            "copies": 30, "mirror": True, "shift": 0.03125,
            "rotation_degrees": 6.0, "scale": 0.06, "gain": 0.3})
        dark = ["test", "--data", "synthetic", "--gain", "0.75"]
        taught = self.run_json(*dark)["accuracy"]
        self.run_tool("train", "--data", "synthetic", "--image-size", "24x24",
                      "--augment-gain", "0")
        self.assertGreater(taught, self.run_json(*dark)["accuracy"])

    def test_jobs_do_not_matter(self):
        for jobs in "1", "3":
            self.run_tool("train", "--data", "synthetic", "--image-size",
                          "24x24", *FOREST, "--augment-copies", "3",
                          "--jobs", jobs, "--out", f"{jobs}.ftm")
        self.assertEqual((self.dir / "1.ftm").read_bytes(),
                         (self.dir / "3.ftm").read_bytes())


class Search(Case):

    def test_best_is_trained(self):
        options = ["train", "--data", "synthetic", "--image-size", "16x16",
                   "--search", "max_depth=2,9", "--search",
                   "criterion=gini,entropy", "--search-folds", "3"]
        text = self.run_tool(*options).out
        self.assertIn("max-depth  criterion  mean", text)
        self.assertEqual(text.count("  best\n"), 1)
        told = self.run_json(*options)
        results = told["search"]["results"]
        self.assertEqual([r["options"] for r in results],
                         [{"max-depth": d, "criterion": c}
                          for d in ("2", "9") for c in ("gini", "entropy")])
        means = [r["mean"] for r in results]
        best = results[told["search"]["best"]]
        self.assertEqual(best["mean"], max(means))
        self.assertEqual(str(told["params"]["max_depth"]),
                         best["options"]["max-depth"])
        self.assertEqual(told["params"]["criterion"],
                         best["options"]["criterion"])

        # The model is that of a training with the same options.
        plain = self.run_json("train", "--data", "synthetic", "--image-size",
                              "16x16", "--max-depth",
                              best["options"]["max-depth"], "--criterion",
                              best["options"]["criterion"])
        self.assertEqual(plain["model"]["version"], told["model"]["version"])


class Cv(Case):

    def test_folds(self):
        told = self.run_json("cv", "--data", "synthetic", "--image-size",
                             "16x16", "--folds", "4")
        scores = [fold["accuracy"] for fold in told["folds"]]
        self.assertEqual(len(scores), 4)
        self.assertEqual(sum(f["test_count"] for f in told["folds"]), 400)
        self.assertAlmostEqual(told["mean"], statistics.fmean(scores), 12)
        self.assertAlmostEqual(told["sd"], statistics.stdev(scores), 12)
        half = 3.18245 * told["sd"] / 2
        self.assertAlmostEqual(told["mean_low"], told["mean"] - half, 6)
        self.assertAlmostEqual(told["mean_high"], told["mean"] + half, 6)
        text = self.run_tool("cv", "--data", "synthetic", "--image-size",
                             "16x16", "--folds", "4").out
        self.assertEqual(text.count("\nfold "), 4)
        self.assertIn(f"mean      {told['mean']:.4f} (95% interval ", text)
        self.assertEqual(self.files(), [])

    def test_repeats_are_the_splits_of_train(self):
        told = self.run_json("cv", "--data", "synthetic", "--image-size",
                             "16x16", "--repeats", "3", "--seed", "7",
                             "--test-size", "0.25")
        for i, fold in enumerate(told["folds"]):
            one = self.run_json("train", "--data", "synthetic",
                                "--image-size", "16x16", "--test-size",
                                "0.25", "--split-seed", 7 + i)
            self.assertEqual(fold["accuracy"], one["accuracy"])
            self.assertEqual(fold["train_count"], 300)

    def test_shuffle_and_gate(self):
        runs = [self.run_json("cv", "--data", "synthetic", "--image-size",
                              "16x16", *options)["folds"]
                for options in ([], ["--shuffle"], ["--shuffle", "--seed",
                                                    "1"])]
        self.assertNotEqual(runs[0], runs[1])
        self.assertNotEqual(runs[1], runs[2])
        self.assert_one_line(
            self.run_tool("cv", "--data", "synthetic", "--image-size",
                          "16x16", "--min-accuracy", "0.99", "--quiet",
                          code=1), "mean accuracy", "below")

    def test_contradictions(self):
        for options, text in (
                (["--folds", "3", "--repeats", "3"], "--folds"),
                (["--shuffle", "--repeats", "3"], "--shuffle"),
                (["--test-size", "0.2"], "--test-size"),
                (["--seed", "1"], "--seed"), (["--folds", "1"], "--folds"),
                (["--repeats", "1"], "--repeats"),
                (["--no-stratify"], "--no-stratify")):
            self.assert_one_line(self.run_tool("cv", "--data", "synthetic",
                                               *options, code=2), text)
        self.assert_one_line(self.run_tool("cv", "--data", "synthetic",
                                           "--folds", "11", code=65), "folds")

    @unittest.skipUnless(OLIVETTI.exists() and CV_GOLDEN.exists(),
                         f"{OLIVETTI} or {CV_GOLDEN} is absent")
    def test_scores_are_scikit_learns(self):
        golden = json.loads(CV_GOLDEN.read_text())
        told = self.run_json("cv", "--data", OLIVETTI, "--max-depth", "25",
                             "--min-samples-leaf", "2", "--random-state",
                             "42", "--max-features", "sqrt", "--shuffle",
                             "--seed", "42")
        self.assertEqual([fold["accuracy"] for fold in told["folds"]],
                         golden["scores"])


if __name__ == "__main__":
    unittest.main()
