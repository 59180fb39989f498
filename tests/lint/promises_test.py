#!/usr/bin/env python3
"""promises.py passes a good tree and catches each way in which a promise has no proof."""

import sys
import unittest

sys.dont_write_bytecode = True  # what the sources hold is in git
import small_tree  # noqa: E402

PROMISES = "# Security\n\n## Promises\n\n**Files**\n\n1. `run` is quick. `Run.IsQuick`\n2. Whole.\n"
PROVEN = "   `Run.IsWhole` `fuzz_run` `./dev faults --full`\n3. Clean. `tests/clean.sh`\n\n## More\n\n4. No\n"
GOOD = {
    "SECURITY.md": PROMISES + PROVEN,
    "dev": "cmd_faults() { true; }\n",
    "tests/run_test.cc": "TEST_F(Run, IsQuick) {}\nTEST_P(Run,\n       IsWhole) {}\n",
    "tests/fuzz/targets.txt": "# fuzz_none\nfuzz_run 10 runs\n",
    "tests/clean.sh": "",
}


def check(files):
    return small_tree.check("promises.py", files)


class Promises(unittest.TestCase):
    def catches(self, changed, expected):
        code, lines = check(GOOD | changed)
        self.assertEqual(code, 1, lines)
        self.assertEqual(lines, ["SECURITY.md: " + expected])

    def test_a_good_tree_passes(self):
        self.assertEqual(check(GOOD), (0, []))

    def test_a_promise_without_a_proof(self):
        self.catches({"SECURITY.md": PROMISES}, "promise 2 has no proof")

    def test_a_test_that_is_not_there(self):
        self.catches(
            {"tests/run_test.cc": "TEST_F(Run, IsQuick) {}\n"}, "promise 2: there is no Run.IsWhole"
        )

    def test_a_target_that_is_not_there(self):
        self.catches({"tests/fuzz/targets.txt": "# fuzz_run\n"}, "promise 2: there is no fuzz_run")

    def test_a_name_with_the_parameter_of_a_test(self):
        text = (PROMISES + PROVEN).replace("Run.IsWhole", "Run.IsWhole/AsRoot")
        self.catches({"SECURITY.md": text}, "promise 2: there is no Run.IsWhole/AsRoot")

    def test_a_command_that_is_not_there(self):
        self.catches({"dev": ""}, "promise 2: there is no ./dev faults --full")

    def test_a_file_that_is_not_there(self):
        tree = {name: text for name, text in GOOD.items() if name != "tests/clean.sh"}
        self.assertEqual(check(tree), (1, ["SECURITY.md: promise 3: there is no tests/clean.sh"]))

    def test_a_number_that_is_missing(self):
        self.catches(
            {"SECURITY.md": (PROMISES + PROVEN).replace("3. Clean", "4. Clean")},
            "promise 4 stands where 3 is expected",
        )

    def test_no_promises_at_all(self):
        self.catches({"SECURITY.md": "# Security\n"}, "there are no promises")


if __name__ == "__main__":
    unittest.main()
