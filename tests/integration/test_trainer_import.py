"""Models that scikit-learn fitted, imported: answers must be the same."""

import copy
import json
import sys
import unittest

from trainer_case import ROOT, Case

try:
    import joblib
    import numpy
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
except ImportError:
    numpy = None

sys.path.insert(0, str(ROOT / "trainer"))

import export_sklearn                        # noqa: E402

SIDE = 12

SMALL = {
    "format": "facetree-trees", "version": 1, "source": "by hand",
    "estimator": "decision-tree", "width": 2, "height": 1, "scale": 1,
    "labels": ["ann", "bob"],
    "trees": [{
        "feature": [1, -2, -2], "threshold": [99.5, -2.0, -2.0],
        "children_left": [1, -1, -1], "children_right": [2, -1, -1],
        "impurity": [0.5, 0.0, 0.0], "n_node_samples": [4, 2, 2],
        "weighted_n_node_samples": [4.0, 2.0, 2.0],
        "value": [[2.0, 2.0], [2.0, 0.0], [0.0, 2.0]]}]}


def pictures(path, gray):
    path.mkdir(exist_ok=True)
    names = []
    for i, row in enumerate(gray):
        name = path / f"{i:03}.pgm"
        name.write_bytes(b"P5\n%d %d\n255\n" % (SIDE, SIDE) + bytes(row))
        names.append(name)
    return names


@unittest.skipUnless(numpy, "scikit-learn or joblib is absent")
class Sklearn(Case):

    def setUp(self):
        super().setUp()
        random = numpy.random.RandomState(3)
        # Few levels, so that pixels lie on thresholds.
        base = random.randint(0, 12, (6, SIDE * SIDE))
        self.classes = random.randint(0, 6, 240)
        noise = random.randint(-4, 5, (240, SIDE * SIDE))
        self.gray = numpy.clip((base[self.classes] + noise) * 20, 0, 255)
        self.gray = self.gray.astype(numpy.uint8)

    def check(self, model, scale, divide, labels=None):
        features = divide(self.gray)
        names = numpy.array(["Zoë", "ann", "bob", "carl, jr", "dan", "eve"])
        model.fit(features[:150], names[self.classes[:150]])
        export_sklearn.export(model, self.dir / "model.json", scale=scale)
        self.run_tool("import", "model.json", "--out", "m.ftm")
        answers = self.run_json(
            "predict", "--model", "m.ftm", "--top-k", 6,
            *pictures(self.dir / "pictures", self.gray))["predictions"]
        expected = model.predict(features)
        proba = model.predict_proba(features)
        for answer, label, row in zip(answers, expected, proba):
            self.assertEqual(answer["label"], label)
            told = {e["label"]: e["probability"] for e in answer["top"]}
            self.assertEqual([told[c] for c in model.classes_], row.tolist())

    def test_trees(self):
        self.check(DecisionTreeClassifier(random_state=1), 1,
                   lambda gray: gray)
        self.check(DecisionTreeClassifier(random_state=1, max_depth=4), 255,
                   lambda gray: gray / 255)
        self.check(ExtraTreeClassifier(random_state=2), 242,
                   lambda gray: gray.astype(numpy.float32) / 242)

    def test_forests(self):
        self.check(RandomForestClassifier(21, random_state=1), 242,
                   lambda gray: gray.astype(numpy.float32) / 242)
        self.check(ExtraTreesClassifier(8, random_state=1,
                                        class_weight="balanced"), 255,
                   lambda gray: gray / 255.0)

    def test_saved_file_with_metadata(self):
        model = DecisionTreeClassifier(random_state=1).fit(
            self.gray, self.classes)
        joblib.dump({"accuracy": 0.5, "model": model}, self.dir / "saved.pth")
        loaded = export_sklearn.load(self.dir / "saved.pth")
        export_sklearn.export(loaded, self.dir / "model.json",
                              labels=list("abcdef"))
        told = self.run_json("import", "model.json", "--strip")
        self.assertEqual(told["classes"], 6)
        inspected = self.run_tool("inspect").out
        self.assertIn("labels    6: a b c d e f", inspected)
        with self.assertRaises(ValueError):
            export_sklearn.describe(model, labels=["a"])
        with self.assertRaises(ValueError):
            export_sklearn.describe(model, width=5, height=5)


class Document(Case):

    def put(self, document):
        (self.dir / "x.json").write_text(json.dumps(document))
        return "x.json"

    def test_small_one(self):
        self.run_tool("import", self.put(SMALL))
        shown = self.run_json("inspect")
        tree = shown["trees"][0]
        for name, values in SMALL["trees"][0].items():
            self.assertEqual(tree[name], values)
        self.assertEqual(shown["metadata"]["imported"],
                         {"source": "by hand", "scale": 1.0})
        (self.dir / "p.pgm").write_bytes(b"P5\n2 1\n255\n\x00\x64")
        self.assertEqual(self.run_tool("predict", "p.pgm").out,
                         "p.pgm\tbob\t1.0\n")
        # No training is recorded: nothing to repeat, all data are others.
        for verb in (["test", "--data", "synthetic"],
                     ["verify", "--retrain", "--data", "synthetic",
                      "artifacts/model.ftm"]):
            self.assert_one_line(self.run_tool(*verb, code=65),
                                 "trained elsewhere")

    def test_damage(self):
        def broken(change):
            document = copy.deepcopy(SMALL)
            change(document, document["trees"][0])
            return document

        changes = {
            "format": lambda d, t: d.update(format="x"),
            "format:": lambda d, t: d.update(version=2),
            "width and height": lambda d, t: d.update(width=0),
            "width and height:": lambda d, t: d.update(height=257),
            "scale": lambda d, t: d.update(scale=0),
            "estimator": lambda d, t: d.update(estimator="svm"),
            "labels": lambda d, t: d.update(labels=[]),
            "labels: number 1": lambda d, t: d.update(labels=["a", 2]),
            "labels: number 0": lambda d, t: d.update(labels=["", "b"]),
            "trees": lambda d, t: d.update(trees=[]),
            "trees:": lambda d, t: d.update(trees=[t, t]),
            "tree 0: threshold": lambda d, t: t["threshold"].pop(),
            "tree 0, node 0: feature":
                lambda d, t: t.update(feature=[2, -2, -2]),
            "tree 0, node 0: children_left":
                lambda d, t: t.update(children_left=[3, -1, -1]),
            "tree 0, node 0: children must":
                lambda d, t: t.update(children_left=[0, -1, -1]),
            "tree 0, node 0: children must ":
                lambda d, t: t.update(children_right=[1, -1, -1]),
            "tree 0, node 1: has one child":
                lambda d, t: t.update(children_right=[2, 0, -1]),
            "tree 0, node 0: feature or threshold":
                lambda d, t: t.update(threshold=[-1.0, -2.0, -2.0]),
            "tree 0, node 1: has no parent": lambda d, t: t.update(
                children_left=[-1] * 3, children_right=[-1] * 3),
            "tree 0, node 2: value must have":
                lambda d, t: t.update(value=[[1, 1], [1, 0], [1]]),
            "tree 0, node 2: value must not be all":
                lambda d, t: t.update(value=[[1, 1], [1, 0], [0, 0]]),
            "tree 0, node 0: value must be":
                lambda d, t: t.update(value=[[1, -1], [1, 0], [0, 1]]),
        }
        for text, change in changes.items():
            self.assert_one_line(
                self.run_tool("import", self.put(broken(change)), code=65),
                "facetree import: x.json: " + text.rstrip(": "))
        (self.dir / "x.json").write_text("{")
        self.assert_one_line(self.run_tool("import", "x.json", code=65),
                             "x.json: line 1")
        self.run_tool("import", "absent.json", code=66)
        self.assertEqual(self.files(), ["x.json"])


if __name__ == "__main__":
    unittest.main()
