#!/usr/bin/env python3
"""Every promise of SECURITY.md names what proves it, and what it names is there.

usage: promises.py DIRECTORY    the checkout; exit status 1 where something is missing

A promise is a numbered item of the section "Promises". A proof stands in backticks: `Suite.Name` of
a test, `fuzz_NAME` of a fuzzing target, `./dev COMMAND`, or the path of a file of checks.
"""

import pathlib
import re
import sys

TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
TARGETS = "tests/fuzz/targets.txt"
ITEM = re.compile(r"^(\d+)\. ", re.MULTILINE)
PROOFS = [
    (re.compile(r"^\w+\.\w[\w/]*$"), lambda known, proof: proof in known["tests"]),
    (re.compile(r"^fuzz[-_][\w-]+$"), lambda known, proof: proof in known["targets"]),
    (re.compile(r"^\./dev \w+"), lambda known, proof: proof.split()[1] in known["commands"]),
    (re.compile(r"^tests/"), lambda known, proof: (known["root"] / proof).is_file()),
]


def known_in(root):
    """What a proof may name."""
    tests = set()
    for path in (root / "tests").rglob("*.cc"):
        tests |= {f"{suite}.{name}" for suite, name in TEST.findall(path.read_text("utf-8"))}
    targets = set(re.findall(r"^fuzz_\w+", (root / TARGETS).read_text("utf-8"), re.MULTILINE))
    commands = re.findall(r"^cmd_(\w+)\(\)", (root / "dev").read_text("utf-8"), re.MULTILINE)
    return {"root": root, "tests": tests, "targets": targets, "commands": set(commands)}


def promises_of(text):
    """Number and text of each, as far as the next one or the next heading."""
    section = re.search(r"^## Promises\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not section:
        return []
    items = list(ITEM.finditer(section[1]))
    ends = [item.start() for item in items[1:]] + [len(section[1])]
    return [(int(item[1]), section[1][item.end() : end]) for item, end in zip(items, ends)]


def problems_of(number, text, known):
    """What is wrong with one promise."""
    proofs, problems = 0, []
    for word in re.findall(r"`([^`]+)`", text):
        for form, is_there in PROOFS:
            if form.match(word):
                proofs += 1
                if not is_there(known, word):
                    problems.append(f"promise {number}: there is no {word}")
                break
    return problems if proofs else [f"promise {number} has no proof"]


def check(root):
    """All that is wrong."""
    promises = promises_of((root / "SECURITY.md").read_text("utf-8"))
    if not promises:
        return ["there are no promises"]
    known = known_in(root)
    problems = []
    for place, (number, text) in enumerate(promises, 1):
        if number != place:
            problems.append(f"promise {number} stands where {place} is expected")
        problems += problems_of(number, text, known)
    return problems


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = check(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(f"SECURITY.md: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
