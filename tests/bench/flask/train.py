"""Fits scikit-learn models for app.py; prints the held-out pictures.

    train.py DATA tree|forest SAVEDMODEL [TREES]

The pictures, the split and the settings are those of "facetree train" in
tests/bench/models.py: the two must come out equal.
"""

import json
import sys

import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from faces import load


def main():
    data, kind, path = sys.argv[1:4]
    pixels, classes, names = load(data)
    numbers = numpy.arange(len(pixels))
    train, test = train_test_split(numbers, test_size=0.3, random_state=42,
                                   stratify=classes)
    if kind == "tree":
        model = DecisionTreeClassifier(max_depth=25, min_samples_leaf=2,
                                       random_state=42)
    else:
        model = RandomForestClassifier(n_estimators=int(sys.argv[4]),
                                       random_state=42)
    model.fit(pixels[train], classes[train])
    accuracy = float((model.predict(pixels[test]) == classes[test]).mean())
    joblib.dump({"model": model, "labels": names,
                 "metadata": {"accuracy": accuracy, "data": "olivetti",
                              "image_size": [64, 64]}}, path)
    print(json.dumps({"test": test.tolist(), "accuracy": accuracy}))


if __name__ == "__main__":
    main()
