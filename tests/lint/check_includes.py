#!/usr/bin/env python3
"""Checks the directions of #include, and where each third-party library may be seen.

usage: check_includes.py ROOT      ROOT is the source tree; exit 0 clean, 1 with one line per problem

The tables below are the rules; ARCHITECTURE.md says why.
"""

import fnmatch
import pathlib
import re
import sys

# Which folders a file may include from: itself and what it stands on.
ARROWS = {
    "sandbox/base": {"sandbox/base"},
    "sandbox": {"sandbox", "sandbox/base"},
    "mounts": {"mounts", "sandbox", "sandbox/base"},
    "fetcher": {"fetcher", "sandbox", "sandbox/base"},
    "launcher/manual": {"launcher/manual", "launcher", "fetcher", "sandbox", "sandbox/base"},
    "launcher": {"launcher", "mounts", "fetcher", "sandbox", "sandbox/base"},
    "tests": {"tests", "launcher/manual", "launcher", "mounts", "fetcher", "sandbox", "sandbox/base"},
    "packaging": set(),
}

# The rooms of a folder from the ground up: a file may include from its own and those below it. What
# lies beside the rooms, a main, stands above them all.
FLOORS = {
    "fetcher": ["base", "archive", "plan", "transfer", "cache", "work", "mesos"],
    "launcher": ["base", "entry", "plan", "check", "report", "launch", "doctor", "command"],
}

# One room each: (headers, the files that may include them). '*' does not stop at '/'.
TESTS = "tests/*.cc"
ROOMS = [
    (r"tl/expected\.hpp", ["sandbox/base/result.h"]),
    (r"curl/.*", ["fetcher/transfer/*.cc", "tests/bench/*.cc"]),
    (r"archive(_entry)?\.h", ["fetcher/archive/tar*.cc", TESTS]),
    (r"(zlib|bzlib|lzma|zstd|zstd_errors)\.h", ["fetcher/archive/decompress*.cc", "fetcher/archive/inflate_zlib.cc", TESTS]),
    (r"isa-l/.*", ["fetcher/archive/inflate_isal.cc"]),
    (r"nettle/.*", ["fetcher/base/digest.cc"]),
    (r"openssl/.*", []),
    (r"nlohmann/.*", ["sandbox/json*.cc", TESTS]),
    (r"CLI/.*", ["launcher/command/cli*.cc"]),
    (r"toml\+\+/.*", ["sandbox/settings.cc"]),
    (r"boost/(process|asio)(/.*|\.hpp)", ["fetcher/transfer/transport_hadoop.cc", "tests/support/*.cc"]),
    (r"(gtest|gmock)/.*", ["tests/*.cc", "tests/*.h"]),
    (r"fuzzer/.*", ["tests/fuzz/*.cc"]),
    # Namespaces and mounts are made in these files and nowhere else.
    (
        r"sys/mount\.h|sched\.h|linux/mount\.h",
        ["mounts/*.cc", "sandbox/base/sys.cc", "sandbox/confine.cc", TESTS],
    ),
    (r"linux/landlock\.h", ["sandbox/confine.cc", "sandbox/landlock.cc", TESTS]),
]

# Everything else in angle brackets must be the standard library, the C library or the kernel.
STANDARD = re.compile(r"[a-z_0-9]+")  # <vector>: no dot, no slash
SYSTEM = re.compile(
    r"(sys|linux|asm|net|netinet|arpa)/[a-z0-9_/]+\.h"
    r"|(dirent|dlfcn|elf|endian|errno|fcntl|fts|ftw|getopt|glob|grp|langinfo|libgen|limits|link|locale|netdb"
    r"|malloc|poll|pthread|pty|pwd|regex|sched|search|semaphore|signal|spawn|stdarg|stddef|stdint|stdio"
    r"|stdlib|string|strings|syscall|syslog|termios|time|unistd|utmp|wchar|wordexp)\.h"
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    """The folder of the house that a path from the root belongs to, or None."""
    parts = path.split("/")
    for inner in ("sandbox/base", "launcher/manual"):
        if path.startswith(inner + "/"):
            return inner
    return parts[0] if len(parts) > 1 and parts[0] in ARROWS else None


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def floor_of(path, folder):
    """How high its room lies in that folder; above all of them where it is in none."""
    rooms = FLOORS.get(folder, [])
    room = path.split("/")[1]
    return rooms.index(room) if room in rooms else len(rooms)


def check_ours(path, folder, header, root):
    target = folder_of(header)
    if target is None:
        return f'"{header}" is no path from the project root; third-party headers go in <>'
    if target not in ARROWS[folder]:
        return f'{folder}/ must not include "{header}": it may see {sorted(ARROWS[folder])}'
    if target == folder and floor_of(header, folder) > floor_of(path, folder):
        return f'must not include "{header}": in {folder}/ the order is {FLOORS[folder]}'
    if header != "sandbox/version.h" and not (root / header).is_file():
        return f'"{header}" does not exist'
    return None


def check_foreign(path, header):
    if folder_of(header):
        return f'<{header}> is ours: write "{header}"'
    for pattern, allowed in ROOMS:
        if re.fullmatch(pattern, header):
            if matches(path, allowed):
                return None
            return f"<{header}> belongs in {allowed or 'no file yet'} only"
    if STANDARD.fullmatch(header) or SYSTEM.fullmatch(header):
        return None
    return f"<{header}> is in no table of check_includes.py: give it one room"


def check_file(path, root):
    folder = folder_of(path)
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    if path.endswith(".h") and "#pragma once" not in text:
        yield f"{path}:1: a header without #pragma once"
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        bracket, header = found.groups()
        problem = (
            check_ours(path, folder, header, root)
            if bracket == '"'
            else check_foreign(path, header)
        )
        if problem:
            yield f"{path}:{number}: {problem}"


def sources(root):
    for top in sorted({folder.split("/")[0] for folder in ARROWS}):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in {".h", ".cc"} and file.is_file():
                yield file.relative_to(root).as_posix()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    files = list(sources(root))
    if not files:
        sys.exit(f"check_includes: no sources below {root}")
    problems = [problem for path in files for problem in check_file(path, root)]
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)
    print(f"check_includes: {len(files)} files, every include goes the right way")


if __name__ == "__main__":
    main()
