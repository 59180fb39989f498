#!/usr/bin/env python3
"""initialisers.py finds what g++ 12 would leak, and nothing else."""

import sys
import unittest

sys.dont_write_bytecode = True  # what the sources hold is in git
import initialisers  # noqa: E402

BAD = {
    "a member before": "Result<A> f() { return A{name, TRY(read())}; }",
    "deeper": "Result<A> f() { A a{make(), {1, wrap(TRY(read()))}}; return a; }",
    "an argument": 'void f() { list.push_back({"x", TRY(read())}); }',
    "a second TRY": "void f() { A a{TRY(one()),\n TRY(two())}; }",
}

GOOD = {
    "the first": "void f() { A a{TRY(read()), {}, true}; }",
    "arguments of a call": "void f() { auto a = g(name, TRY(read())); }",
    "a body behind base classes": "A::A(int b) : b(b), c(b) { TRY(read()); }",
    "a lambda": "void f() { A a{1, [] { x(); return TRY(read()); }}; }",
    "a comment": "void f() { A a{1, 2}; /* {x, TRY(y)} */ }  // {x, TRY(y)}",
    "a text": 'void f() { g(R"({x, TRY(y)})", "{x, TRY(y)}"); }',
}


class Initialisers(unittest.TestCase):
    def test_finds_elements_that_stand_before(self):
        for what, text in BAD.items():
            self.assertTrue(initialisers.places(text), what)

    def test_finds_nothing_else(self):
        for what, text in GOOD.items():
            self.assertEqual(initialisers.places(text), [], what)

    def test_names_the_line(self):
        self.assertEqual(initialisers.places(BAD["a second TRY"]), [2])


if __name__ == "__main__":
    unittest.main()
