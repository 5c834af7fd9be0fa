#!/usr/bin/env python3
"""Writes a fitted scikit-learn tree or forest for "facetree import".

    python3 export_sklearn.py savedmodel.pth --scale 255 > model.json
    facetree import model.json --out artifacts/model.ftm

or from a program of your own:

    from export_sklearn import export
    export(classifier, "model.json", scale=255)

"scale" is what gray levels 0..255 were divided by before fit(): 1 for none,
255, or 242 for fetch_olivetti_faces().  A file is loaded with joblib, which
comes with scikit-learn, or else with pickle: both run code that is in the
file, so load only files that you made yourself.  docs/import.md describes
the JSON.
"""

import argparse
import json
import math
import sys

ESTIMATORS = {
    "DecisionTreeClassifier": "decision-tree",
    "ExtraTreeClassifier": "extra-tree",
    "RandomForestClassifier": "random-forest",
    "ExtraTreesClassifier": "extra-trees",
}


def tree_arrays(tree):
    """The arrays of sklearn.tree._tree.Tree; floats are written exactly."""
    return {
        "feature": tree.feature.tolist(),
        "threshold": tree.threshold.tolist(),
        "children_left": tree.children_left.tolist(),
        "children_right": tree.children_right.tolist(),
        "impurity": tree.impurity.tolist(),
        "n_node_samples": tree.n_node_samples.tolist(),
        "weighted_n_node_samples": tree.weighted_n_node_samples.tolist(),
        "value": tree.value[:, 0, :].tolist(),
    }


def describe(classifier, scale=1, width=None, height=None, labels=None):
    """The document as a dict."""
    # A pipeline or search holds the classifier.
    classifier = getattr(classifier, "best_estimator_", classifier)
    name = type(classifier).__name__
    if name not in ESTIMATORS:
        raise ValueError(f"{name}: want one of {', '.join(ESTIMATORS)}")
    if getattr(classifier, "n_outputs_", 1) != 1:
        raise ValueError("classifiers of several outputs are not served")
    features = classifier.n_features_in_
    if width is None or height is None:
        width = height = math.isqrt(features)
    if width * height != features:
        raise ValueError(f"{features} features are not {width} x {height} "
                         "pixels: say width and height")
    if labels is None:
        labels = [str(label) for label in classifier.classes_.tolist()]
    if len(labels) != len(classifier.classes_):
        raise ValueError(f"{len(labels)} labels for "
                         f"{len(classifier.classes_)} classes")
    forest = getattr(classifier, "estimators_", None)
    trees = forest if forest is not None else [classifier]
    import sklearn
    return {
        "format": "facetree-trees",
        "version": 1,
        "source": f"scikit-learn {sklearn.__version__} {name}",
        "estimator": ESTIMATORS[name],
        "width": width,
        "height": height,
        "scale": scale,
        "labels": labels,
        "trees": [tree_arrays(tree.tree_) for tree in trees],
    }


def export(classifier, path, **options):
    """Writes the document of describe() to a file."""
    document = describe(classifier, **options)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
        file.write("\n")


def load(path):
    """A classifier from a file; some scripts save it in a dict or tuple."""
    try:
        import joblib
        saved = joblib.load(path)
    except ImportError:
        import pickle
        with open(path, "rb") as file:
            saved = pickle.load(file)
    candidates = [saved]
    if isinstance(saved, dict):
        candidates = list(saved.values())
    elif isinstance(saved, (list, tuple)):
        candidates = list(saved)
    for candidate in candidates:
        inner = getattr(candidate, "best_estimator_", candidate)
        if type(inner).__name__ in ESTIMATORS:
            return inner
    raise ValueError(f"{path}: no tree or forest of scikit-learn in it")


def main():
    parser = argparse.ArgumentParser(
        description="Write a fitted scikit-learn tree or forest as JSON for "
                    "\"facetree import\".")
    parser.add_argument("model", help="file written with joblib or pickle")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="what gray levels were divided by (default 1)")
    parser.add_argument("--size", metavar="WxH",
                        help="of the pictures (default: square)")
    parser.add_argument("--labels", metavar="A,B,...",
                        help="names in place of the classes")
    parser.add_argument("--out", help="file to write (default: stdout)")
    args = parser.parse_args()
    options = {"scale": args.scale}
    try:
        if args.size:
            width, height = args.size.split("x")
            options.update(width=int(width), height=int(height))
        if args.labels:
            options["labels"] = args.labels.split(",")
        document = describe(load(args.model), **options)
    except (ValueError, OSError) as error:
        print(f"export_sklearn.py: {error}", file=sys.stderr)
        return 1
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
    else:
        json.dump(document, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
