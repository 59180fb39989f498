#!/usr/bin/env python3
"""The test programs that drive the built ones, and of their tests those that cannot run under
valgrind, each with its reason. Prints a line for each program: its name and a filter for gtest.
"""

PROGRAMS = {
    "cli_tests": [],
    "transfer_tests": [],
    "materialize_tests": [],
}

if __name__ == "__main__":
    for program, exceptions in PROGRAMS.items():
        print(program, "*-" + ":".join(test for test, _ in exceptions))
