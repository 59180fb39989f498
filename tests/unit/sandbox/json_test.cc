#include "sandbox/json.h"

#include <gtest/gtest.h>

#include "sandbox/json_edit.h"
#include "sandbox/json_writer.h"

namespace slipway::sandbox {
namespace {

std::string place(std::string_view text, std::size_t offset) {
  const auto at = line_column(text, offset);
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

TEST(Json, EveryValueKnowsItsPlace) {
  const std::string text =
      "{\n  \"a\" : [1, -2.5e3 , \"x\\\"\\\\y\", true,\n null, {\"é\":false}]\n}";
  const auto document = parse_json(text);
  ASSERT_TRUE(document);
  EXPECT_EQ(place(text, document->root.offset), "1:1");
  const auto& a = document->root.members.at(0);
  EXPECT_EQ(place(text, a.name_offset), "2:3");
  const auto& items = a.value.items;
  ASSERT_EQ(items.size(), 6U);
  EXPECT_EQ(place(text, a.value.offset), "2:9");
  EXPECT_EQ(place(text, items[0].offset), "2:10");
  EXPECT_EQ(items[1].text, "-2.5e3");
  EXPECT_EQ(place(text, items[1].offset), "2:13");
  EXPECT_EQ(items[2].text, "x\"\\y");
  EXPECT_EQ(place(text, items[2].offset), "2:22");
  EXPECT_EQ(place(text, items[3].offset), "2:32");
  EXPECT_EQ(place(text, items[4].offset), "3:2");
  EXPECT_EQ(place(text, items[5].members.at(0).value.offset), "3:13") << "columns are characters";
}

TEST(Json, ANumberAtTheVeryEndHasItsPlaceToo) {
  const auto document = parse_json(" 42");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.offset, 1U);
  EXPECT_EQ(document->root.number, 42);
}

TEST(Json, AByteOrderMarkIsSkipped) {
  const auto document = parse_json("\xef\xbb\xbf[1]");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.offset, 3U);
  EXPECT_EQ(document->root.items.at(0).offset, 4U);
}

TEST(Json, DuplicateKeysAreListedWithPointerAndPlace) {
  const std::string text = R"({"a":{"b":1,"b":2},"c":[{},{"a/~":1,"a/~":2}],"a":3})";
  const auto document = parse_json(text);
  ASSERT_TRUE(document);
  ASSERT_EQ(document->duplicates.size(), 3U);
  EXPECT_EQ(document->duplicates[0].pointer, "/a/b");
  EXPECT_EQ(document->duplicates[0].offset, text.find("\"b\":2"));
  EXPECT_EQ(document->duplicates[1].pointer, "/c/1/a~1~0");
  EXPECT_EQ(document->duplicates[2].pointer, "/a");
}

// A megabyte of text must not become gigabytes of pointers.
TEST(Json, DuplicatesBelowALongNameTakeLittleMemory) {
  std::string text = "{\"" + std::string(100'000, 'n') + "\":{\"a\":0";
  while (text.size() < 200'000) text += ",\"a\":0";
  const auto document = parse_json(text + "}}");
  ASSERT_TRUE(document);
  ASSERT_FALSE(document->duplicates.empty());
  std::size_t bytes = 0;
  for (const auto& each : document->duplicates) bytes += each.pointer.size();
  EXPECT_LT(bytes, std::size_t{1} << 20);
}

TEST(Json, ASyntaxErrorHasItsPlace) {
  const std::string text = "{\"a\": 1,\n \"b\": x}";
  const auto document = parse_json(text);
  ASSERT_FALSE(document);
  EXPECT_EQ(place(text, document.error().offset), "2:7");
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "nul", "{'a':1}", "[NaN]", "1 2", "[1]x", "\"\xff\"",
                           "\"\\ud800\"", "{\"a\" 1}", "\"a\nb\""}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
}

TEST(Json, NestingIsLimited) {
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  const auto deep = parse_json(std::string(65, '[') + std::string(65, ']'));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().offset, 64U);
}

TEST(Json, TenMegabytesOfNestingAreRefusedAtOnce) {
  EXPECT_FALSE(parse_json(std::string(10'000'000, '[')));
  EXPECT_FALSE(parse_json(std::string(10'000'000, '['), std::size_t{1} << 30));
}

TEST(Json, WriterEscapesAndIndents) {
  JsonWriter json(JsonWriter::Layout::kIndented);
  json.begin_object().member("a\n", "b\"\xff").key("l").begin_array().integer(1).null();
  json.end_array().key("e").begin_array().end_array().end_object();
  EXPECT_EQ(json.str(),
            "{\n  \"a\\n\": \"b\\\"\xef\xbf\xbd\",\n  \"l\": [\n    1,\n    null\n  ],\n"
            "  \"e\": []\n}");
  EXPECT_TRUE(parse_json(json.str()));
}

TEST(JsonWriter, WhatTerminalsObeyIsEscaped) {
  JsonWriter json;
  json.string("a\u009b\u202e\u2066\u00fc\u20ac");
  EXPECT_EQ(json.str(), "\"a\\u009b\\u202e\\u2066\u00fc\u20ac\"");
  EXPECT_EQ(parse_json(json.str())->root.text, "a\u009b\u202e\u2066\u00fc\u20ac");
}

TEST(JsonWriter, AValueOfADocumentIsWrittenAsItWasSpelt) {
  const std::string text =
      R"({"b":[1.0,1e3,-0,12345678901234567890123,null,true,false],"a":{"é":"\"\\\n\u0000"},"c":[],"d":{}})";
  const auto document = parse_json(text);
  ASSERT_TRUE(document);
  JsonWriter json;
  EXPECT_EQ(json.value(document->root).str(), text);
}

TEST(JsonEdit, MembersArePutInAndTakenOutAndTheOthersStayInOrder) {
  auto document = parse_json(R"({"a":1,"b":2,"c":3})");
  ASSERT_TRUE(document);
  JsonValue& root = document->root;
  EXPECT_FALSE(take_member(root, "x").has_value());
  EXPECT_EQ(take_member(root, "a")->text, "1");
  set_member(root, "b", json_string("new"));
  set_member(root, "d", json_array({json_boolean(true)}));
  EXPECT_EQ(member_to_change(root, "a"), nullptr);
  JsonWriter json;
  EXPECT_EQ(json.value(root).str(), R"({"b":"new","c":3,"d":[true]})");
}

}  // namespace
}  // namespace slipway::sandbox
