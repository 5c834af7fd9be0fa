#!/usr/bin/env python3
"""Accuracy over many splits, and on changed pictures.

    /usr/bin/python3 tests/bench/bench_accuracy.py [--splits N] [--jobs N]
        [--only WORD] [--json]

First table: mean and sd over N stratified 70/30 splits of the Olivetti faces
(seeds 0 to N - 1), by "facetree cv --repeats N", and by scikit-learn on the
same splits with the same settings; the two must be equal, split by split.
scikit-learn has no --augment.

Second table: models trained with and without --augment, on the held-out
pictures as they are and shifted, turned and darkened, by "facetree test".

Pictures come from FACETREE_OLIVETTI (default
../shared/data/olivettifaces.mat).  With --augment, 500 trees and 30 splits it
takes a quarter of an hour on two cores; --only picks rows by a word of their
names.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.path.abspath(os.environ.get("FACETREE_BIN", ROOT / "build/facetree"))
SHARED = pathlib.Path(os.environ.get("FACETREE_SHARED",
                                     ROOT.parent / "shared"))
OLIVETTI = pathlib.Path(os.environ.get(
    "FACETREE_OLIVETTI", SHARED / "data/olivettifaces.mat")).absolute()

# Copies that stay close to their pictures: most accurate where all pictures
# are cut alike and equally light.
CLOSE = ["--augment-copies", "12", "--augment-shift", "0.0079",
         "--augment-rotation", "1.5", "--augment-scale", "0.015",
         "--augment-gain", "0.02"]

# name, options, scikit-learn's class and parameters
SPLITS = [
    ("tree", [], ("tree", "DecisionTreeClassifier", {})),
    ("tree, --augment", ["--augment"], None),
    ("extra-trees 500",
     ["--estimator", "extra-trees", "--n-estimators", "500"],
     ("ensemble", "ExtraTreesClassifier",
      {"n_estimators": 500, "n_jobs": -1})),
    ("extra-trees 500, --augment",
     ["--estimator", "extra-trees", "--n-estimators", "500", "--augment"],
     None),
    ("extra-trees 500, close copies",
     ["--estimator", "extra-trees", "--n-estimators", "500", *CLOSE], None),
]

COPIES = [("", []), (" --augment", ["--augment"]),
          (" --augment-gain 0.3", ["--augment-gain", "0.3"]),
          (" close copies", CLOSE)]

CHANGES = [
    ("as they are", []),
    ("right by 2", ["--shift-right", "2"]),
    ("right 4, down 4", ["--shift-right", "4", "--shift-down", "4"]),
    ("turned by 5", ["--rotate", "5"]),
    ("turned by 10", ["--rotate", "10"]),
    ("darkened to 0.9", ["--gain", "0.9"]),
    ("darkened to 0.8", ["--gain", "0.8"]),
    ("right 2, turned 5, 0.9",
     ["--shift-right", "2", "--rotate", "5", "--gain", "0.9"]),
]

MODELS = [
    ("tree", ["--max-depth", "25", "--min-samples-leaf", "2",
              "--random-state", "42"]),
    ("extra-trees 100", ["--estimator", "extra-trees",
                         "--random-state", "42"]),
]


def facetree(*args):
    command = [BIN, *map(str, args), "--data", OLIVETTI, "--json"]
    return json.loads(subprocess.run(command, check=True,
                                     stdout=subprocess.PIPE).stdout)


def sklearn_scores(kind, splits):
    """Accuracies of scikit-learn on the splits that facetree cv makes."""
    import importlib
    import numpy
    from scipy.io import loadmat
    from sklearn.model_selection import train_test_split
    module, name, params = kind
    make = getattr(importlib.import_module("sklearn." + module), name)
    faces = loadmat(OLIVETTI)["faces"]
    pixels = numpy.ascontiguousarray(
        faces.T.reshape(-1, 64, 64).transpose(0, 2, 1)).reshape(-1, 4096)
    labels = numpy.arange(len(pixels)) // 10
    scores = []
    for seed in range(splits):
        x, x_test, y, y_test = train_test_split(
            pixels, labels, test_size=0.3, random_state=seed, stratify=labels)
        model = make(random_state=0, **params).fit(x, y)
        scores.append(float((model.predict(x_test) == y_test).mean()))
    return scores


def over_splits(args):
    rows = []
    for name, options, kind in SPLITS:
        if args.only and args.only not in name:
            continue
        told = facetree("cv", "--repeats", args.splits, "--jobs", args.jobs,
                        *options)
        row = {"model": name, "mean": told["mean"], "sd": told["sd"],
               "low": told["mean_low"], "high": told["mean_high"]}
        if kind:
            scores = sklearn_scores(kind, args.splits)
            row["sklearn_mean"] = statistics.mean(scores)
            row["sklearn_sd"] = statistics.stdev(scores)
            row["equal"] = scores == [fold["accuracy"]
                                      for fold in told["folds"]]
        rows.append(row)
        if not args.json:
            theirs = (f"{row['sklearn_mean']:.4f}  {row['sklearn_sd']:.4f}  "
                      + ("equal, split by split" if row["equal"]
                         else "DIFFERENT")) if kind else "-"
            print(f"{name:<28} {row['mean']:.4f}  {row['sd']:.4f}  "
                  f"{row['low']:.4f} to {row['high']:.4f}   {theirs}",
                  flush=True)
    return rows


def on_changes(args, folder):
    models = []
    for name, options in MODELS:
        for suffix, augment in COPIES:
            title = name + suffix
            path = os.path.join(folder, title + ".ftm")
            facetree("train", "--out", path, "--jobs", args.jobs, *options,
                     *augment)
            models.append((title, path))
    if not args.json:
        print(f"\n{'':<26}" + "".join(f" {title:>25}" for title, _ in models))
    rows = []
    for name, options in CHANGES:
        row = {"pictures": name}
        for title, path in models:
            row[title] = facetree("test", "--model", path,
                                  *options)["accuracy"]
        rows.append(row)
        if not args.json:
            print(f"{name:<26}" + "".join(f" {row[title]:25.4f}"
                                          for title, _ in models), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not OLIVETTI.exists():
        raise SystemExit(f"{OLIVETTI} is absent")
    if not args.json:
        print(f"{args.splits} stratified splits\n{'':<28} {'mean':<7} "
              f"{'sd':<7} {'95 % of the mean':<18}  scikit-learn: mean, sd")
    splits = over_splits(args)
    with tempfile.TemporaryDirectory(prefix="facetree-bench-") as folder:
        changes = [] if args.only else on_changes(args, folder)
    if args.json:
        print(json.dumps({"splits": splits, "changes": changes}, indent=2))
    return 0 if all(row.get("equal", True) for row in splits) else 1


if __name__ == "__main__":
    sys.exit(main())
