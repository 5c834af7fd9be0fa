"""What is done with a model once it is there: test, inspect, verify, bench."""

import base64
import html.parser
import json
import shutil
import unittest

from trainer_case import Case

FOREST = ["--estimator", "random-forest", "--n-estimators", "12"]


class Measures(Case):

    def test_brier_matrix_and_rejection(self):
        self.run_tool("train", "--data", "synthetic", "--image-size",
                      "24x24", *FOREST)
        told = self.run_json("test", "--data", "synthetic")
        matrix = told["confusion_matrix"]
        self.assertEqual(len(matrix), 40)
        self.assertEqual({len(row) for row in matrix}, {40})
        self.assertEqual(sum(map(sum, matrix)), 120)
        self.assertEqual(sum(matrix[i][i] for i in range(40)),
                         told["correct"])
        for i, entry in enumerate(told["classes"]):
            self.assertEqual(sum(matrix[i]), entry["support"])
            self.assertEqual(sum(row[i] for row in matrix),
                             entry["predicted"])

        self.assertTrue(0 < told["brier"] < 2)
        curve = told["rejection"]
        self.assertEqual(curve[0], {"threshold": 0.0, "answered": 120,
                                    "correct": told["correct"], "share": 1.0,
                                    "accuracy": told["accuracy"]})
        answered = [point["answered"] for point in curve]
        self.assertEqual(answered, sorted(answered, reverse=True))
        self.assertLess(answered[-1], 120)
        for point in curve:
            self.assertEqual(point["accuracy"] is None,
                             point["answered"] == 0)
        text = self.run_tool("test", "--data", "synthetic").out
        self.assertIn(f"brier      {told['brier']:.4f}", text)
        self.assertIn("threshold  answered", text)
        self.assertNotIn("confusion matrix", text)

    def test_measures_by_hand(self):
        self.run_tool("synth", "faces", "--people", 4, "--pictures", 6)
        self.run_tool("train", "--data", "faces", "--image-size", "24x24",
                      *FOREST)
        self.run_tool("synth", "new", "--people", 4, "--pictures", 6,
                      "--seed", 3)
        told = self.run_json("test", "--data", "new", "--other-data")
        paths = sorted((self.dir / "new").glob("p*/*.pgm"))
        answers = self.run_json("predict", "--top-k", 4,
                                *paths)["predictions"]
        brier = 0.0
        rejected = 0
        for path, answer in zip(paths, answers):
            truth = path.parent.name
            brier += sum((entry["probability"]
                          - (entry["label"] == truth)) ** 2
                         for entry in answer["top"])
            rejected += answer["confidence"] < 0.4
        self.assertEqual(told["count"], 24)
        self.assertAlmostEqual(told["brier"], brier / 24, 12)
        point = told["rejection"][8]
        self.assertEqual((point["threshold"], point["answered"]),
                         (0.4, 24 - rejected))
        self.assertIn("\nconfusion matrix", self.run_tool(
            "test", "--data", "new", "--other-data").out)

    def test_changed_pictures(self):
        told = self.run_json("train", "--data", "synthetic")
        plain = self.run_json("test", "--data", "synthetic", "--rotate",
                              "0", "--gain", "1")
        self.assertEqual(plain["accuracy"], told["accuracy"])
        for options in (["--rotate", "8"], ["--gain", "0.5"],
                        ["--shift-right", "3"], ["--shift-down", "-3"],
                        ["--zoom", "1.2"]):
            changed = self.run_json("test", "--data", "synthetic", *options)
            self.assertNotEqual(changed["correct"], plain["correct"],
                                options)
        self.run_tool("test", "--data", "synthetic", "--rotate", "90", code=2)


class Dot(Case):

    def test_graph(self):
        self.run_tool("synth", "faces", "--people", 3)
        (self.dir / "faces/p01").rename(self.dir / 'faces/"q" \\ é')
        self.run_tool("train", "--data", "faces")
        (tree,) = self.run_json("inspect")["trees"]
        text = self.run_tool("inspect", "--dot").out
        lines = text.splitlines()
        self.assertEqual(lines[0], "digraph Tree {")
        self.assertEqual(lines[-1], "}")
        self.assertEqual(sum("[label=" in line for line in lines),
                         tree["node_count"])
        self.assertEqual(sum(" -> " in line for line in lines),
                         tree["node_count"] - 1)
        feature = tree["feature"][0]
        self.assertIn(f"0 [label=\"x {feature % 64}, y {feature // 64} <= "
                      f"{tree['threshold'][0]:g}\\n", text)
        self.assertIn(r'class = \"q\" \\ é', text)
        self.assertEqual(self.run_tool("inspect", "--dot", "--tree",
                                       "0").out, text)
        self.run_tool("inspect", "--dot", "--tree", "1", code=2)
        self.run_tool("inspect", "--dot", "--json", code=2)


class PruningPath(Case):

    def leaves_impurity(self, path):
        tree = self.run_json("inspect", "--model", path)["trees"][0]
        weights = tree["weighted_n_node_samples"]
        return sum(weights[i] * tree["impurity"][i]
                   for i, left in enumerate(tree["children_left"])
                   if left < 0) / weights[0]

    def test_alphas_are_what_prunes(self):
        options = ["train", "--data", "synthetic", "--image-size", "12x12",
                   "--min-samples-leaf", "3", "--quiet", "--out"]
        self.run_tool(*options, "whole.ftm")
        path = self.run_json("inspect", "--model", "whole.ftm", "--ccp-path")
        alphas, impurities = path["ccp_alphas"], path["impurities"]
        self.assertEqual(alphas[0], 0.0)
        self.assertEqual(alphas, sorted(alphas))
        self.assertEqual(len(alphas), len(impurities))
        self.assertAlmostEqual(impurities[0],
                               self.leaves_impurity("whole.ftm"), 12)
        last = max(i for i, alpha in enumerate(alphas)
                   if alpha < alphas[-1])
        for i in last, len(alphas) - 1:
            self.run_tool(*options, "cut.ftm", "--ccp-alpha", repr(alphas[i]))
            self.assertAlmostEqual(impurities[i],
                                   self.leaves_impurity("cut.ftm"), 12)
        text = self.run_tool("inspect", "--model", "whole.ftm",
                             "--ccp-path").out.splitlines()
        self.assertEqual(len(text), len(alphas) + 1)
        self.assertEqual([float(word) for word in text[-1].split()],
                         [alphas[-1], impurities[-1]])

    def test_does_not_go_with_everything(self):
        self.run_tool("train", "--data", "synthetic", "--image-size", "8x8",
                      "--strip")
        self.assert_one_line(self.run_tool("inspect", "--ccp-path", code=65),
                             "written with --strip")
        self.assert_one_line(self.run_tool("inspect", "--ccp-path", "--dot",
                                           code=2), "--ccp-path")


class Retrain(Case):

    def test_every_kind_of_model(self):
        for options in (["--criterion", "entropy"], FOREST,
                        [*FOREST, "--oob-score", "--class-weight",
                         "p01=2.5,p02=0.125", "--max-samples", "0.7"],
                        ["--estimator", "extra-tree", "--augment-copies",
                         "2", "--class-weight", "balanced"],
                        ["--augment-copies", "3", "--augment-gain", "0.25",
                         "--augment-shift", "0", "--augment-rotation", "45",
                         "--augment-scale", "0.5"],
                        ["--estimator", "extra-trees", "--n-estimators",
                         "5", "--max-leaf-nodes", "30", "--strip",
                         "--ccp-alpha", "0.002", "--no-stratify"]):
            version = self.run_json("train", "--data", "synthetic", "--out",
                                    "m.ftm", "--image-size", "16x20",
                                    *options)["model"]["version"]
            self.assertEqual(
                self.run_tool("verify", "--retrain", "--data", "synthetic",
                              "m.ftm").out,
                f"m.ftm: ok, the same when trained again, version "
                f"{version}\n")

    def test_name_of_the_data_does_not_matter(self):
        self.run_tool("synth", "faces", "--people", 3)
        self.run_tool("train", "--data", "faces")
        (self.dir / "faces").rename(self.dir / "moved")
        self.run_tool("verify", "--retrain", "--data", "moved",
                      "artifacts/model.ftm")

    def test_what_differs(self):
        self.run_tool("synth", "faces", "--people", 3)
        self.run_tool("train", "--data", "faces", "--out", "m.ftm")
        (self.dir / "faces/p02").rename(self.dir / "faces/p09")
        self.assert_one_line(
            self.run_tool("verify", "--retrain", "--data", "faces", "m.ftm",
                          code=1), "m.ftm: trained again, it is another")
        self.assert_one_line(
            self.run_tool("verify", "--retrain", "--data", "synthetic",
                          "m.ftm", code=65), "not the data")
        told = json.loads(self.run_tool(
            "verify", "--retrain", "--data", "faces", "m.ftm", "--json",
            code=1).out)
        self.assertIs(told[0]["ok"], False)
        self.run_tool("verify", "--retrain", "m.ftm", code=2)
        self.run_tool("verify", "--data", "faces", "m.ftm", code=2)


class Bench(Case):

    def test_figures(self):
        self.run_tool("train", "--data", "synthetic", "--image-size",
                      "16x16", *FOREST)
        told = self.run_json("bench", "--rounds", "3")
        self.assertEqual(told["model"]["trees"], 12)
        self.assertEqual(told["pictures"], 400)
        for name in "single", "batch":
            figures = told[name]
            self.assertLessEqual(figures["best_ns_per_image"],
                                 figures["ns_per_image"])
            self.assertGreater(figures["best_ns_per_image"], 10)
            self.assertAlmostEqual(figures["images_per_second"]
                                   * figures["ns_per_image"], 1e9, 0)
        text = self.run_tool("bench", "--rounds", "1").out
        self.assertRegex(text, r"single    \d+ ns per image, \d+ images/s")
        self.run_tool("bench", "--rounds", "0", code=2)
        self.run_tool("bench", "--model", "absent", code=66)


class Page(html.parser.HTMLParser):
    """Notes what a page holds and whether its elements are closed."""

    VOID = {"meta", "img", "br", "rect"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.sources, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for key, value in attrs
                         if key in ("src", "href")]
        if tag not in self.VOID or (tag == "rect" and not self.ended()):
            self.open.append(tag)

    def ended(self):
        return self.get_starttag_text().endswith("/>")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        self.text += data


class Report(Case):

    def test_page(self):
        self.run_tool("synth", "faces", "--people", 5)
        (self.dir / "faces/p03").rename(self.dir / "faces/p<3>&\"é")
        told = self.run_json("train", "--data", "faces")
        self.run_tool("report", "--data", "faces", "--out", "out/r.html")
        text = (self.dir / "out/r.html").read_text()
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertNotIn("script", page.tags)
        self.assertIn("svg", page.tags)
        wrong = told["test_count"] - told["test_correct"]
        self.assertEqual(page.tags.count("article"), wrong)
        self.assertEqual(page.tags.count("img"), 1 + 3 * wrong)
        for source in page.sources:
            kind, data = source.split(",")
            self.assertEqual(kind, "data:image/png;base64")
            self.assertTrue(base64.b64decode(data).startswith(b"\x89PNG"))
        self.assertIn(f"{100 * told['accuracy']:.1f} %", page.text)
        self.assertIn(told["dataset"]["sha256"], page.text)
        self.assertIn(told["model"]["version"], page.text)
        self.assertIn("p<3>&\"é", page.text)
        self.assertIn("Synthetic faces.", page.text)
        self.assertIn("prefers-color-scheme:dark", text)

        # The same inputs give the same page.
        self.run_tool("report", "--data", "faces", "--out", "again.html")
        self.assertEqual((self.dir / "again.html").read_text(), text)

    def test_forest_and_stripped(self):
        self.run_tool("train", "--data", "synthetic", *FOREST, "--strip",
                      "--image-size", "24x24")
        self.assertEqual(self.run_json("report", "--data", "synthetic"),
                         {"path": "artifacts/report.html"})
        text = (self.dir / "artifacts/report.html").read_text()
        self.assertIn("was written with --strip", text)
        self.assert_one_line(self.run_tool("report", "--data", "synthetic:1",
                                           code=65), "not the data")
        self.run_tool("report", code=2)
        self.run_tool("report", "--data", "synthetic", "--out",
                      "artifacts/model.ftm/x", code=73)


class OwnPhotos(Case):

    def test_duplicates_on_both_sides(self):
        self.run_tool("synth", "faces", "--people", 3, "--pictures", 4)
        for label in ("p00", "p01", "p02"):
            for i in range(3):
                shutil.copy(self.dir / f"faces/{label}/00.pgm",
                            self.dir / f"faces/{label}/copy {i}.pgm")
        self.assert_one_line(
            self.run_tool("train", "--data", "faces", "--json"),
            "held-out pictures are also trained on", "the accuracy flatters")
        self.assertEqual(self.run_tool("train", "--data", "faces",
                                       "--quiet").err, "")

    def test_too_few_pictures(self):
        self.run_tool("synth", "faces", "--people", 3, "--pictures", 3)
        for path in list((self.dir / "faces/p01").iterdir())[1:]:
            path.unlink()
        self.assert_one_line(self.run_tool("train", "--data", "faces",
                                           code=65),
                             "facetree train: p01 has only one picture",
                             "--no-stratify")
        self.run_tool("train", "--data", "faces", "--no-stratify")
        for label in ("p01", "p02"):
            shutil.rmtree(self.dir / "faces" / label)
        for verb in "train", "cv":
            self.assert_one_line(self.run_tool(verb, "--data", "faces",
                                               code=65),
                                 "faces: has one label only, p00")

    def test_what_is_left_out_is_listed(self):
        self.run_tool("synth", "faces", "--people", 3)
        faces = self.dir / "faces"
        (faces / "nobody").mkdir()
        (faces / "notes.txt").write_text("about them")
        shutil.copy(faces / "p00/00.pgm", faces / "Stray.PGM")
        result = self.run_tool("train", "--data", "faces")
        self.assertEqual(sorted(result.err.splitlines()), [
            "facetree train: warning: skipped Stray.PGM: lies beside the "
            "directories: of which person?",
            "facetree train: warning: skipped nobody: holds no picture"])
        self.assertIn("30 pictures of 3 people", result.out)
        self.assertIn("2 skipped", result.out)
        self.assert_one_line(self.run_tool("train", "--data", "faces",
                                           "--strict", code=65),
                             "Stray.PGM: lies beside")

    def test_names_with_spaces_and_utf8(self):
        self.run_tool("synth", "faces", "--people", 3)
        (self.dir / "faces/p00").rename(self.dir / "faces/Åse Berg")
        (self.dir / "faces/p01").rename(self.dir / "faces/李 小龙")
        told = self.run_json("train", "--data", "faces")
        self.assertEqual(told["model"]["labels"],
                         ["p02", "Åse Berg", "李 小龙"])


if __name__ == "__main__":
    unittest.main()
