#include "sandbox/message_code.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

namespace slipway {
namespace {

TEST(MessageCode, EveryCodeHasOneRowAndOneId) {
  std::set<std::string_view> ids;
  std::set<MessageCode> codes;
  for (const MessageRow& row : message_rows()) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_TRUE(codes.insert(row.code).second) << row.id;
    EXPECT_EQ(find_code(row.id), row.code);
    EXPECT_EQ(id_of(row.code), row.id);
  }
  EXPECT_EQ(codes.size() + 1, static_cast<std::size_t>(MessageCode::kCount)) << "a code has no row";
}

TEST(MessageCode, IdsAreOfOneFormAndSentencesAreWhole) {
  for (const MessageRow& row : message_rows()) {
    EXPECT_TRUE(row.id.starts_with("E-") || row.id.starts_with("W-")) << row.id;
    for (const char c : row.id) {
      EXPECT_TRUE(c == '-' || std::isupper(static_cast<unsigned char>(c)) ||
                  std::isdigit(static_cast<unsigned char>(c)))
          << row.id;
    }
    EXPECT_TRUE(row.meaning.ends_with('.')) << row.id;
    EXPECT_TRUE(row.remedy.ends_with('.')) << row.id;
  }
}

TEST(MessageCode, TheInnermostCodeOfAnErrorWins) {
  const Error error =
      Error("full").as(MessageCode::kCache).context("filling").as(MessageCode::kFetch);
  EXPECT_EQ(code_of(error), MessageCode::kCache);
  EXPECT_EQ(coded(error), "filling: full [E-CACHE]");
}

TEST(MessageCode, AnErrorOfWhichNothingIsKnownIsTheSystems) {
  EXPECT_EQ(coded(Error("odd").hint("look")), "odd (look) [E-SYSTEM]");
}

}  // namespace
}  // namespace slipway
