#include "fetcher/plan/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
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

TEST(Uri, BelowADirectoryItShowsNoMoreThanBefore) {
  for (const char* text : {"http:/u:secret@h/x", "u:secret@host/y", "a?secret"}) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri.has_value()) << text;
    const auto below = uri->below("/home");
    ASSERT_TRUE(below.has_value()) << text;
    EXPECT_EQ(below->target(), cat("/home/", text));
    EXPECT_THAT(below->redacted(), ::testing::StartsWith("/home/"));
    EXPECT_THAT(below->redacted(), ::testing::Not(::testing::HasSubstr("secret")));
  }
}

TEST(Uri, F10MalformedUriIsRefused) {
  EXPECT_THAT(Uri::parse("lala://nopath"), FailsWith(HasSubstr("Malformed URI (missing path)")));
  EXPECT_THAT(Uri::parse("http://h/"), FailsWith(HasSubstr("Malformed")));
  EXPECT_THAT(Uri::parse("http:///a"), FailsWith(HasSubstr("Malformed")));
}

// libcurl would list it.
TEST(Uri, OfFtpOneThatEndsInASlashIsRefused) {
  for (const char* text : {"ftp://h/dir/", "ftps://u:p@h/dir/?x", "FTP://h/a/b/#x"}) {
    EXPECT_THAT(Uri::parse(text), FailsWith(HasSubstr("a directory cannot be fetched"))) << text;
  }
  EXPECT_TRUE(Uri::parse("ftp://h/file?v=/"));
  EXPECT_TRUE(Uri::parse("http://h/dir/"));
}

TEST(Uri, IllegalCharactersAreRefused) {
  EXPECT_THAT(Uri::parse("/a\\b"), FailsWith(HasSubstr("backslash")));
  EXPECT_THAT(Uri::parse("/a'b"), FailsWith(HasSubstr("single quote")));
  EXPECT_THAT(Uri::parse(std::string_view("/a\0b", 4)), FailsWith(HasSubstr("NUL")));
  EXPECT_THAT(Uri::parse("http://h/a\r\nX: y"), FailsWith(HasSubstr("control character")));
  EXPECT_THAT(Uri::parse("http://h/a b"), FailsWith(HasSubstr("blank")));
}

TEST(Uri, F12RelativePathIsBelowFrameworksHome) {
  const auto uri = Uri::parse("sub/test");
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_TRUE(uri->is_relative());
  const auto below = uri->below("/home");
  ASSERT_TRUE(below) << below.error().message();
  EXPECT_FALSE(below->is_relative());
  EXPECT_EQ(below->target(), "/home/sub/test");
  EXPECT_TRUE(Uri::parse("file:/x")->is_relative()) << "no \"://\", so a path (Mesos)";
  EXPECT_FALSE(Uri::parse("/x")->is_relative());
  EXPECT_THAT(Uri::parse("file://otherhost/x"), FailsWith(HasSubstr("another host")));
}

TEST(Uri, OfTheHadoopClientsAllIsAPathAndAsMuchIsShownAsIsNoSecret) {
  const auto redacted = [](std::string_view text) { return Uri::parse(text)->redacted(); };
  EXPECT_EQ(Uri::parse("hdfs://h/a#b c?d")->target(), "hdfs://h/a#b c?d");
  EXPECT_EQ(redacted("hdfs://h/a#b c"), "hdfs://h/a#b c");
  EXPECT_EQ(redacted("hdfs:///a#b"), "hdfs:///a#b");
  for (const char* text : {"s3a://k:SE#CRET@b/x", "s3a://k:SE/C#RET@b/x", "s3a://b/x?SE#CRET",
                           "s3a://b/x#y?SECRET", "s3a://k:SE/CR#ET@b/x#z", "s3a://b?SE/#CRET"}) {
    EXPECT_THAT(redacted(text), AllOf(Not(HasSubstr("SE")), Not(HasSubstr("ET")))) << text;
  }
}

TEST(Uri, TheNameOfAFileShowsNoEndOfAPasswordWithASlash) {
  for (const char* text : {"https://me:SE/CRET@h", "s3a://k:SE/CR#ET@b", "http://me:S/E/CRET@h"}) {
    EXPECT_EQ(Uri::parse(text)->shown_file_name(), "…") << text;
  }
  EXPECT_EQ(Uri::parse("https://me:SECRET@h/a@b")->shown_file_name(), "a@b");
}

TEST(Uri, F26EveryOtherSchemeIsTheHadoopClients) {
  for (const char* text : {"hdfs://h/a", "s3n://bucket/a", "hdfs:///a", "odd+scheme://x/a"}) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri) << text << ": " << uri.error().message();
    EXPECT_EQ(uri->scheme(), Scheme::kHadoop) << text;
    EXPECT_EQ(uri->target(), text);
    EXPECT_EQ(uri->file_name(), "a");
  }
  EXPECT_EQ(Uri::parse("HDFS://h/a")->scheme_name(), "hdfs");
}

const std::string k256(64, 'a');
const std::string k512(128, 'B');

TEST(Uri, AChecksumFragmentIsNoPartOfAnyName) {
  for (const std::string& text : {cat("http://h/a.tgz#sha256=", k256), cat("/a.tgz#sha256=", k256),
                                  cat("file:///a.tgz#sha256=", k256)}) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri) << uri.error().message();
    ASSERT_TRUE(uri->pin()) << text;
    EXPECT_EQ(uri->pin()->hex(), k256);
    EXPECT_EQ(uri->file_name(), "a.tgz");
    EXPECT_EQ(uri->shown_file_name(), "a.tgz");
    EXPECT_EQ(uri->str(), text) << "another version is another key of the cache";
    EXPECT_EQ(uri->target().find('#'), std::string::npos);
  }
  const auto longer = Uri::parse(cat("ftp://h/a?b#sha512=", k512));
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->pin()->hex(), std::string(128, 'b'));
  EXPECT_EQ(longer->target(), "ftp://h/a?b");
}

TEST(Uri, WhatLooksLikeAChecksumIsKnown) {
  for (const char* text : {"http://h/a#sha1=00", "http://h/a#MD5:00", "/a#sha-256=00", "/a#SHA3",
                           "http://h/a#SHA256=00", "http://h/a#sha256:00"}) {
    EXPECT_TRUE(looks_pinned(text)) << text;
  }
  for (const char* text : {"http://h/a#share", "http://h/sha1=00", "/a#sharp.txt", "/a#"}) {
    EXPECT_FALSE(looks_pinned(text)) << text;
  }
}

TEST(Uri, AChecksumThatIsNoneIsRefused) {
  EXPECT_THAT(Uri::parse("http://h/a#sha256=00"), FailsWith(HasSubstr("64 hexadecimal")));
  EXPECT_THAT(Uri::parse(cat("/a#sha512=", k256)), FailsWith(HasSubstr("128 hexadecimal")));
  EXPECT_THAT(Uri::parse(cat("/a#sha256=", k256, "x")), FailsWith(HasSubstr("64 hexadecimal")));
  EXPECT_THAT(Uri::parse(cat("/a#sha256=", std::string(64, 'g'))), FailsWith(HasSubstr("hexadec")));
}

TEST(Uri, AChecksumCanBeAddedButNotChanged) {
  const Pin pin = *Pin::parse(cat("sha256:", k256));
  const auto pinned = Uri::parse("http://h/a")->pinned(pin);
  ASSERT_TRUE(pinned);
  EXPECT_EQ(pinned->pin(), pin);
  EXPECT_EQ(pinned->pinned(pin)->str(), pinned->str());
  EXPECT_THAT(pinned->pinned(*Pin::parse(cat("sha512=", k512))), FailsWith(HasSubstr("another")));
  EXPECT_THAT(Pin::parse("md5=00"), FailsWith(HasSubstr("sha256=<hex>")));
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
