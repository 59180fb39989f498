#include "launcher/base/secret_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "sandbox/environment.h"

namespace slipway::launcher {
namespace {

using ::testing::ElementsAre;

TEST(MaskSecrets, UserinfoAndQueriesOfUrisAreMaskedByteForByte) {
  EXPECT_EQ(mask_secrets(R"({"value": "http://bob:pw@h/a?t=1"})"),
            R"({"value": "http://******@h/a?***"})");
  EXPECT_EQ(mask_secrets("ftp://u@h/x"), "ftp://*@h/x");
  EXPECT_EQ(mask_secrets("http://h/a?t=1#sha256=ab"), "http://h/a?***#sha256=ab");
  EXPECT_EQ(mask_secrets("http://u:p/w@h/x"), "http://*****@h/x");
  EXPECT_EQ(mask_secrets("http://u:p?w@h/x"), "http://*********");
  EXPECT_EQ(mask_secrets("http://u@h/x?m=a@b&t=1"), "http://*@h/x?*********");
  EXPECT_EQ(mask_secrets("http://h:80/x?m=a@b&t=1"), "http://****************");
}

TEST(MaskSecrets, WhatIsNoSecretStays) {
  for (const char* text : {"http://h/a@b", "https://h:8080/x", "a?b", R"({"name":"A","value":"b"})",
                           "://", "http://", "x://@"}) {
    EXPECT_EQ(mask_secrets(text), text);
  }
}

TEST(MaskSecrets, ValuesOfVariablesWithSecretNamesAreMasked) {
  EXPECT_EQ(mask_secrets(R"({"name":"DB_PASSWORD","value":"x{y"})"),
            R"({"name":"DB_PASSWORD","value":"***"})");
  EXPECT_EQ(mask_secrets(R"({"value":"abc", "name":"API_TOKEN"})"),
            R"({"value":"***", "name":"API_TOKEN"})");
  EXPECT_EQ(mask_secrets(R"({'name': 'API_TOKEN', 'value': 'abc'})"),
            R"({'name': 'API_TOKEN', 'value': '***'})");
  EXPECT_EQ(mask_secrets(R"({"name":"API_TOKEN","value":"a\"b"})"),
            R"({"name":"API_TOKEN","value":"****"})");
  EXPECT_EQ(mask_secrets("{\"name\":\"API_TOKEN\",\"value\":\"abc"),
            "{\"name\":\"API_TOKEN\",\"value\":\"***");
}

// A URI without a stroke, or of a database's own kind.
TEST(MaskSecrets, PasswordsInFrontOfAHostAreMaskedWithoutAScheme) {
  EXPECT_EQ(mask_secrets(R"({"value":"http:/u:pw@h/x"})"), R"({"value":"http:/u:**@h/x"})");
  EXPECT_EQ(mask_secrets("http:u:pw@h/x"), "http:****@h/x");
  EXPECT_EQ(mask_secrets("u:pw@tcp(h)/db me@h:7"), "u:**@tcp(h)/db me@h:7");
}

TEST(MaskSecrets, WhatFollowsAnOptionThatLooksSecretIsMasked) {
  EXPECT_EQ(mask_secrets("prog --password hunter2 -v"), "prog --password ******* -v");
  EXPECT_EQ(mask_secrets(R"(["--api-token", "abc", "x"])"), R"(["--api-token", "***", "x"])");
  EXPECT_EQ(mask_secrets("--no-password --verbose x"), "--no-password --verbose x");
  EXPECT_EQ(mask_secrets("a-password b"), "a-password b");
  const std::vector<std::string> words{"prog", "--token", "a b", "--pass", "-x", "y"};
  EXPECT_THAT(mask_secrets(words), ElementsAre("prog", "--token", "***", "--pass", "-x", "y"));
}

TEST(MaskSecrets, HeadersThatAuthenticateAreMasked) {
  EXPECT_EQ(mask_secrets("curl -H 'Authorization: Bearer abc' h"),
            "curl -H 'Authorization: **********' h");
  EXPECT_EQ(mask_secrets("Cookie: a=b; c=d"), "Cookie: ********");
  EXPECT_EQ(mask_secrets(R"({"value": "Proxy-Authorization: Basic a=="}, 7)"),
            R"({"value": "Proxy-Authorization: *********"}, 7)");
}

TEST(MaskSecrets, NamesAreSecretByTheirWords) {
  for (const char* name :
       {"GITHUB_PAT", "HTTP_COOKIE", "DB_AUTH", "JWT", "x-auth-token", "Bearer"}) {
    EXPECT_TRUE(sandbox::looks_secret(name)) << name;
  }
  for (const char* name : {"PATH", "AUTHOR", "XAUTHORITY", "PWD", "OLDPWD", "PATTERN", "KEYMAP"}) {
    EXPECT_FALSE(sandbox::looks_secret(name)) << name;
  }
}

TEST(MaskSecrets, ABraceInAStringEndsNoVariable) {
  EXPECT_EQ(mask_secrets(R"({"value":"hun{ter2","name":"DB_PASSWORD","nam":1})"),
            R"({"value":"********","name":"DB_PASSWORD","nam":1})");
}

// What people write where variables are wanted.
TEST(MaskSecrets, ValuesOfKeysThatLookSecretAreMasked) {
  EXPECT_EQ(mask_secrets(R"("environment": {"DB_PASSWORD": "hun,t=2", "A": "b"})"),
            R"("environment": {"DB_PASSWORD": "*******", "A": "b"})");
  EXPECT_EQ(mask_secrets(R"("variables": [{DB_PASSWORD: hunter2}, "API_TOKEN=abc"])"),
            R"("variables": [{DB_PASSWORD: *******}, "API_TOKEN=***"])");
  EXPECT_EQ(mask_secrets("'API_TOKEN' = 'a\nb'"), "'API_TOKEN' = '*\n*'");
}

// What fills a string is the URI, whatever it holds: these are legal in one, or what people write.
TEST(MaskSecrets, AUriEndsWithItsString) {
  EXPECT_EQ(mask_secrets(R"("http://bob:p,w@h/x")"), R"("http://*******@h/x")");
  EXPECT_EQ(mask_secrets(R"("http://h/x?a=1,b<2>'3 4","c")"), R"("http://h/x?************","c")");
  EXPECT_EQ(mask_secrets(R"(" http://h/x?a b","c")"), R"(" http://h/x?***","c")");
  EXPECT_EQ(mask_secrets(R"('http://h/x?a,b','c')"), R"('http://h/x?***','c')");
  EXPECT_EQ(mask_secrets(R"("curl http://h/x?a,b c")"), R"("curl http://h/x?*** c")");
}

TEST(MaskSecrets, EscapesOfJsonHideNoUri) {
  EXPECT_EQ(mask_secrets(R"("http:\/\/bob:pw@h\/x?t")"), R"("http:\/\/******@h\/x?*")");
  EXPECT_EQ(mask_secrets(R"("http\u003a//bob\u003Apw@h/x")"), R"("http\u003a//***********@h/x")");
  EXPECT_EQ(mask_secrets(R"("http://bob:p\"w@h/x")"), R"("http://********@h/x")");
  EXPECT_EQ(mask_secrets(R"({"n\u0061me":"API_TOKEN","value":"abc"})"),
            R"({"n\u0061me":"API_TOKEN","value":"***"})");
}

// A text that was made to be slow: 1 MiB took minutes. It takes a part of a second, unoptimised
// seconds.
TEST(MaskSecrets, TimeGrowsWithTheLengthOfTheText) {
  const auto often = [](std::string_view piece) {
    std::string text;
    while (text.size() < std::size_t{1} << 20) text += piece;
    return text;
  };
  const std::clock_t start = std::clock();
  for (const char* piece : {"://", "a://b", "{", "://?", R"({"name":"TOKEN")", "://@", "\\u",
                            "A_KEY=", "A_KEY:\"", "{\"'"}) {
    const std::string text = often(piece);
    EXPECT_EQ(mask_secrets(text).size(), text.size());
  }
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 60.0);
}

TEST(MaskSecrets, LinesStayWhereTheyAre) {
  EXPECT_EQ(mask_secrets("{\"name\":\"API_TOKEN\",\"value\":\"a\nb\"}"),
            "{\"name\":\"API_TOKEN\",\"value\":\"*\n*\"}");
}

}  // namespace
}  // namespace slipway::launcher
