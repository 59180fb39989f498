#include "launcher/plan/paste_line.h"

#include <gtest/gtest.h>

#include "sandbox/base/text.h"
#include "tests/support/run_program.h"

namespace slipway::launcher {
namespace {

std::string line_of(const std::string& file, std::vector<std::string> argv,
                    const std::string& path) {
  const Lookup lookup = file.starts_with('/') ? Lookup::kExact : Lookup::kSandboxThenPath;
  return paste_line({file, lookup, std::move(argv), {}}, path,
                    *sandbox::AbsolutePath::parse("/s/box"))
      .text;
}

bool needs_bash(std::vector<std::string> argv) {
  return paste_line({"run", Lookup::kSandboxThenPath, std::move(argv), {}}, "/s/box/run",
                    *sandbox::AbsolutePath::parse("/s/box"))
      .needs_bash;
}

TEST(PasteLine, AProgramOfTheSandboxIsTypedFromThere) {
  EXPECT_EQ(line_of("run", {"run", "x"}, "/s/box/run"), "./run x");
  EXPECT_EQ(line_of("./sub/run", {"run"}, "/s/box/./sub/run"), "./sub/run");
  EXPECT_EQ(line_of("my run", {"my run"}, "/s/box/my run"), "'./my run'");
}

TEST(PasteLine, AProgramOfPathOrAnAbsoluteOneIsTypedInFull) {
  EXPECT_EQ(line_of("true", {"true"}, "/usr/bin/true"), "/usr/bin/true")
      << "the bare name is a builtin of the shell";
  EXPECT_EQ(line_of("/s/box/run", {"run"}, "/s/box/run"), "/s/box/run");
}

TEST(PasteLine, AShellLineIsGivenToBinSh) {
  EXPECT_EQ(line_of("/bin/sh", {"/bin/sh", "-c", "a b; c"}, "/bin/sh"), "/bin/sh -c 'a b; c'");
}

TEST(PasteLine, AnotherArgvZeroNeedsExec) {
  EXPECT_EQ(line_of("run", {"zero", "x"}, "/s/box/run"), "(exec -a zero ./run x)");
  EXPECT_EQ(line_of("run", {""}, "/s/box/run"), "(exec -a '' ./run)");
  EXPECT_EQ(line_of("run", {"/other/place/run"}, "/s/box/run"), "./run") << "only the directory";
}

TEST(PasteLine, WhatOnlyBashUnderstandsIsMarked) {
  EXPECT_FALSE(needs_bash({"run", "it's \"quoted\" $x"}));
  EXPECT_TRUE(needs_bash({"run", "two\nlines"}));
  EXPECT_TRUE(needs_bash({"zero"}));
}

TEST(PasteWord, IsOneLineThatNoTerminalObeys) {
  EXPECT_EQ(paste_word("a b"), "'a b'");
  EXPECT_EQ(paste_word("it's"), "'it'\\''s'");
  EXPECT_EQ(paste_word("a\nb"), "$'a\\nb'");
  EXPECT_EQ(paste_word("\x1b]0;x\x07'\\!"), "$'\\x1b]0;x\\x07\\'\\\\\\x21'");
  EXPECT_EQ(paste_word("\u0085\xff"), "$'\\xc2\\x85\\xff'");
}

TEST(PasteWord, IsReadBackByBash) {
  std::string controls;
  for (char c = 1; c < 0x20; ++c) controls += c;
  for (const std::string& word :
       {std::string(), std::string("plain"), std::string("a 'b' \"c\" \\ $d `e` !f ~ * {g,h}"),
        controls + "a'b\\c!d",
        std::string("\x01"
                    "1 \n7"),
        std::string("\u00fc\n\xff\xfe"), std::string("ends\n")}) {
    const auto result =
        tests::run_program({"/bin/bash", "-c", cat("printf %s ", paste_word(word)), "bash"});
    EXPECT_EQ(result.out, word) << paste_word(word);
  }
}

}  // namespace
}  // namespace slipway::launcher
