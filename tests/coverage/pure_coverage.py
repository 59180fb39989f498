#!/usr/bin/env python3
"""How much of the pure parts the tests have run, by gcov(1).

usage: pure_coverage.py ROOT BUILD LEAST    BUILD: compiled with --coverage, its tests have been run

Pure is what its header calls so in its opening comment. Prints the files whose lines were not all
run, the poorest first, and the part of the whole; exit status 1 where that is below LEAST percent.
"""

import json
import pathlib
import re
import subprocess
import sys

FOLDERS = ["sandbox", "mounts", "fetcher", "launcher"]
GCOV = "gcov-12"


def pure_sources(root):
    """The .cc files, from the root, of all headers that say it."""
    for folder in FOLDERS:
        for header in sorted((root / folder).rglob("*.h")):
            opening = header.read_text("utf-8").split("#pragma once")[0]
            source = header.with_suffix(".cc")
            if re.search(r"\bpure\b", opening, re.IGNORECASE) and source.is_file():
                yield source.relative_to(root).as_posix()


def lines_of(root, build, source):
    """Line number: how often it was run, of one source; empty where no test links it."""
    counts = {}
    name = pathlib.Path(source).name
    # What no test links has no counts, only the compiler's list of its lines.
    for data in list(build.rglob(f"{name}.gcda")) or list(build.rglob(f"{name}.gcno")):
        run = subprocess.run(
            [GCOV, "--json-format", "--stdout", data], capture_output=True, text=True, check=True
        )
        for file in json.loads(run.stdout)["files"]:
            if pathlib.Path(file["file"]) != root / source:
                continue
            for line in file["lines"]:
                number = line["line_number"]
                counts[number] = counts.get(number, 0) + line["count"]
    return counts


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    root, build = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    least = float(sys.argv[3])
    rows = []
    for source in pure_sources(root):
        counts = lines_of(root, build, source)
        if not counts:
            sys.exit(f"{source}: was not measured")
        missed = sorted(number for number, count in counts.items() if count == 0)
        rows.append((len(counts) - len(missed), len(counts), source, missed))
    for run, lines, source, missed in sorted(rows, key=lambda row: row[0] / row[1]):
        if missed:
            print(f"{100 * run / lines:5.1f} %  {source}: not run {', '.join(map(str, missed[:12]))}")
    all_run, all_lines = sum(row[0] for row in rows), sum(row[1] for row in rows)
    part = 100 * all_run / all_lines
    print(f"{part:5.1f} % of the {all_lines} lines of {len(rows)} pure files (at least {least:g} %)")
    sys.exit(0 if part >= least else 1)


if __name__ == "__main__":
    main()
