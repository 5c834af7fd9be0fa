#!/usr/bin/python3
#
# Copyright (C) facetree contributors
#
# Grows small random problems with build/grow-driver and with the installed
# scikit-learn and compares every array for equality.  The problems are made
# to hurt: few gray levels, constant, duplicated and mirrored columns, equal
# pictures of different classes, all options mixed.
#
# The trees are those of scikit-learn 1.2.1, and with it all is equal to the
# bit.  1.4.2 grows the same trees, with two differences:
#
#   - "value" holds fractions of weighted_n_node_samples, so facetree's sums
#     are divided by it, and must then be equal;
#   - probabilities are these fractions, and no longer the sums divided by
#     their own sum.  With whole weights that is the same.  With fractional
#     ones both are rounded, and 1 ulp is allowed for each weight that was
#     added.  What 1.2.1 would say is then made of the leaves that 1.4.2
#     finds, and must be equal to the bit.
#
#     compare_sklearn.py [--problems N] [--faces N] [--seed S] [--time]
#                        [--driver PATH]
#
# --faces says how many trees on the Olivetti faces are among them.  --time
# adds the times of the seed tree and of forests on those faces, both programs
# in one run.  Exit code 77: scikit-learn is absent, or neither of these.

import argparse
import json
import math
import os
import random
import subprocess
import sys
import time
import warnings

# whether a tree's "value" holds fractions, by version
SKLEARN = {"1.2.1": False, "1.4.2": True}

# of the answers, those that are probabilities
PROBABILITIES = ("proba", "oob")

# differences to describe; the rest are only counted
SHOWN = 10

try:
    import numpy as np
    import sklearn
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.ensemble._forest import _generate_unsampled_indices
    from sklearn.ensemble._forest import _get_n_samples_bootstrap
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.tree import ExtraTreeClassifier
except ImportError as error:
    print("skipped: %s" % error)
    sys.exit(77)

if sklearn.__version__ not in SKLEARN:
    print("skipped: scikit-learn is %s, known are %s"
          % (sklearn.__version__, " and ".join(SKLEARN)))
    sys.exit(77)

FRACTIONS = SKLEARN[sklearn.__version__]


ESTIMATORS = {
    "tree": DecisionTreeClassifier,
    "extra-tree": ExtraTreeClassifier,
    "random-forest": RandomForestClassifier,
    "extra-trees": ExtraTreesClassifier,
}
FORESTS = ("random-forest", "extra-trees")

# samples that every tree has seen are wanted here
warnings.filterwarnings("ignore", message="Some inputs do not have OOB")


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


def draw_class_weight(rng, classes, names):
    """None of them, a name, or a map with whole or fractional weights."""

    kind = rng.random()
    if kind < 0.4:
        return None
    if kind < 0.6:
        return rng.choice(names)
    weights = rng.choice([[1, 2, 3], [0.5, 1.7, 1.1, 0.9, 2.3, 3.7],
                          [0.1, 0.3, 0.7], [0, 1, 0.25]])
    # scikit-learn wants all classes in the map, and one must weigh something
    table = {i: rng.choice(weights) for i in range(classes)}
    table[rng.randrange(classes)] = 1.3

    return table


def draw_params(rng, features, classes, forest):
    """Some of scikit-learn's parameters; the rest keep their defaults."""

    choices = {
        "criterion": ["gini", "entropy", "log_loss"],
        "max_depth": [1, 2, 4, 9],
        "min_samples_split": [2, 3, 7, 0.05, 0.3, 1.0],
        "min_samples_leaf": [1, 2, 5, 0.01, 0.1],
        "max_features": ["sqrt", "log2", None, 1, 2, features, 0.3, 0.7,
                         1.0],
        "min_weight_fraction_leaf": [0.01, 0.1, 0.5],
        "min_impurity_decrease": [0.001, 0.02],
        "ccp_alpha": [0.001, 0.01, 0.05],
        "max_leaf_nodes": [2, 3, 8, 40],
    }
    names = ["balanced"]
    if forest:
        choices["n_estimators"] = [1, 3, 7]
        choices["n_jobs"] = [1, 2]
        names = ["balanced", "balanced_subsample"]
    else:
        choices["splitter"] = ["best", "random"]

    params = {name: rng.choice(values) for name, values in choices.items()
              if rng.random() < 0.35}
    if forest:
        params.setdefault("n_estimators", 5)
        params["bootstrap"] = rng.random() < 0.6
        if params["bootstrap"]:
            if rng.random() < 0.4:
                params["max_samples"] = rng.choice([1, 2, 0.5, 0.75, 1.0])
            params["oob_score"] = rng.random() < 0.5
    weight = draw_class_weight(rng, classes, names)
    if weight:
        params["class_weight"] = weight
    params["random_state"] = rng.randrange(2 ** 32)

    return params


def tree_arrays(estimator):
    tree = estimator.tree_
    # a bootstrap of weightless classes: a leaf of zeros here
    impurity = [0.0 if value != value else value
                for value in tree.impurity.tolist()]

    return {
        "node_count": tree.node_count,
        "max_depth": tree.max_depth,
        "n_leaves": tree.n_leaves,
        "feature": tree.feature.tolist(),
        "threshold": tree.threshold.tolist(),
        "children_left": tree.children_left.tolist(),
        "children_right": tree.children_right.tolist(),
        "impurity": impurity,
        "n_node_samples": tree.n_node_samples.tolist(),
        "weighted_n_node_samples": tree.weighted_n_node_samples.tolist(),
        "value": tree.value[:, 0, :].tolist(),
    }


def fit(name, params, values, labels):
    """What scikit-learn makes of it, and that as the driver's answer."""

    # its sums over trees depend on the order in which its jobs end
    params = {key: value for key, value in params.items() if key != "n_jobs"}
    estimator = ESTIMATORS[name](**params).fit(values, labels)

    answer = {
        "trees": [tree_arrays(tree) for tree in
                  getattr(estimator, "estimators_", [estimator])],
        "importances": estimator.feature_importances_.tolist(),
        "proba": estimator.predict_proba(values).tolist(),
        "predict": estimator.predict(values).tolist(),
    }
    if params.get("oob_score"):
        answer["oob"] = estimator.oob_decision_function_.tolist()
        answer["oob_score"] = estimator.oob_score_
    if name not in FORESTS:
        path = ESTIMATORS[name](**params)
        path = path.cost_complexity_pruning_path(values, labels)
        answer["path"] = [path.ccp_alphas.tolist(), path.impurities.tolist()]

    return estimator, answer


def in_their_form(tree):
    """The driver's tree with "value" as the installed scikit-learn has it."""

    if not FRACTIONS:
        return tree

    value = [[number / weight if weight else 0.0 for number in row]
             for row, weight in zip(tree["value"],
                                    tree["weighted_n_node_samples"])]

    return {**tree, "value": value}


def as_1_2_1(estimator, rows, trees):
    """Probabilities by the rule of 1.2.1, from leaves that are found here.

    "trees" are the driver's, whose sums have been compared.  Returns those of
    the rows and, with bootstrap, those out of bag.
    """

    proba = np.zeros((len(rows), estimator.n_classes_))
    oob = np.zeros_like(proba)
    seen = np.zeros((len(rows), 1))
    grown = getattr(estimator, "estimators_", [estimator])

    for tree, ours in zip(grown, trees):
        sums = np.array(ours["value"])[tree.apply(rows)]
        total = sums.sum(axis=1, keepdims=True)
        total[total == 0.0] = 1.0
        sums /= total
        proba += sums
        if getattr(estimator, "bootstrap", False):
            out = _generate_unsampled_indices(
                tree.random_state, len(rows), _get_n_samples_bootstrap(
                    len(rows), estimator.max_samples))
            oob[out] += sums[out]
            seen[out] += 1

    seen[seen == 0] = 1

    return (proba / len(grown)).tolist(), (oob / seen).tolist()


def ulps_apart(wanted, got):
    """Units in the last place between two tables of numbers, at most."""

    if np.shape(wanted) != np.shape(got):
        return math.inf

    return max((0 if a == b else abs(a - b) / math.ulp(max(a, b))
                for row, other in zip(wanted, got)
                for a, b in zip(row, other)), default=0)


def difference(wanted, got):
    """What is not the same first, or None."""

    if "error" in got:
        return "error: %s" % got["error"]

    if len(wanted["trees"]) != len(got["trees"]):
        return "trees"

    for i, tree in enumerate(wanted["trees"]):
        ours = in_their_form(got["trees"][i])
        for name, value in tree.items():
            if ours.get(name) != value:
                return "tree %d, %s" % (i, name)

    for name, value in wanted.items():
        if name != "trees" and got.get(name) != value:
            return name

    return None


def fractional(params):
    """Whether samples may weigh what is not a whole number."""

    weight = params.get("class_weight")
    if isinstance(weight, dict):
        return any(w != int(w) for w in weight.values())

    return weight is not None                  # "balanced" is n / (k n_i)


class Comparison:
    """Problems by the rules above, and what rounding did to them."""

    rounded = 0
    ulps = 0

    def difference(self, estimator, wanted, got, rows, params):
        """What is not the same, or None."""

        wrong = difference(wanted, got)
        if wrong in PROBABILITIES and FRACTIONS and fractional(params):
            wrong = difference(self.without_rounding(wanted, got, len(rows)),
                               got)
        if wrong is None:
            proba, oob = as_1_2_1(estimator, rows, got["trees"])
            if proba != got["proba"]:
                wrong = "proba, as in 1.2.1"
            if "oob" in got and oob != got["oob"]:
                wrong = "oob, as in 1.2.1"

        return wrong

    def without_rounding(self, wanted, got, samples):
        """Takes our probabilities for theirs where rounding explains it."""

        wanted = dict(wanted)
        self.rounded += 1
        for name in PROBABILITIES:
            if name in wanted:
                ulps = ulps_apart(wanted[name], got[name])
                if ulps <= samples:
                    self.ulps = max(self.ulps, ulps)
                    wanted[name] = got[name]

        return wanted

    def summary(self):
        """A line about it."""

        if not FRACTIONS:
            return "all is equal to the bit"

        return ("fractions are equal; with fractional weights, in %d "
                "problems, its probabilities are rounded otherwise, by up to "
                "%d ulp" % (self.rounded, self.ulps))


COMPARISON = Comparison()


def compare_one(driver, rng, quiet):
    """Returns whether a random problem has the same answer in both."""

    values, labels, classes = draw_data(rng)
    name = rng.choice(["tree", "tree", "tree", "extra-tree", "random-forest",
                       "extra-trees"])
    params = draw_params(rng, values.shape[1], classes, name in FORESTS)

    if params.get("max_samples") == 2 and len(labels) < 2:
        params["max_samples"] = 1

    estimator, wanted = fit(name, params, values, labels)
    ours, name_of = params, name
    if name == "extra-tree":
        # to the driver a tree with other defaults, as to the trainer
        ours = {"splitter": "random", "max_features": "sqrt", **params}
        name_of = "tree"
    got = driver.ask({"rows": values.tolist(), "labels": labels.tolist(),
                      "classes": classes, "estimator": name_of,
                      "params": ours})
    wrong = COMPARISON.difference(estimator, wanted, got, values, params)

    if wrong and not quiet:
        print("differs in %s: %s, %d x %d, %d classes, %s"
              % (wrong, name, values.shape[0], values.shape[1], classes,
                 params))

    return wrong is None


def read_olivetti():
    """The training side of the seed split, or None."""

    from scipy.io import loadmat
    from sklearn.model_selection import train_test_split

    shared = os.environ.get("FACETREE_SHARED", "../shared")
    path = os.environ.get("FACETREE_OLIVETTI",
                          os.path.join(shared, "data/olivettifaces.mat"))
    if not os.path.exists(path):
        print("faces are left out: %s is absent" % path)
        return None

    faces = loadmat(path)["faces"].astype(np.uint8)
    rows = faces.T.reshape(-1, 64, 64).transpose(0, 2, 1).reshape(-1, 4096)
    labels = np.arange(400) // 10
    rows, _, labels, _ = train_test_split(rows, labels, test_size=0.3,
                                          stratify=labels, random_state=42)

    return rows, labels


def compare_time(driver, rows, labels, title, name, params, repeat):
    """Grows the same in both, one after the other, and prints the times."""

    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        estimator = ESTIMATORS[name](**params).fit(rows, labels)
        seconds.append(time.perf_counter() - start)

    got = driver.ask({"rows": rows.tolist(), "labels": labels.tolist(),
                      "classes": 40, "estimator": name, "params": params,
                      "repeat": 3 * repeat})

    trees = getattr(estimator, "estimators_", [estimator])
    same = all(tree_arrays(tree).items()
               <= in_their_form(got["trees"][i]).items()
               for i, tree in enumerate(trees))

    print("%s: scikit-learn %.1f ms, facetree %.2f ms, ratio %.1f, %s"
          % (title, min(seconds) * 1e3, got["seconds"] * 1e3,
             min(seconds) / got["seconds"], "equal" if same else "DIFFERENT"))

    return same


def compare_faces(driver, rng, data):
    """Returns whether a tree on every third pixel is the same in both."""

    rows, labels = data
    rows = rows[:, rng.randrange(3)::3]
    params = {"random_state": rng.randrange(2 ** 32),
              "min_samples_leaf": rng.choice([1, 2, 3])}
    if rng.random() < 0.3:
        params["max_leaf_nodes"] = 30
    if rng.random() < 0.3:
        params["class_weight"] = {i: 1 + i % 3 for i in range(40)}

    estimator, wanted = fit("tree", params, rows, labels)
    got = driver.ask({"rows": rows.tolist(), "labels": labels.tolist(),
                      "classes": 40, "estimator": "tree", "params": params})
    wrong = COMPARISON.difference(estimator, wanted, got, rows, params)

    if wrong:
        print("differs in %s: faces, %s" % (wrong, params))

    return wrong is None


def compare_times(driver, data):
    seed = {"max_depth": 25, "min_samples_leaf": 2, "random_state": 42}
    forest = {"n_estimators": 500, "random_state": 42, "n_jobs": 2}
    extra = {"n_estimators": 100, "random_state": 42, "n_jobs": 2}

    return [
        compare_time(driver, *data, "seed tree", "tree", seed, 3),
        compare_time(driver, *data, "random forest of 500, 2 jobs",
                     "random-forest", forest, 1),
        compare_time(driver, *data, "extra trees, 100, 2 jobs",
                     "extra-trees", extra, 3),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default="build/grow-driver")
    parser.add_argument("--problems", type=int, default=600)
    parser.add_argument("--faces", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()

    driver = Driver(options.driver)
    rng = random.Random(options.seed)

    results = []
    for _ in range(options.problems):
        results.append(compare_one(driver, rng,
                                   results.count(False) >= SHOWN))

    data = read_olivetti()
    if data is not None:
        results += [compare_faces(driver, rng, data)
                    for _ in range(options.faces)]
        if options.time:
            results += compare_times(driver, data)
    if driver.close() != 0:
        results.append(False)

    print("against scikit-learn %s: %s"
          % (sklearn.__version__, COMPARISON.summary()))
    print("%d passed, %d failed" % (results.count(True),
                                    results.count(False)))

    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
