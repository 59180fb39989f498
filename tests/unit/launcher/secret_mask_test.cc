#include "launcher/base/secret_mask.h"

#include <gtest/gtest.h>

namespace slipway::launcher {
namespace {

TEST(MaskSecrets, UserinfoAndQueriesOfUrisAreMaskedByteForByte) {
  EXPECT_EQ(mask_secrets(R"({"value": "http://bob:pw@h/a?t=1"})"),
            R"({"value": "http://******@h/a?***"})");
  EXPECT_EQ(mask_secrets("ftp://u@h/x"), "ftp://*@h/x");
  EXPECT_EQ(mask_secrets("http://h/a?t=1#sha256=ab"), "http://h/a?***#sha256=ab");
  EXPECT_EQ(mask_secrets("http://u:p/w@h/x"), "http://*****@h/x");
  EXPECT_EQ(mask_secrets("http://u:p?w@h/x"), "http://*****@h/x");
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

TEST(MaskSecrets, LinesStayWhereTheyAre) {
  EXPECT_EQ(mask_secrets("{\"name\":\"API_TOKEN\",\"value\":\"a\nb\"}"),
            "{\"name\":\"API_TOKEN\",\"value\":\"*\n*\"}");
}

}  // namespace
}  // namespace slipway::launcher
