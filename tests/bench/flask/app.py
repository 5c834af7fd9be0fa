"""The server that facetree replaces: Flask, Pillow and scikit-learn.

A form with a file, any picture of a face, made gray and 64x64, and what a
scikit-learn model says about it.  Started by gunicorn:

    FACETREE_BENCH_MODEL=savedmodel.pth gunicorn -w 2 app:app
"""

import os

import joblib
import numpy
from flask import Flask, jsonify, request
from PIL import Image, ImageOps

FORM = """<!doctype html>
<title>Whose face is it?</title>
<form action="/predict" method="post" enctype="multipart/form-data">
<input type="file" name="file" accept="image/*" multiple>
<button>Ask</button>
</form>
"""

app = Flask(__name__)
saved = joblib.load(os.environ["FACETREE_BENCH_MODEL"])
model, labels = saved["model"], saved["labels"]


def pixels(upload):
    with Image.open(upload.stream) as image:
        upright = ImageOps.exif_transpose(image)
    return numpy.asarray(upright.convert("L").resize((64, 64))).reshape(-1)


def describe(probabilities):
    best = numpy.argsort(-probabilities, kind="stable")[:5]
    return {"label": labels[best[0]], "class": int(best[0]),
            "confidence": float(probabilities[best[0]]),
            "top": [{"label": labels[n], "class": int(n),
                     "probability": float(probabilities[n])} for n in best]}


@app.get("/")
def form():
    return FORM


@app.post("/predict")
def predict():
    uploads = [u for u in request.files.getlist("file") if u.filename]
    if not uploads:
        return jsonify(error="no file"), 400
    try:
        faces = numpy.array([pixels(upload) for upload in uploads])
    except (OSError, ValueError) as error:
        return jsonify(error=str(error)), 422
    return jsonify(predictions=[describe(row)
                                for row in model.predict_proba(faces)])
