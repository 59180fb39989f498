#!/usr/bin/env python3
"""Judges what valgrind has said of every process.

usage: valgrind_logs.py DIRECTORY

Bad: any error, and a descriptor above 2 that was open at the end and not there at the start. Not
judged by its descriptors is a copy of another process (fork(2)), which ends with what its parent
has: one that has no .started beside its .log. Exit 0 where there is nothing bad and each of the
programs was seen, 1 with the findings printed.
"""

import collections
import pathlib
import re
import sys

PREFIX = re.compile(r"^==\d+== ?", re.MULTILINE)
# Of valgrind about itself: which system calls it does not know and answers by ENOSYS. Slipway has
# another way for each of them, which OldKernel tests too.
REMARK = re.compile(r"^--\d+-- [^\n]*\n", re.MULTILINE)
# Who made it has let go of it on purpose: messages go there, up to the end.
KEPT = "slipway::sandbox::redirect("
DESCRIPTOR = re.compile(
    r"^Open (?:file descriptor|\S+ socket) (\d+):([^\n]*)\n((?:   [^\n]*\n)+)", re.MULTILINE
)


def findings(log):
    text = log.read_text(encoding="utf-8", errors="replace")
    text = REMARK.sub("", PREFIX.sub("", text))
    found = [
        f"descriptor {number}:{name}\n{where}"
        for number, name, where in DESCRIPTOR.findall(text)
        if int(number) > 2
        and "<inherited from parent>" not in where
        and KEPT not in where
        and log.with_suffix(".started").exists()
    ]
    rest = DESCRIPTOR.sub("", text)
    rest = re.sub(r"^FILE DESCRIPTORS: [^\n]*\n", "", rest, flags=re.MULTILINE).strip()
    return found + ([rest] if rest else [])


def main():
    logs = sorted(pathlib.Path(sys.argv[1]).glob("*.log"))
    counts = collections.Counter()
    for log in logs:
        counts.update(findings(log))
    for finding, count in counts.most_common():
        print(f"{count} processes: {finding}")
    # Of one whose name the tests do not know any more there would be no logs, and no findings.
    seen = collections.Counter(re.match(r"slipway(-[a-z]+)?", log.name)[0] for log in logs)
    print(f"{len(logs)} processes ({dict(seen)}), {len(counts)} findings")
    return 1 if counts or set(seen) != {"slipway", "slipway-fetcher"} else 0


if __name__ == "__main__":
    sys.exit(main())
