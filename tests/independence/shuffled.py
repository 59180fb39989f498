#!/usr/bin/env python3
"""Runs the whole suite with other surroundings for each test program, drawn from a seed.

usage: shuffled.py BUILD_DIR [SEED [ctest words…]]

No outcome may depend on locale, time zone, umask, current directory, ignored signals, descriptors
or variables of whoever starts slipway or the tests, nor on the order of the tests. What was drawn is
printed; the same seed draws the same again. Needs root, as the tests do. Exit 0 where all passed.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

LOCALES = ("tr_TR", "de_DE", "ja_JP")  # an i of its own, a comma in numbers, wide characters
LONGEST = 3600  # seconds for one program

# One value of each row is drawn; None: the variable is not set. What slipway must not heed at all
# or may pass on to an executor as it is; also given to every slipway that the tests start.
EVERYWHERE = {
    "LC_ALL": (None, "C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "ja_JP.UTF-8", "xx_XX.nonsense"),
    "LANGUAGE": (None, "tr:de"),
    "TZ": (None, "UTC", "Asia/Kathmandu", "America/St_Johns", "XYZ-14", ":/nonexistent"),
    "TMPDIR": (None, "/nonexistent", "/", "relative"),
    "LD_LIBRARY_PATH": (None, "/nonexistent", ":"),
    "MALLOC_PERTURB_": ("1", "85", "170", "255"),
    "MALLOC_ARENA_MAX": (None, "1"),
    "POSIXLY_CORRECT": (None, "1"),
    "COLUMNS": (None, "1", "20", "nonsense"),
    "IFS": (None, "/", "t"),
    "CDPATH": (None, "/"),
    "TAR_OPTIONS": (None, "--posix"),
}
# Of these not around the test programs: the tools that they use heed them.
HEEDED_BY_TOOLS = ("POSIXLY_CORRECT", "TAR_OPTIONS")
# Around the test programs: what they start themselves gets these only where they hand them on.
AROUND_TESTS = {
    "PATH": (
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "/nonexistent:/bin:/sbin:/usr/bin:/usr/sbin",
        "/usr/bin/:/usr//sbin:/:/bin:/sbin",
    ),
    "HOME": (None, "/nonexistent", "/", ""),
    "USER": (None, "nobody", "no such user"),
    "SHELL": (None, "/bin/false"),
    "TERM": (None, "dumb", "xterm-256color", "nonsense"),
    "NO_COLOR": (None, "1"),
    "XDG_CACHE_HOME": (None, "/nonexistent", "relative"),
    "http_proxy": (None, "http://127.0.0.1:1"),
    "HTTPS_PROXY": (None, "http://127.0.0.1:1"),
    "ALL_PROXY": (None, "socks5://127.0.0.1:1"),
    "SSL_CERT_FILE": (None, "/nonexistent"),
    "MESOS_SANDBOX": (None, "/nonexistent"),
    "SLIPWAY_CACHE_DIR": (None, "/nonexistent"),
    "SLIPWAY_VERBOSE": (None, "1"),
    "PYTHONDONTWRITEBYTECODE": ("1",),
}
UMASKS = (0o022, 0o077, 0o000, 0o027, 0o777)
DIRECTORIES = ("/", "/proc", "with blanks and \N{LATIN SMALL LETTER DOTLESS I}")
SLIPWAYS_DIRECTORIES = ("/", "/proc", "/dev", "/usr/share")
SIGNALS = ((), ("--ignore-signal=HUP,INT,QUIT",), ("--ignore-signal=PIPE,TERM", "--block-signal=USR1"))
INPUTS = ("null", "pipe")


class Surroundings:
    """What one test program has around it."""

    def __init__(self, seed, test, place):
        draw = random.Random(f"{seed} {test['name']}")
        self.everywhere = self.drawn(draw, EVERYWHERE)
        around = self.drawn(draw, AROUND_TESTS)
        self.umask = draw.choice(UMASKS)
        self.directory = os.path.join(place, draw.choice(DIRECTORIES))
        self.slipways_directory = draw.choice(SLIPWAYS_DIRECTORIES)
        self.signals = draw.choice(SIGNALS)
        self.input = draw.choice(INPUTS)
        self.order = draw.randint(1, 99999)
        self.told = {**self.everywhere, **around}
        self.everywhere["LOCPATH"] = place + "/locales"
        self.environment = {
            **around,
            **{n: v for n, v in self.everywhere.items() if n not in HEEDED_BY_TOOLS},
            "SLIPWAY_TEST_SURROUNDINGS": "\n".join(f"{n}={v}" for n, v in self.everywhere.items()),
            "SLIPWAY_TEST_DIRECTORY": self.slipways_directory,
            "GTEST_SHUFFLE": "1",
            "GTEST_RANDOM_SEED": str(self.order),
            "GTEST_BRIEF": "1",
            **dict(line.split("=", 1) for line in properties(test).get("ENVIRONMENT", [])),
        }

    @staticmethod
    def drawn(draw, rows):
        values = {name: draw.choice(choices) for name, choices in rows.items()}
        return {name: value for name, value in values.items() if value is not None}

    def __str__(self):
        words = [f"umask {self.umask:03o}", f"in '{self.directory}' and '{self.slipways_directory}'"]
        words += [f"stdin {self.input}"]
        words += [*self.signals, f"order {self.order}"]
        return "  ".join(words + [f"{name}={value}" for name, value in self.told.items()])

    def run(self, command):
        with contextlib.ExitStack() as stack:
            stdin = subprocess.DEVNULL
            if self.input == "pipe":  # that never ends
                stdin, writer = os.pipe()
                stack.callback(os.close, stdin)
                stack.callback(os.close, writer)
            extra = os.open("/etc/passwd", os.O_RDONLY)
            stack.callback(os.close, extra)
            return subprocess.run(
                ["/usr/bin/env", *self.signals, *command],
                env=self.environment,
                cwd=self.directory,
                umask=self.umask,
                pass_fds=(extra,),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LONGEST,
                check=False,
            )


def properties(test):
    return {each["name"]: each["value"] for each in test.get("properties", [])}


def run_one(seed, test, place):
    around = Surroundings(seed, test, place)
    start = time.monotonic()
    try:
        run = around.run(test["command"])
        passed, output = run.returncode == 0, run.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        passed, output = False, f"{(late.stdout or b'').decode(errors='replace')}\nstill runs"
    seconds = time.monotonic() - start
    print(f"{'passed' if passed else 'FAILED'}  {test['name']}  {seconds:.0f} s\n    {around}", flush=True)
    if not passed:
        print(output, flush=True)
    return test["name"] if not passed else None


def make_locales(place):
    for name in LOCALES:
        os.makedirs(f"{place}/locales", exist_ok=True)
        subprocess.run(
            ["localedef", "-i", name, "-f", "UTF-8", f"{place}/locales/{name}.UTF-8"], check=True
        )


def tests_of(build, words):
    listing = subprocess.run(
        ["ctest", "--test-dir", build, "--show-only=json-v1", *words],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(listing.stdout)["tests"]


def main():
    build = sys.argv[1]
    seed = sys.argv[2] if len(sys.argv) > 2 else str(random.randrange(100000))
    tests = tests_of(build, sys.argv[3:])
    print(f"seed {seed}: `./dev test --shuffled={seed}` draws the same again", flush=True)
    with tempfile.TemporaryDirectory(prefix="slipway-shuffled-") as place:
        os.chmod(place, 0o755)
        for directory in DIRECTORIES:
            pathlib.Path(place, directory).mkdir(exist_ok=True)
        make_locales(place)
        # ctest's own rule: some have the machine to themselves, the others have it together.
        alone = [each for each in tests if properties(each).get("RUN_SERIAL")]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(run_one, seed, each, place) for each in tests if each not in alone]
            failed = [each.result() for each in runs]
        failed += [run_one(seed, each, place) for each in alone]
    failed = [name for name in failed if name]
    print(f"{len(tests) - len(failed)} of {len(tests)} passed, seed {seed}")
    if failed:
        print("FAILED:", *failed)
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
