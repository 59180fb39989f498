#include "fetcher/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;
using tests::FailsWith;

struct Row {
  const char* text;
  Scheme scheme;
  const char* target;
  const char* file_name;
  const char* redacted;
  const char* shown_file_name;
};

class UriTable : public ::testing::TestWithParam<Row> {};

TEST_P(UriTable, IsReadAsMesosReadsIt) {
  const Row& row = GetParam();
  const auto uri = Uri::parse(row.text);
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_EQ(uri->scheme(), row.scheme);
  EXPECT_EQ(uri->target(), row.target);
  EXPECT_EQ(uri->file_name(), row.file_name);
  EXPECT_EQ(uri->redacted(), row.redacted);
  EXPECT_EQ(uri->shown_file_name(), row.shown_file_name);
}

INSTANTIATE_TEST_SUITE_P(
    All, UriTable,
    ::testing::Values(
        Row{"/a/b.tgz", Scheme::kFile, "/a/b.tgz", "b.tgz", "/a/b.tgz", "b.tgz"},
        Row{"file:///a/b", Scheme::kFile, "/a/b", "b", "file:///a/b", "b"},
        Row{"file://localhost/a/b", Scheme::kFile, "/a/b", "b", "file://localhost/a/b", "b"},
        Row{"/a/x%20y z#1", Scheme::kFile, "/a/x%20y z#1", "x%20y z#1", "/a/x%20y z#1",
            "x%20y z#1"},
        Row{"/a?b/c", Scheme::kFile, "/a?b/c", "c", "/a?b/c", "c"},
        Row{"http://h/a/b", Scheme::kHttp, "http://h/a/b", "b", "http://h/a/b", "b"},
        Row{"\r\n\t http://h/a", Scheme::kHttp, "http://h/a", "a", "http://h/a", "a"},
        Row{"HTTPS://h/a", Scheme::kHttps, "HTTPS://h/a", "a", "HTTPS://h/a", "a"},
        Row{"https://u:p@h:1/a?t=s", Scheme::kHttps, "https://u:p@h:1/a?t=s", "a?t=s",
            "https://h:1/a?…", "a?…"},
        Row{"http://h/dl?f=x/y.tgz", Scheme::kHttp, "http://h/dl?f=x/y.tgz", "y.tgz",
            "http://h/dl?…", "…"},
        Row{"http://h/a#part", Scheme::kHttp, "http://h/a", "a#part", "http://h/a", "a#part"},
        Row{"http://h/a/", Scheme::kHttp, "http://h/a/", "", "http://h/a/", ""},
        Row{"http://h/p@q/a", Scheme::kHttp, "http://h/p@q/a", "a", "http://h/p@q/a", "a"}));

TEST(Uri, F10MalformedUriIsRefused) {
  EXPECT_THAT(Uri::parse("lala://nopath"), FailsWith(HasSubstr("Malformed URI (missing path)")));
  EXPECT_THAT(Uri::parse("http://h/"), FailsWith(HasSubstr("Malformed")));
  EXPECT_THAT(Uri::parse("http:///a"), FailsWith(HasSubstr("Malformed")));
}

TEST(Uri, IllegalCharactersAreRefused) {
  EXPECT_THAT(Uri::parse("/a\\b"), FailsWith(HasSubstr("backslash")));
  EXPECT_THAT(Uri::parse("/a'b"), FailsWith(HasSubstr("single quote")));
  EXPECT_THAT(Uri::parse(std::string_view("/a\0b", 4)), FailsWith(HasSubstr("NUL")));
  EXPECT_THAT(Uri::parse("http://h/a\r\nX: y"), FailsWith(HasSubstr("control character")));
  EXPECT_THAT(Uri::parse("http://h/a b"), FailsWith(HasSubstr("blank")));
}

TEST(Uri, F12RelativePathNeedsFrameworksHome) {
  EXPECT_THAT(Uri::parse("test"), FailsWith(HasSubstr("frameworks_home")));
  EXPECT_THAT(Uri::parse("file:/x"), FailsWith(HasSubstr("relative")));
  EXPECT_THAT(Uri::parse("file://otherhost/x"), FailsWith(HasSubstr("another host")));
}

TEST(Uri, WhatIsNotSupportedYetSaysSo) {
  EXPECT_THAT(Uri::parse("hdfs://h/a"), FailsWith(HasSubstr("'hdfs'")));
  EXPECT_THAT(Uri::parse("ftp://h/a"), FailsWith(HasSubstr("cannot fetch yet")));
  EXPECT_THAT(Uri::parse("http://h/a#sha256=00"), FailsWith(HasSubstr("checksum")));
  EXPECT_THAT(Uri::parse("/a#sha512=00"), FailsWith(HasSubstr("checksum")));
}

TEST(Uri, ADirectoryIsRefused) {
  EXPECT_THAT(Uri::parse("/a/"), FailsWith(HasSubstr("directory")));
}

TEST(Uri, RedactionWorksByShapeAlone) {
  EXPECT_EQ(redact_uri("weird://user:pass@host/x?y#z"), "weird://host/x?…");
  EXPECT_EQ(redact_uri("http://a@b@host"), "http://host");
  EXPECT_EQ(redact_uri("http:/user:pass@host/x"), "…@host/x");
  EXPECT_EQ(redact_uri("/home/a@b/x"), "/home/a@b/x");
  EXPECT_EQ(redact_uri("http:/h/f?t=secret"), "http:/h/f?…");
  EXPECT_EQ(redact_uri("rel?t=secret"), "rel?…");
  EXPECT_EQ(redact_uri("//u:secret@h/f"), "…@h/f");
  EXPECT_EQ(redact_uri("http://[u:secret/x@h/f"), "http://…");
  EXPECT_EQ(redact_uri("http://user:S3C/RET@host/x"), "http://…");
  EXPECT_EQ(redact_uri("http://user:S3C?RET@host/x"), "http://…");
  EXPECT_EQ(redact_uri("http://[::1]:80/x@y"), "http://[::1]:80/x@y");
  EXPECT_EQ(redact_uri("http://host:80/x@y"), "http://host:80/x@y");
}

}  // namespace
}  // namespace slipway::fetcher
