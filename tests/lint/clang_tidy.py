#!/usr/bin/env python3
"""Runs clang-tidy on every source that a build tree knows, as many at once as there are cores.

usage: clang_tidy.py BUILD_DIR [PART_OF_A_PATH…]

A file that was clean is not looked at again until its preprocessed text or .clang-tidy changes;
the marks are in BUILD_DIR/clang-tidy/. Exit 0 clean, 1 with the findings printed.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

TIDY = os.environ.get("CLANG_TIDY", "clang-tidy-14")


def preprocessed(command, directory):
    """The text that the compiler sees, or None where it does not compile."""
    words = shlex.split(command)
    if pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    output = words.index("-o")
    words = words[:output] + words[output + 2 :] + ["-E", "-P"]
    words.remove("-c")
    run = subprocess.run(words, cwd=directory, capture_output=True, check=False)
    return run.stdout if run.returncode == 0 else None


def mark_of(entry, build, rules):
    text = preprocessed(entry["command"], entry["directory"])
    if text is None:
        return None
    source = pathlib.Path(entry["file"]).read_bytes()  # NOLINT comments are not in the text
    digest = hashlib.sha256(b"\0".join([rules, entry["command"].encode(), source, text]))
    return build / "clang-tidy" / digest.hexdigest()


def tidy(entry, build, rules):
    """(file, seconds, findings): no findings where it is clean."""
    start = time.monotonic()
    mark = mark_of(entry, build, rules)
    if mark and mark.exists():
        return entry["file"], 0.0, ""
    command = [TIDY, "--quiet", "-p", str(build), entry["file"]]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = run.stdout.strip()
    if run.returncode != 0 and not findings:
        findings = run.stderr.strip() or f"{TIDY} exited with status {run.returncode}"
    if mark and not findings:
        mark.touch()
    return entry["file"], time.monotonic() - start, findings


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    root = pathlib.Path(__file__).resolve().parents[2]
    rules = b"".join((root / at / ".clang-tidy").read_bytes() for at in [".", "tests"])
    (build / "clang-tidy").mkdir(exist_ok=True)
    wanted = {
        e["file"]: e for e in entries if all(part in e["file"] for part in sys.argv[2:])
    }
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        jobs = [pool.submit(tidy, entry, build, rules) for entry in wanted.values()]
        for job in concurrent.futures.as_completed(jobs):
            file, seconds, findings = job.result()
            if findings:
                failed += 1
                print(f"--- {os.path.relpath(file, root)} ({seconds:.0f} s)\n{findings}", flush=True)
    print(f"clang-tidy: {len(wanted)} files, {failed} with findings")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
