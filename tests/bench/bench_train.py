#!/usr/bin/env python3
"""Training time and peak memory, facetree beside scikit-learn.

    /usr/bin/python3 tests/bench/bench_train.py [--quick] [--rounds N] [--json]

Each job runs in a process of its own, the two programs in turn, on the same
pictures with the same settings and on all cores; what is compared is the
time of the training alone, as each program takes it itself, and the peak
memory of the whole process.  Pictures come from FACETREE_OLIVETTI (default
../shared/data/olivettifaces.mat), or are synthetic without it.  --quick
leaves out the large sets and the large forest.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
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

CLASSES = {"decision-tree": "tree.DecisionTreeClassifier",
           "random-forest": "ensemble.RandomForestClassifier",
           "extra-trees": "ensemble.ExtraTreesClassifier"}
SEED_TREE = {"max_depth": 25, "min_samples_leaf": 2, "random_state": 42}


def sklearn_side(job):
    """Runs in a process of its own: reads, splits, fits, says how long."""
    import importlib
    import time
    import numpy
    from sklearn.model_selection import train_test_split
    path = pathlib.Path(job["data"])
    if path.is_file():
        from scipy.io import loadmat
        faces = loadmat(path)["faces"]
        pixels = faces.T.reshape(-1, 64, 64).transpose(0, 2, 1)
        pixels = numpy.ascontiguousarray(pixels).reshape(len(pixels), -1)
        labels = numpy.arange(len(pixels)) // 10
    else:
        files = sorted(path.glob("*/*.pgm"))
        pixels = numpy.empty((len(files), 4096), numpy.uint8)
        for i, file in enumerate(files):
            pixels[i] = numpy.frombuffer(file.read_bytes()[-4096:],
                                         numpy.uint8)
        _, labels = numpy.unique([file.parent.name for file in files],
                                 return_inverse=True)
    x, x_test, y, y_test = train_test_split(
        pixels, labels, test_size=0.3, random_state=42, stratify=labels)
    module, name = CLASSES[job["estimator"]].split(".")
    kind = getattr(importlib.import_module("sklearn." + module), name)
    params = dict(job["params"])
    if module == "ensemble":
        params["n_jobs"] = -1
    start = time.monotonic()
    model = kind(**params).fit(x, y)
    seconds = time.monotonic() - start
    print(json.dumps({"seconds": seconds,
                      "accuracy": float((model.predict(x_test)
                                         == y_test).mean())}))


def run(command):
    """The JSON that a command prints, and its peak memory in bytes."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"{command}: failed with {status}")
        out.seek(0)
        return json.load(out), usage.ru_maxrss * 1024


def measure(job, rounds, folder):
    """Medians of the two sides, which take turns."""
    sides = {"facetree": [], "scikit-learn": []}
    model = os.path.join(folder, "model.ftm")
    ours = [BIN, "train", "--data", job["data"], "--out", model, "--json",
            "--quiet", "--estimator", job["estimator"]]
    for name, value in job["params"].items():
        ours += ["--" + name.replace("_", "-"), str(value)]
    theirs = [sys.executable, __file__, "--job", json.dumps(job)]
    for _ in range(rounds):
        sides["facetree"].append(run(ours))
        sides["scikit-learn"].append(run(theirs))
    row = {"job": job["name"]}
    for side, results in sides.items():
        row[side] = {
            "seconds": statistics.median(r[0]["seconds"] for r in results),
            "peak_bytes": statistics.median(r[1] for r in results),
            "accuracy": results[0][0]["accuracy"]}
    row["time_ratio"] = (row["scikit-learn"]["seconds"]
                         / row["facetree"]["seconds"])
    row["memory_ratio"] = (row["scikit-learn"]["peak_bytes"]
                           / row["facetree"]["peak_bytes"])
    return row


def show(row):
    ours, theirs = row["facetree"], row["scikit-learn"]
    print(f"{row['job']:<34} {ours['seconds']:8.3f} {theirs['seconds']:9.3f} "
          f"{row['time_ratio']:6.1f}x {ours['peak_bytes'] / 1e6:8.0f} "
          f"{theirs['peak_bytes'] / 1e6:8.0f} {ours['accuracy']:8.4f} "
          f"{theirs['accuracy']:8.4f}", flush=True)


def jobs(folder, quick):
    if OLIVETTI.exists():
        small = str(OLIVETTI)
    else:
        small = os.path.join(folder, "faces")
        subprocess.run([BIN, "synth", small, "--quiet"], check=True)
    yield {"name": "seed tree", "data": small, "estimator": "decision-tree",
           "params": SEED_TREE}
    yield {"name": "ExtraTrees 100", "data": small,
           "estimator": "extra-trees",
           "params": {"n_estimators": 100, "random_state": 42}}
    if not quick:
        yield {"name": "RandomForest 500", "data": small,
               "estimator": "random-forest",
               "params": {"n_estimators": 500, "random_state": 42}}
    for people in (100,) if quick else (100, 500, 2000):
        data = os.path.join(folder, f"faces-{people}")
        subprocess.run([BIN, "synth", data, "--quiet", "--people",
                        str(people)], check=True)
        yield {"name": f"tree, {people * 10} synthetic", "data": data,
               "estimator": "decision-tree",
               "params": SEED_TREE}
        if people == 2000:
            yield {"name": f"RandomForest 100, {people * 10} synthetic",
                   "data": data, "estimator": "random-forest",
                   "params": {"n_estimators": 100, "random_state": 42}}
        shutil.rmtree(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        return sklearn_side(json.loads(args.job))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows = []
    if not args.json:
        print(f"{'':<34} {'facetree':>8} {'sklearn':>9} {'':>7} "
              f"{'MB':>8} {'MB':>8} {'accuracy':>8}")
    with tempfile.TemporaryDirectory(prefix="facetree-bench-") as folder:
        for job in jobs(folder, args.quick):
            # The large sets take minutes, and noise matters less there.
            rounds = 1 if "synthetic" in job["name"] else args.rounds
            rows.append(measure(job, rounds, folder))
            if not args.json:
                show(rows[-1])
    if args.json:
        print(json.dumps(rows, indent=2))
    return None


if __name__ == "__main__":
    sys.exit(main())
