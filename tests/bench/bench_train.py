#!/usr/bin/env python3
"""Training time and peak memory, facetree beside scikit-learn.

    /usr/bin/python3 tests/bench/bench_train.py [--quick] [--rounds N] [--json]

Each job runs in a process of its own, the two programs in turn, on the same
pictures with the same settings and on all cores; what is compared is the
time of the training alone, as each program takes it itself, on the clock and
on the processor (all cores together: less disturbed by a busy machine), and
the peak memory of the whole process.  A last table holds the tree's time
against n log n.  Pictures come from FACETREE_OLIVETTI (default
../shared/data/olivettifaces.mat), or are synthetic without it.  --quick
leaves out the large sets and the large forest.  Of the forest on the largest
set scikit-learn grows a few trees only, which is said where it is shown: it
keeps a number a class in every node, more than 16 GB for all of them.
"""

import argparse
import json
import math
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
    start, start_cpu = time.monotonic(), time.process_time()
    model = kind(**params).fit(x, y)
    seconds, cpu = time.monotonic() - start, time.process_time() - start_cpu
    print(json.dumps({"fit_seconds": seconds, "fit_cpu_seconds": cpu,
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
    share = job.get("scikit-learn_trees", 0)
    params = {**job["params"], "n_estimators": share} if share \
        else job["params"]
    theirs = [sys.executable, __file__, "--job",
              json.dumps({**job, "params": params})]
    for _ in range(rounds):
        sides["facetree"].append(run(ours))
        sides["scikit-learn"].append(run(theirs))
    row = {"job": job["name"], "pictures": job["pictures"]}
    for side, results in sides.items():
        row[side] = {
            "seconds": statistics.median(r[0]["fit_seconds"]
                                         for r in results),
            "cpu_seconds": statistics.median(r[0]["fit_cpu_seconds"]
                                             for r in results),
            "peak_bytes": statistics.median(r[1] for r in results),
            "accuracy": results[0][0]["accuracy"]}
    if share:
        times = job["params"]["n_estimators"] / share
        row["scikit-learn"]["seconds"] *= times
        row["scikit-learn"]["cpu_seconds"] *= times
        row["note"] = (f"scikit-learn: {share} trees, their time times "
                       f"{times:g}, their memory and accuracy")
    row["time_ratio"] = (row["scikit-learn"]["seconds"]
                         / row["facetree"]["seconds"])
    row["cpu_ratio"] = (row["scikit-learn"]["cpu_seconds"]
                        / row["facetree"]["cpu_seconds"])
    row["memory_ratio"] = (row["scikit-learn"]["peak_bytes"]
                           / row["facetree"]["peak_bytes"])
    return row


COLUMNS = (f"{'':<30} {'facetree':>17} {'scikit-learn':>19} {'ratio':>13} "
           f"{'peak MB':>10} {'':>6} {'accuracy':>13}\n"
           f"{'':<30} {'s':>8} {'cpu s':>8} {'s':>9} {'cpu s':>9} {'s':>6} "
           f"{'cpu':>6} {'ours':>5} {'theirs':>6} {'':>4} {'ours':>6} "
           f"{'theirs':>6}")


def show(row):
    ours, theirs = row["facetree"], row["scikit-learn"]
    print(f"{row['job']:<30} {ours['seconds']:8.3f} "
          f"{ours['cpu_seconds']:8.3f} {theirs['seconds']:9.3f} "
          f"{theirs['cpu_seconds']:9.3f} {row['time_ratio']:5.1f}x "
          f"{row['cpu_ratio']:5.1f}x {ours['peak_bytes'] / 1e6:5.0f} "
          f"{theirs['peak_bytes'] / 1e6:6.0f} {row['memory_ratio']:3.1f}x "
          f"{ours['accuracy']:6.4f} {theirs['accuracy']:6.4f}", flush=True)
    if "note" in row:
        print(f"{'':<4}({row['note']})", flush=True)


def show_growth(rows):
    """Time against number of pictures, and what n log n would give."""
    rows = [row for row in rows if row["job"].startswith("tree,")]
    if len(rows) < 2:
        return
    print("\na tree's time against the number of pictures n to train on")
    print(f"{'n':>8} {'cpu s':>8} {'growth':>8} {'n log n':>8}")
    for i, row in enumerate(rows):
        n, seconds = row["pictures"], row["facetree"]["cpu_seconds"]
        growth = expected = ""
        if i > 0:
            m = rows[i - 1]["pictures"]
            growth = seconds / rows[i - 1]["facetree"]["cpu_seconds"]
            expected = n * math.log(n) / (m * math.log(m))
            growth, expected = f"{growth:.1f}x", f"{expected:.1f}x"
        print(f"{n:8d} {seconds:8.3f} {growth:>8} {expected:>8}")


def jobs(folder, quick, data=None):
    """What is trained; on the faces "data" first, if they are told."""
    if data or OLIVETTI.exists():
        small = data or str(OLIVETTI)
    else:
        small = os.path.join(folder, "faces")
        subprocess.run([BIN, "synth", small, "--quiet"], check=True)
    yield {"name": "seed tree", "data": small, "estimator": "decision-tree",
           "params": SEED_TREE, "pictures": 280}
    yield {"name": "ExtraTrees 100", "data": small,
           "estimator": "extra-trees",
           "params": {"n_estimators": 100, "random_state": 42},
           "pictures": 280}
    if not quick:
        yield {"name": "RandomForest 500", "data": small,
               "estimator": "random-forest",
               "params": {"n_estimators": 500, "random_state": 42},
               "pictures": 280}
    for people in (100,) if quick else (100, 500, 2000):
        data = os.path.join(folder, f"faces-{people}")
        subprocess.run([BIN, "synth", data, "--quiet", "--people",
                        str(people)], check=True)
        yield {"name": f"tree, {people * 10} synthetic", "data": data,
               "estimator": "decision-tree",
               "params": SEED_TREE, "pictures": people * 7}
        if people == 2000:
            yield {"name": f"RandomForest 100, {people * 10} synthetic",
                   "data": data, "estimator": "random-forest",
                   "params": {"n_estimators": 100, "random_state": 42},
                   "scikit-learn_trees": 2, "pictures": people * 7}
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
        print(COLUMNS)
    with tempfile.TemporaryDirectory(prefix="facetree-bench-") as folder:
        for job in jobs(folder, args.quick):
            # The large sets take minutes, and noise matters less there.
            rounds = 1 if "synthetic" in job["name"] else args.rounds
            rows.append(measure(job, rounds, folder))
            if not args.json:
                show(rows[-1])
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        show_growth(rows)
    return None


if __name__ == "__main__":
    sys.exit(main())
