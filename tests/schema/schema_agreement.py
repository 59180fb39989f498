#!/usr/bin/env python3
"""`slipway check` and `slipway schema` judge alike: thousands of documents, each one change away from a good one.

usage: schema_agreement.py SLIPWAY DIRECTORY-WITH-EXAMPLES

What only check can know is in the table BEYOND_SCHEMA, by place and value and with the reason; an excuse that nothing
needs is an error as well. What no document here can be: a key that is there twice, which JSON's readers lose; and a
message of Mesos's own or a FetcherInfo, which the schema does not describe.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

JUDGES = ("aurora", "slipway")

# Every key that there is; check_full() sees to that.
FULL = {
    "executor": {
        "name": "example",
        "command": {
            "value": "./server",
            "shell": False,
            "arguments": ["server", "--port=80"],
            "uris": [
                {
                    "value": "http://example.com/a.tar.gz",
                    "extract": True,
                    "executable": False,
                    "cache": False,
                    "output_file": "a.tar.gz",
                }
            ],
            "environment": {"variables": [{"name": "PORT", "value": "80", "type": "VALUE", "secret": None}]},
            "user": "nobody",
        },
        "resources": [
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.5}, "role": "*", "ranges": None, "set": None},
            {"name": "mem", "type": "SCALAR", "scalar": {"value": 64}},
        ],
        "executor_id": {"value": "x"},
        "framework_id": {"value": "x"},
        "container": {"type": "MESOS"},
        "source": "x",
        "data": "x",
        "discovery": None,
        "shutdown_grace_period": None,
        "labels": None,
        "type": "CUSTOM",
    },
    "task_prefix": "example-",
    "volume_mounts": [
        {"host_path": "/opt", "container_path": "opt", "mode": "RO", "source": None, "image": None},
    ],
}

# A value of every kind, and words that are nearly right.
VALUES = [
    None, True, False, 0, 1, -1, 2.5, -0.5, "", " ", "x", "/x", "0.5", [], {}, [None], ["x"], ["", "y"], [1], [[]], [{}],
    {"x": 1}, {"value": None}, "true", "False", "TRUE", "yes", " true", "SCALAR", "Scalar", "SCALAR ", "RANGES", "RO", "RW",
    "ro", "RO ", "VALUE", "value", "SECRET", "UNKNOWN", "sha256=0", "sha512:" + 128 * "f", "..", "/", "/proc", "A=B", "x\0y",
    "AuroraExecutor", "http://", "http://example.com/", "a/", 1e300,
]  # fmt: skip

# What check alone refuses: (place, values, why). A place is a pointer from the entry on, N for each number.
BEYOND_SCHEMA = [
    ("", ["doubled"], "two executors of one name"),
    ("/executor/name", ["AuroraExecutor"], "the scheduler's own executor"),
    ("/executor/resources/N", ["doubled"], "a resource that is there twice"),
    ("/executor/resources/N/scalar/value", [2.5, 1e300], "mem is a whole number of MB"),
    ("/executor/command/uris/N", ["doubled"], "two files of one place, which run refuses"),
    ("/volume_mounts/N", ["doubled"], "two volumes of one place, which run refuses"),
    (
        "/executor/command/user",
        ["", " ", "/", "/x", "/proc", " true", "SCALAR ", "RO ", "sha512:" + 128 * "f", "http://", "http://example.com/", "a/"],
        "what no user can be called, which run refuses",
    ),
    ("/executor/command/environment/variables/N/name", ["A=B", "sha256=0"], "the name of a variable"),
    (
        "/executor/command/uris/N/value",
        [" ", "/", "a/", "http://", "http://example.com/"],
        "what a URI is, and that it names a file",
    ),
    (
        "/executor/command/uris/N/output_file",
        ["/", "/x", "/proc", "..", "a/", "http://", "http://example.com/"],
        "where a path leads, and that it names a file",
    ),
    ("/volume_mounts/N/container_path", ["/", "/proc", ".."], "where a path leads, and what it would hide"),
    *(
        (place, ["x\0y"], "a C program would see a text cut at its NUL")
        for place in [
            "/task_prefix", "/executor/name", "/executor/resources/N/name", "/executor/command/value",
            "/executor/command/user", "/executor/command/arguments/N", "/executor/command/uris/N/value",
            "/executor/command/uris/N/output_file", "/executor/command/environment/variables/N/name",
            "/executor/command/environment/variables/N/value", "/volume_mounts/N/container_path",
        ]  # fmt: skip
    ),
]
EXCUSES = {(place, json.dumps(value)): why for place, values, why in BEYOND_SCHEMA for value in values}


def excuse_of(pointer, value):
    place = re.sub(r"/\d+(?=/|$)", "/N", re.sub(r"^/\d+", "", pointer))
    key = (place, json.dumps(value))
    return key if key in EXCUSES else None


def places(value, pointer=""):
    """Every value of the document by its pointer, the document itself first."""
    yield pointer
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in members:
        yield from places(each, f"{pointer}/{key}")


def parent_of(document, pointer):
    *way, last = pointer.split("/")[1:]
    at = document
    for key in way:
        at = at[int(key)] if isinstance(at, list) else at[key]
    return at, int(last) if isinstance(at, list) else last


def replaced(document, pointer, value):
    if not pointer:
        return value
    document = copy.deepcopy(document)
    parent, key = parent_of(document, pointer)
    parent[key] = value
    return document


def without(document, pointer):
    document = copy.deepcopy(document)
    parent, key = parent_of(document, pointer)
    del parent[key]
    return document


def renamed(document, pointer):
    document = copy.deepcopy(document)
    parent, key = parent_of(document, pointer)
    if isinstance(parent, dict):
        parent[key.replace("_", "-") + "x"] = parent.pop(key)
    return document


def doubled(document, pointer):
    """An element of an array is there twice."""
    document = copy.deepcopy(document)
    parent, key = parent_of(document, pointer)
    if isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))
    return document


def mutations(document, values):
    """(what was done, where, with which value, the document)"""
    yield "nothing", "", "as it is", document
    for pointer in places(document):
        for value in values:
            yield "set", pointer, value, replaced(document, pointer, value)
        if pointer:
            yield "removed", pointer, "removed", without(document, pointer)
            yield "doubled", pointer, "doubled", doubled(document, pointer)
            yield "renamed", pointer, "renamed", renamed(document, pointer)


def run(*words, **options):
    return subprocess.run([*words], stdout=subprocess.PIPE, check=False, **options)


def refused_by_check(slipway, judge, documents):
    with tempfile.TemporaryDirectory() as directory:
        names = [f"{number}.json" for number in range(len(documents))]
        for name, document in zip(names, documents):
            (pathlib.Path(directory) / name).write_text(json.dumps(document))
        answer = run(slipway, "check", f"--for={judge}", "--format", "json", *names, cwd=directory)
    files = json.loads(answer.stdout)["files"]
    if [each["file"] for each in files] != names:
        sys.exit("check did not answer for each file, in their order")
    return [
        [f"{each['pointer']}: {each['message']}" for each in file["findings"] if each["severity"] == "error"]
        for file in files
    ]


def compare(slipway, judge, schema, documents):
    """Lines about those that are judged differently, and the excuses that were needed."""
    validator = jsonschema.Draft202012Validator(schema)
    # The first one has everything: the others add what is left out, and other shapes.
    changes = [*mutations(documents[0], VALUES)]
    changes += [change for document in documents[1:] for change in mutations(document, [None, "", [], {}])]
    refusals = refused_by_check(slipway, judge, [change[3] for change in changes])
    lines, used = [], set()
    for (what, pointer, value, document), refusal in zip(changes, refusals):
        if validator.is_valid(document) == (not refusal):
            continue
        excuse = excuse_of(pointer, value)
        if refusal and excuse:
            used.add(excuse)
            continue
        said = f"check refuses ({refusal[0]}), the schema does not" if refusal else "the schema refuses, check does not"
        lines.append(f"{judge}: {pointer or '/'} {what} {json.dumps(value)}: {said}")
    print(f"{judge}: {len(changes)} documents, {sum(1 for each in refusals if each)} refused")
    return lines, used


def check_full(schema, document):
    """The full document has every key of the schema, so of the table that it is written from."""
    known = {(name, key) for name, each in schema["$defs"].items() for key in each["properties"]}
    seen = set()

    def walk(name, value):
        for key, each in value.items():
            seen.add((name, key))
            rule = schema["$defs"][name]["properties"][key]
            rules = [rule, rule.get("items", {}), *rule.get("anyOf", [])]
            reference = next((each["$ref"] for each in rules if "$ref" in each), None)
            for item in each if isinstance(each, list) else [each]:
                if reference and item is not None:
                    walk(reference.rsplit("/", 1)[1], item)

    walk("entry", document)
    return [f"the full document lacks {key} of {name}" for name, key in sorted(known - seen)]


def full_for(judge):
    document = copy.deepcopy(FULL)
    if judge == "slipway":
        document["executor"]["command"]["uris"][0]["checksum"] = "sha256=" + 64 * "0"
    return document


def main():
    slipway, examples = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:])
    samples = [json.loads(each.read_text()) for each in sorted(pathlib.Path(examples).glob("*.json"))]
    if len(samples) < 3:
        sys.exit(f"no examples in {examples}")
    wrong, used = [], set()
    for judge in JUDGES:
        schema = json.loads(run(slipway, "schema", f"--for={judge}").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        wrong += check_full(schema, full_for(judge))
        documents = [[full_for(judge)], *samples]
        if judge == "slipway":
            documents.append(full_for(judge))  # one entry, without the array
        lines, excuses = compare(slipway, judge, schema, documents)
        wrong += lines
        used |= excuses
    wrong += [f"excuses nothing: {place} {value}" for place, value in EXCUSES.keys() - used]
    print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
