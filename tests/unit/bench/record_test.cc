#include "tests/bench/record.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/bench/child.h"
#include "tests/bench/results_json.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/bench/sample_result.h"

namespace slipway::bench {
namespace {

using tests::exists;
using tests::read_file;
using tests::TempDir;

Invocation invocation(const TempDir& dir) {
  Invocation made;
  made.rounds = 3;
  made.results = dir / "results";
  made.date = "2026-11-26";
  made.command = "./dev bench warm 3";
  return made;
}

TEST(Record, WritesWhatItAndItsChildrenAddedInTheirOrder) {
  const TempDir dir;
  const Record record(std::chrono::milliseconds(10));
  CaseResult each = sample_result().cases[0];
  each.title = "of a child";
  ASSERT_TRUE(in_child([&] { record.add(each); }));
  each.title = "of its own";
  record.add(each);
  record.write("warm", invocation(dir), {}, {{"cp", "9.1"}});
  const auto written = suite_from_json(read_file(dir / "results/warm.json"));
  ASSERT_TRUE(written) << written.error().message();
  ASSERT_EQ(written->cases.size(), 2U);
  EXPECT_EQ(written->cases[0].title, "of a child");
  EXPECT_EQ(written->cases[1].title, "of its own");
  EXPECT_EQ(written->rounds, 3U);
  EXPECT_EQ(written->programs[0].version, "9.1");
  EXPECT_TRUE(exists(dir / "results/warm.md"));
  EXPECT_TRUE(exists(dir / "results/warm.svg"));
}

TEST(Record, PartOfASuiteDoesNotReplaceTheWhole) {
  const TempDir dir;
  const Record record(std::chrono::milliseconds(10));
  Invocation part = invocation(dir);
  part.wanted = "1 RO";
  record.add(sample_result().cases[0]);
  record.write("warm", part, {}, {});
  EXPECT_TRUE(exists(dir / "results/warm.part.json"));
  EXPECT_FALSE(exists(dir / "results/warm.json"));
}

TEST(Record, LeavesNothingWhereNoDirectoryWasGiven) {
  const TempDir dir;
  Invocation nowhere = invocation(dir);
  nowhere.results = "";
  const Record record(std::chrono::milliseconds(10));
  record.add(sample_result().cases[0]);
  record.write("warm", nowhere, {}, {});
  EXPECT_FALSE(exists(dir / "results"));
}

TEST(Record, WithoutAnyCaseIsAnError) {
  const TempDir dir;
  Invocation misspelt = invocation(dir);
  misspelt.wanted = "1 R0";
  const Record record(std::chrono::milliseconds(10));
  EXPECT_THROW(record.write("warm", misspelt, {}, {}), std::runtime_error);
  EXPECT_FALSE(exists(dir / "results"));
}

}  // namespace
}  // namespace slipway::bench
