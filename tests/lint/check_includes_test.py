#!/usr/bin/env python3
"""check_includes.py passes a good tree and catches each kind of bad include."""

import sys
import unittest

sys.dont_write_bytecode = True  # what the sources hold is in git
import small_tree  # noqa: E402

GOOD = {
    "sandbox/base/result.h": "#pragma once\n#include <optional>\n#include <tl/expected.hpp>\n",
    "sandbox/path.h": '#pragma once\n#include <sys/stat.h>\n#include "sandbox/base/result.h"\n',
    "mounts/apply.h": '#pragma once\n#include "sandbox/path.h"\n',
    "mounts/apply.cc": '#include "mounts/apply.h"\n#include <sys/mount.h>\n',
    "fetcher/archive/tar.cc": '#include <archive.h>\n#include "sandbox/base/result.h"\n',
    "launcher/launch/launch.cc": '#include "mounts/apply.h"\n#include "sandbox/version.h"\n',
    "tests/unit/apply_test.cc": '#include <gtest/gtest.h>\n#include "mounts/apply.h"\n',
}


def check(files):
    return small_tree.check("check_includes.py", files)


class CheckIncludes(unittest.TestCase):
    def catches(self, name, text, expected):
        code, lines = check(GOOD | {name: text})
        self.assertEqual(code, 1, lines)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(name + ":"), lines)
        self.assertIn(expected, lines[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(check(GOOD)[0], 0)

    def test_an_empty_tree_is_an_error(self):
        self.assertNotEqual(check({})[0], 0)

    def test_upward_and_sideways_arrows(self):
        for name, header in [
            ("sandbox/base/a.cc", "sandbox/path.h"),
            ("sandbox/a.cc", "mounts/apply.h"),
            ("fetcher/a.cc", "mounts/apply.h"),
            ("mounts/a.cc", "fetcher/b.h"),
            ("mounts/a.cc", "launcher/b.h"),
            ("launcher/a.cc", "tests/b.h"),
        ]:
            with self.subTest(name=name, header=header):
                self.catches(name, f'#include "{header}"\n', "must not include")

    def test_a_room_above_ones_own(self):
        for name, header in [
            ("fetcher/archive/tar.cc", "fetcher/work/worker.h"),
            ("fetcher/base/a.cc", "fetcher/archive/tar.h"),
            ("launcher/plan/a.cc", "launcher/command/cli.h"),
            ("launcher/command/a.cc", "launcher/a.h"),
        ]:
            with self.subTest(name=name, header=header):
                self.catches(name, f'#include "{header}"\n', "the order is")

    def test_third_party_outside_its_room(self):
        for name, header in [
            ("fetcher/work/worker.cc", "curl/curl.h"),
            ("fetcher/archive/extract.cc", "archive.h"),
            ("launcher/entry/entry_json.cc", "nlohmann/json.hpp"),
            ("launcher/main.cc", "CLI/CLI.hpp"),
            ("fetcher/cache/cache.cc", "boost/process/v2.hpp"),
            ("launcher/a.cc", "sys/mount.h"),
            ("sandbox/a.cc", "tl/expected.hpp"),
        ]:
            with self.subTest(name=name, header=header):
                self.catches(name, f"#include <{header}>\n", "belongs in")

    def test_no_third_party_in_a_header(self):
        self.catches("fetcher/archive/tar.h", "#pragma once\n#include <archive.h>\n", "belongs in")

    def test_a_header_that_no_table_knows(self):
        self.catches("fetcher/a.cc", "#include <uv.h>\n", "in no table")

    def test_third_party_in_quotes(self):
        self.catches("fetcher/a.cc", '#include "archive.h"\n', "no path from the project root")

    def test_own_header_in_angle_brackets(self):
        self.catches("mounts/a.cc", "#include <sandbox/path.h>\n", "is ours")

    def test_a_header_that_does_not_exist(self):
        self.catches("mounts/a.cc", '#include "mounts/gone.h"\n', "does not exist")

    def test_a_header_without_guard(self):
        self.catches("mounts/a.h", "#include <string>\n", "#pragma once")


if __name__ == "__main__":
    unittest.main()
