"""Checks bodies against docs/openapi.json.

Needs python3-jsonschema.  Objects of answers are closed there: a member that
the code adds, or that the document forgets, is an error.
"""

import json
import pathlib
import re

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]


def errors(schema, body):
    """What is wrong with a body by a schema, or the name of one."""
    if isinstance(schema, str):
        schema = {"$ref": "#/components/schemas/" + schema}
    schema = {**schema, "components": DOCUMENT["components"]}
    return [f"{list(error.absolute_path)}: {error.message}" for error
            in jsonschema.Draft202012Validator(schema).iter_errors(body)]


def operation(method, path):
    """The operation that a path without its query belongs to, or None."""
    for template, item in DOCUMENT["paths"].items():
        pattern = re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            return item[method.lower()]
    return None


def response_errors(method, path, status, media_type, body):
    """What is wrong with a response; "body" is parsed if it is JSON."""
    found = operation(method, path)
    if found is None:
        return [f"{method} {path} is not documented"]
    response = found["responses"].get(str(status))
    if response is None:
        return [f"{method} {path} is not documented to answer {status}"]
    content = response.get("content", {}).get(media_type)
    if content is None:
        return [f"{method} {path}, {status}: {media_type} is not documented"]
    return errors(content["schema"], body)
