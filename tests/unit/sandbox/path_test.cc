#include "sandbox/path.h"

#include <gtest/gtest.h>

namespace slipway::sandbox {
namespace {

TEST(AbsolutePath, IsCleaned) {
  EXPECT_EQ(AbsolutePath::parse("//a/./b//")->str(), "/a/b");
  EXPECT_EQ(AbsolutePath::parse("/")->str(), "/");
}

TEST(AbsolutePath, RefusesWhatItCannotEnsure) {
  for (const char* text : {"", "a", "/a/../b", "/.."}) {
    EXPECT_FALSE(AbsolutePath::parse(text)) << text;
  }
  EXPECT_FALSE(AbsolutePath::parse(std::string_view("/a\0b", 4)));
  EXPECT_FALSE(AbsolutePath::parse("/" + std::string(256, 'x')));
  std::string deep;
  for (int i = 0; i < 2100; ++i) deep += "/a";
  EXPECT_FALSE(AbsolutePath::parse(deep));
}

TEST(AbsolutePath, ContainsItselfAndWhatIsBelow) {
  const auto a = *AbsolutePath::parse("/a");
  EXPECT_TRUE(a.contains(a));
  EXPECT_TRUE(a.contains(*AbsolutePath::parse("/a/b")));
  EXPECT_FALSE(a.contains(*AbsolutePath::parse("/ab")));
  EXPECT_TRUE(AbsolutePath::root().contains(a));
}

TEST(AbsolutePath, ParentNameAndChild) {
  const auto path = *AbsolutePath::parse("/a/b");
  EXPECT_EQ(path.parent().str(), "/a");
  EXPECT_EQ(path.parent().parent().str(), "/");
  EXPECT_EQ(path.name(), "b");
  EXPECT_EQ(AbsolutePath::root().child("x").str(), "/x");
}

TEST(SandboxPath, IsRelativeAndCannotEscape) {
  EXPECT_EQ(SandboxPath::parse("./a//b/")->str(), "a/b");
  EXPECT_EQ(SandboxPath::parse("..a/b..")->str(), "..a/b..");
  for (const char* text : {"", ".", "./", "/a", "..", "a/..", "../a", "a/../../b"}) {
    EXPECT_FALSE(SandboxPath::parse(text)) << text;
  }
}

TEST(SandboxPath, ParentIsEmptyAtTheTop) {
  EXPECT_EQ(SandboxPath::parse("a")->parent_str(), "");
  EXPECT_EQ(SandboxPath::parse("a/b")->parent_str(), "a");
}

}  // namespace
}  // namespace slipway::sandbox
