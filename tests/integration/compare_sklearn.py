#!/usr/bin/python3
#
# Copyright (C) facetree contributors
#
# Grows small random problems with build/grow-driver and with the installed
# scikit-learn and compares every array for equality.  The problems are made
# to hurt: few gray levels, constant, duplicated and mirrored columns, equal
# pictures of different classes, all options mixed.
#
#     compare_sklearn.py [--problems N] [--seed S] [--time] [--driver PATH]
#
# --time adds the time of the seed tree on the Olivetti faces, both in this
# run.  Exit code 77: scikit-learn is absent, or not 1.2.1.

import argparse
import json
import os
import random
import subprocess
import sys
import time

SKLEARN = "1.2.1"

try:
    import numpy as np
    import sklearn
    from sklearn.tree import DecisionTreeClassifier
except ImportError as error:
    print("skipped: %s" % error)
    sys.exit(77)

if sklearn.__version__ != SKLEARN:
    print("skipped: scikit-learn is %s, the trees are those of %s"
          % (sklearn.__version__, SKLEARN))
    sys.exit(77)


class Driver:
    """build/grow-driver, one line of JSON in, one out."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, problem):
        json.dump(problem, self.process.stdin)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("grow-driver gave up on %s" % json.dumps(problem))
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def draw_data(rng):
    """Rows of gray levels, and labels 0 .. k - 1, all of which occur."""

    count = rng.choice([2, 3, 5, 9, 17, 30, 60, 120, 250])
    features = rng.choice([1, 2, 3, 7, 20, 50])
    classes = min(rng.choice([2, 2, 3, 5, 11, 20]), count)
    levels = rng.choice([2, 3, 5, 20, 256])

    values = np.array([[rng.randrange(levels) for _ in range(features)]
                       for _ in range(count)])
    if levels < 256:
        values = values * (255 // (levels - 1))

    for column in range(features):
        kind = rng.random()
        other = rng.randrange(features)
        if kind < 0.15:
            values[:, column] = rng.randrange(256)
        elif kind < 0.3:
            values[:, column] = values[:, other]
        elif kind < 0.4:
            values[:, column] = 255 - values[:, other]

    labels = np.array([i % classes for i in range(count)])
    if rng.random() < 0.5:
        extra = [rng.randrange(classes) ** 2 // classes for _ in labels]
        labels = np.concatenate([np.arange(classes), extra])[:count]
    order = list(range(count))
    rng.shuffle(order)
    labels = labels[order]

    if rng.random() < 0.6:
        for i in range(count):
            if rng.random() < 0.7:
                column = labels[i] % features
                values[i, column] = (values[i, column] // 2
                                     + 100 * (labels[i] % 2))

    for _ in range(count // 5):
        values[rng.randrange(count)] = values[rng.randrange(count)]

    return values, labels, classes


def draw_params(rng, features):
    """Some of scikit-learn's parameters; the rest keep their defaults."""

    choices = {
        "splitter": ["best", "random"],
        "criterion": ["gini", "entropy", "log_loss"],
        "max_depth": [1, 2, 4, 9],
        "min_samples_split": [2, 3, 7, 0.05, 0.3, 1.0],
        "min_samples_leaf": [1, 2, 5, 0.01, 0.1],
        "max_features": ["sqrt", "log2", 1, 2, features, 0.3, 0.7, 1.0],
    }
    params = {name: rng.choice(values) for name, values in choices.items()
              if rng.random() < 0.5}
    params["random_state"] = rng.randrange(2 ** 32)

    return params


def tree_arrays(estimator):
    tree = estimator.tree_

    return {
        "node_count": tree.node_count,
        "max_depth": tree.max_depth,
        "n_leaves": tree.n_leaves,
        "feature": tree.feature.tolist(),
        "threshold": tree.threshold.tolist(),
        "children_left": tree.children_left.tolist(),
        "children_right": tree.children_right.tolist(),
        "impurity": tree.impurity.tolist(),
        "n_node_samples": tree.n_node_samples.tolist(),
        "weighted_n_node_samples": tree.weighted_n_node_samples.tolist(),
        "value": tree.value[:, 0, :].tolist(),
    }


def difference(wanted, got):
    """The first array that is not the same, or None."""

    if "error" in got:
        return "error: %s" % got["error"]

    for name, value in wanted.items():
        if got.get(name) != value:
            return name

    return None


def compare_one(driver, rng):
    values, labels, classes = draw_data(rng)
    params = draw_params(rng, values.shape[1])

    wanted = tree_arrays(DecisionTreeClassifier(**params).fit(values, labels))
    problem = {"rows": values.tolist(), "labels": labels.tolist(),
               "classes": classes, "params": params}
    wrong = difference(wanted, driver.ask(problem))

    if wrong:
        print("differs in %s: %d x %d, %d classes, %s"
              % (wrong, values.shape[0], values.shape[1], classes, params))

    return wrong is None


def compare_time(driver):
    """The seed tree on the Olivetti faces: equal, and how fast."""

    from scipy.io import loadmat
    from sklearn.model_selection import train_test_split

    shared = os.environ.get("FACETREE_SHARED", "../shared")
    path = os.environ.get("FACETREE_OLIVETTI",
                          os.path.join(shared, "data/olivettifaces.mat"))
    if not os.path.exists(path):
        print("no time taken: %s is absent" % path)
        return True

    faces = loadmat(path)["faces"].astype(np.uint8)
    rows = faces.T.reshape(-1, 64, 64).transpose(0, 2, 1).reshape(-1, 4096)
    labels = np.arange(400) // 10
    rows, _, labels, _ = train_test_split(rows, labels, test_size=0.3,
                                          stratify=labels, random_state=42)
    params = {"max_depth": 25, "min_samples_leaf": 2, "random_state": 42}

    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        estimator = DecisionTreeClassifier(**params).fit(rows, labels)
        seconds.append(time.perf_counter() - start)

    got = driver.ask({"rows": rows.tolist(), "labels": labels.tolist(),
                      "classes": 40, "params": params, "repeat": 9})
    wrong = difference(tree_arrays(estimator), got)

    print("seed tree: scikit-learn %.1f ms, facetree %.2f ms, ratio %.1f%s"
          % (min(seconds) * 1e3, got["seconds"] * 1e3,
             min(seconds) / got["seconds"],
             ", DIFFERS in %s" % wrong if wrong else ", equal"))

    return wrong is None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default="build/grow-driver")
    parser.add_argument("--problems", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()

    driver = Driver(options.driver)
    rng = random.Random(options.seed)

    results = [compare_one(driver, rng) for _ in range(options.problems)]
    if options.time:
        results.append(compare_time(driver))
    if driver.close() != 0:
        results.append(False)

    print("%d passed, %d failed" % (results.count(True),
                                    results.count(False)))

    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
