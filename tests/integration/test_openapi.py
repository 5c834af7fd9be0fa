"""The interface's document: sound in itself, and true of the answers that the
trainer prints, which are those of the server."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import jsonschema

import openapi

BUILD = os.environ.get("FACETREE_BUILD") or openapi.ROOT / "build"
BIN = os.path.abspath(os.environ.get("FACETREE_BIN")
                      or os.path.join(BUILD, "facetree"))


def references(value):
    if isinstance(value, dict):
        for key, entry in value.items():
            if key == "$ref":
                yield entry
            yield from references(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from references(entry)


class Document(unittest.TestCase):

    def test_schemas(self):
        for schema in openapi.SCHEMAS.values():
            jsonschema.Draft202012Validator.check_schema(schema)
        known = {"#/components/schemas/" + name for name in openapi.SCHEMAS}
        used = set(references(openapi.DOCUMENT))
        self.assertEqual(used - known, set())

    def test_operations(self):
        names = [entry["operationId"]
                 for item in openapi.DOCUMENT["paths"].values()
                 for key, entry in item.items() if key != "parameters"]
        self.assertEqual(len(names), len(set(names)))
        for path, item in openapi.DOCUMENT["paths"].items():
            stated = {entry["name"] for entry in item.get("parameters", [])}
            self.assertEqual(stated, {part[1:-1] for part in path.split("/")
                                      if part.startswith("{")})
        self.assertEqual(openapi.operation("POST", "/v2/models/a/infer"),
                         openapi.DOCUMENT["paths"]
                         ["/v2/models/{model}/infer"]["post"])
        self.assertIsNone(openapi.operation("GET", "/v2/models/a/infer"))

    def test_it_refuses(self):
        self.assertEqual(openapi.errors("Error", {"error": "x"}), [])
        self.assertNotEqual(openapi.errors("Error", {}), [])
        self.assertNotEqual(openapi.errors("Error", {"error": 1}), [])
        self.assertNotEqual(openapi.errors("Error", {"error": "", "x": 1}),
                            [])
        self.assertNotEqual(openapi.response_errors(
            "GET", "/v2", 200, "text/html", ""), [])
        self.assertNotEqual(openapi.response_errors(
            "GET", "/v2", 418, "application/json", {}), [])


class Answers(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="facetree-openapi-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.tool("synth", "faces", "--people", "5", "--quiet")
        cls.tool("train", "--data", "faces", "--quiet")
        cls.tool("train", "--data", "faces", "--quiet", "--strip", "--out",
                 "stripped.ftm")
        (cls.dir / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")

    @classmethod
    def tool(cls, *args, code=0):
        result = subprocess.run([BIN, *args], cwd=cls.dir, timeout=300,
                                capture_output=True, check=False)
        assert result.returncode == code, result.stderr
        return result.stdout

    def answer(self, *args, code=0):
        answer = json.loads(self.tool("predict", "--json", *args, code=code))
        self.assertEqual(openapi.errors("Answer", answer), [])
        return answer

    def test_plain(self):
        answer = self.answer("faces/p02/04.pgm", "bad.png", code=65)
        self.assertNotIn("explain", answer["predictions"][0])
        self.assertIn("error", answer["predictions"][1])

    def test_explained(self):
        full = self.answer("--explain", "faces/p02/04.pgm", "faces/p00/01.pgm")
        for prediction in full["predictions"]:
            path = prediction["explain"]["path"]
            self.assertGreater(len(path), 0)
            samples = [step["samples"] for step in path]
            self.assertEqual(samples, sorted(samples, reverse=True))
            for step in path:
                self.assertEqual(step["went"] == "right",
                                 step["value"] > step["threshold"])

        stripped = self.answer("--explain", "--model", "stripped.ftm",
                               "faces/p02/04.pgm")
        for one, two in zip(full["predictions"][0]["explain"]["path"],
                            stripped["predictions"][0]["explain"]["path"],
                            strict=True):
            self.assertNotIn("samples", two)
            self.assertEqual(two["threshold"], int(one["threshold"]))
            self.assertEqual([one[key] for key in ("x", "y", "value", "went")],
                             [two[key] for key in ("x", "y", "value", "went")])

    def test_explained_picture_is_what_was_sent(self):
        answer = self.answer("--explain", "faces/p02/04.pgm")
        url = answer["predictions"][0]["explain"]["image"]
        (self.dir / "seen.png").write_bytes(
            base64.b64decode(url.split(",", 1)[1]))
        again = self.answer("--explain", "seen.png")
        self.assertEqual(again["predictions"][0]["explain"]["path"],
                         answer["predictions"][0]["explain"]["path"])

    def test_explaining_needs_json(self):
        self.assertEqual(self.tool("predict", "--explain", "x", code=2), b"")


if __name__ == "__main__":
    unittest.main()
