#!/usr/bin/env python3
"""Finds TRY(…) behind another element of a braced initialiser: `Finding{make_text(), TRY(other())}`.

usage: initialisers.py ROOT

g++ 12 does not destroy the elements that are made already where TRY returns out of the initialiser:
what they own is leaked. Exit 0 clean, 1 with the places printed.
"""

import pathlib
import re
import sys

ROOMS = ("fetcher", "launcher", "mounts", "sandbox")
# A raw string, another string, a character, comments of both kinds.
QUIET = re.compile(
    r'R"([^(]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.DOTALL
)
TOKEN = re.compile(r"[{}()\[\],;]|\bTRY\b")


def blanked(text):
    """The text without what is no code; every line keeps its number."""
    return QUIET.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


class Bracket:
    def __init__(self, kind):
        self.kind = kind
        self.elements_done = 0
        self.is_block = False  # known when all of it was seen: there is a semicolon in it


def places(text):
    """The lines with a TRY that some element of the initialiser around it stands in front of."""
    tries = []
    around = [Bracket("{")]
    for token in TOKEN.finditer(blanked(text)):
        word = token.group()
        if word in "{([":
            around.append(Bracket(word))
        elif word in "})]":
            around.pop()
        elif word == ",":
            around[-1].elements_done += 1
        elif word == ";":
            around[-1].is_block = True
        else:
            tries.append((token.start(), [(each, each.elements_done) for each in around]))
    return [text.count("\n", 0, at) + 1 for at, outwards in tries if is_bad(reversed(outwards))]


def is_bad(outwards):
    for bracket, elements_done in outwards:
        if bracket.is_block:
            return False
        if bracket.kind == "{" and elements_done > 0:
            return True
    return False


def main():
    root = pathlib.Path(sys.argv[1])
    bad = 0
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.cc")):
            for line in places(path.read_text(encoding="utf-8")):
                print(f"{path.relative_to(root)}:{line}: TRY behind an element of a braced initialiser")
                bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
