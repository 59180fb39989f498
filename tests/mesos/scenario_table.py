#!/usr/bin/env python3
"""The table of Mesos's scenarios: id -> passed, failed, or why there is no test.

usage: scenario_table.py SCENARIOS RESULTS [REAL]   RESULTS, REAL: gtest's JSON of slipway and of a
                                                    real mesos-fetcher; the latter only informs
       scenario_table.py SCENARIOS --list PROGRAM   do the list and the tests of PROGRAM agree?

Exit 1 where an adopted scenario has no test or failed, a test names an id that is not in the list, or
a scenario has a test and a reason for having none.
"""

import collections
import json
import re
import subprocess
import sys

IDS = re.compile(r"(?:[A-Z]\d{1,2}_)+")


def read_scenarios(path):
    """id -> (mark, title, reason)"""
    scenarios = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split("|")] + [""]
            name, mark, title, reason = fields[:4]
            if mark not in ("A", "S", "R") or name in scenarios or (mark == "R" and not reason):
                sys.exit(f"{path}:{number}: not 'id | A, S or R | title | reason', or its second time: {line}")
            scenarios[name] = (mark, title, reason)
    return scenarios


def ids_of(test):
    """The ids that a test's name starts with: L11_L14_NoMountIsLeft has two."""
    start = IDS.match(test)
    return start.group().rstrip("_").split("_") if start else []


def read_results(path):
    """id -> whether each of its tests passed"""
    with open(path, encoding="utf-8") as text:
        suites = json.load(text)["testsuites"]
    results = collections.defaultdict(list)
    for suite in suites:
        for test in suite["testsuite"]:
            passed = test["status"] == "RUN" and test["result"] == "COMPLETED" and not test.get("failures")
            for name in ids_of(test["name"]):
                results[name].append(passed)
    return results


def list_tests(program):
    """id -> the names of its tests"""
    listing = subprocess.run([program, "--gtest_list_tests"], check=True, capture_output=True, text=True)
    tests = collections.defaultdict(list)
    for line in listing.stdout.splitlines():
        if not line.startswith("  "):
            continue
        ids = ids_of(line.strip())
        for name in ids or ["(none)"]:
            tests[name].append(line.strip())
    return tests


def disagreements(scenarios, tests):
    """What is wrong with the list or the tests, a line each. `tests`: whatever has ids for keys."""
    lines = [f"a test names {name}, which is not in the list" for name in tests if name not in scenarios]
    for name, (_, title, reason) in scenarios.items():
        if reason and name in tests:
            lines.append(f"{name} {title} has a test and a reason for having none")
        if not reason and name not in tests:
            lines.append(f"{name} {title} has no test")
    return lines


def verdict(passed):
    if not passed:
        return "-"
    failed = passed.count(False)
    count = f" {len(passed)}" if len(passed) > 1 else ""
    return f"pass{count}" if not failed else f"FAIL {failed}/{len(passed)}"


def print_table(scenarios, ours, real):
    print(f"{'id':4} {'':1} {'slipway':9} {'mesos-fetcher' if real is not None else ''}")
    for name, (mark, title, reason) in scenarios.items():
        first = "R" if reason else verdict(ours.get(name, []))
        second = "" if real is None else f"{verdict(real.get(name, [])):13} "
        print(f"{name:4} {mark} {first:9} {second}{title}{': ' + reason if reason else ''}")


def main():
    words = sys.argv[1:]
    if len(words) not in (2, 3):
        sys.exit(__doc__)
    scenarios = read_scenarios(words[0])
    if words[1] == "--list":
        problems = disagreements(scenarios, list_tests(words[2]))
    else:
        ours = read_results(words[1])
        print_table(scenarios, ours, read_results(words[2]) if len(words) == 3 else None)
        failed = [name for name, passed in ours.items() if not all(passed)]
        problems = disagreements(scenarios, ours) + [f"{name} failed" for name in failed]
        print(f"\n{sum(not reason for _, _, reason in scenarios.values())} scenarios, {len(failed)} failed")
    for line in problems:
        print(line, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
