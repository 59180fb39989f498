#!/usr/bin/env python3
"""How long each target was fuzzed, and what came of it.

usage: record.py add RUNS TARGET LOG SECONDS   a line for the run whose output libFuzzer wrote to LOG
       record.py show RUNS                     RECORD.md with these runs added, on standard output
       record.py accept RUNS                   the same into RECORD.md; the runs are in it then, and no longer in RUNS

SECONDS are the processor's.

RECORD.md is only ever added to, so what was fuzzed elsewhere and before stays counted.
"""

import datetime
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
RECORD = HERE / "RECORD.md"
HEADER = """# How long it was fuzzed

Written by `./dev fuzz --keep`. Hours are the processor's. Coverage is libFuzzer's, in edges, of the last run; a finding is
a file in `regressions/TARGET/`, which every build replays; the inputs that reach that coverage are in `corpus/`.

| target | executions | hours | coverage | findings | last run |
|---|---:|---:|---:|---:|---|
"""


def targets():
    lines = (HERE / "targets.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def add(runs, target, log, seconds):
    text = pathlib.Path(log).read_text(encoding="utf-8", errors="replace")
    executions = [int(number) for number in re.findall(r"^#(\d+)\t", text, re.M)]
    coverage = [int(number) for number in re.findall(r"\bcov: (\d+)", text)]
    date = datetime.date.today().isoformat()
    line = [date, target, seconds, str(max(executions, default=0)), str(max(coverage, default=0))]
    with open(runs, "a", encoding="utf-8") as file:
        file.write("\t".join(line) + "\n")


def recorded():
    """By target: executions, hours, coverage, date."""
    rows = {}
    if RECORD.exists():
        for line in RECORD.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 6 and cells[0].startswith("fuzz_"):
                rows[cells[0]] = (int(cells[1]), float(cells[2]), int(cells[3]), cells[5])
    return rows


def with_runs(runs):
    rows = recorded()
    if pathlib.Path(runs).exists():
        for line in pathlib.Path(runs).read_text(encoding="utf-8").splitlines():
            date, target, seconds, executions, coverage = line.split("\t")
            done, hours, _, _ = rows.get(target, (0, 0.0, 0, ""))
            rows[target] = (done + int(executions), hours + float(seconds) / 3600, int(coverage), date)
    return rows


def findings(target):
    directory = HERE / "regressions" / target
    return len(list(directory.iterdir())) if directory.is_dir() else 0


def table(runs):
    rows = with_runs(runs)
    out = HEADER
    for target in targets():
        done, hours, coverage, date = rows.get(target, (0, 0.0, 0, "never"))
        out += f"| {target} | {done} | {hours:.3f} | {coverage} | {findings(target)} | {date} |\n"
    return out


def main(words):
    if len(words) == 5 and words[0] == "add":
        add(*words[1:])
    elif len(words) == 2 and words[0] == "show":
        sys.stdout.write(table(words[1]))
    elif len(words) == 2 and words[0] == "accept":
        RECORD.write_text(table(words[1]), encoding="utf-8")
        pathlib.Path(words[1]).unlink(missing_ok=True)
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
