#include "launcher/manual/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/manual/scdoc.h"
#include "sandbox/base/text.h"
#include "sandbox/message_code.h"

namespace slipway::manual {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

std::string filled(std::string_view source) {
  const auto text = page(source);
  return text ? *text : text.error().message();
}

TEST(Page, KeepsItsTextAndFillsItsParts) {
  EXPECT_EQ(filled("a\n\nb @SYNOPSIS run@\n"), "a\n\nb @SYNOPSIS run@\n");
  EXPECT_THAT(filled("a\n@SYNOPSIS run@\nb\n"), MatchesRegex("a\n\\*slipway run\\* [^\n]*\nb\n"));
  EXPECT_THAT(filled("@SYNOPSIS wrap unwrap@\n"),
              MatchesRegex("\\*slipway wrap\\* .*\\+\\+\n\\*slipway unwrap\\* [^\n]*\n"));
}

TEST(Page, APartThatThereIsNotIsAnErrorWithItsLine) {
  for (const char* line : {"@NONE@", "@OPTIONS rnu@", "@OPTIONS@", "@SYNOPSIS run rnu@",
                           "@SETTINGS none@", "@OPTIONS run", "@"}) {
    const auto text = page(cat("one\n", line, "\n"));
    ASSERT_FALSE(text) << line;
    EXPECT_THAT(text.error().message(), HasSubstr("line 2: there is no part"));
  }
}

TEST(Page, WhatAgentsGiveToExecutorsIsListed) {
  EXPECT_THAT(filled("@AGENT-VARIABLES@\n"), AllOf(StartsWith(R"(  *LIBPROCESS\_IP*, )"),
                                                   HasSubstr(R"(, *MESOS\_EXECUTOR\_ID*, )")));
}

TEST(Page, EveryCodeStandsAmongTheErrorsOrTheWarnings) {
  const std::string errors = filled("@CODES E@\n");
  const std::string warnings = filled("@CODES W@\n");
  for (const MessageRow& row : message_rows()) {
    const std::string& part = row.id.starts_with("E-") ? errors : warnings;
    EXPECT_THAT(part, AllOf(HasSubstr(cat('*', row.id, "*\n\t", escaped(row.meaning))),
                            HasSubstr(escaped(row.remedy))));
    EXPECT_THAT(row.id.starts_with("E-") ? warnings : errors,
                Not(HasSubstr(cat('*', row.id, '*'))));
  }
}

TEST(Scdoc, PlainTextHasNoMarkup) {
  EXPECT_EQ(escaped("a_b *c* \\"), "a\\_b \\*c\\* \\\\");
  EXPECT_EQ(definition("t", "a\nb"), "t\n\ta\n\tb\n\n");
  EXPECT_EQ(sentence("a thing"), "A thing.");
}

}  // namespace
}  // namespace slipway::manual
