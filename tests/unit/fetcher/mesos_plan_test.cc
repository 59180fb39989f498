#include "fetcher/mesos/mesos_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sandbox/base/text.h"

namespace slipway::fetcher {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using Item = MesosFetcherInfo::Item;
using Action = MesosFetcherInfo::Action;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Item bypass(std::string uri, std::optional<std::string> output_file = {}) {
  Item item;
  item.uri = std::move(uri);
  item.output_file = std::move(output_file);
  return item;
}

Item cached(Action action, std::string uri, std::string file,
            std::optional<std::string> output_file = {}) {
  Item item = bypass(std::move(uri), std::move(output_file));
  item.action = action;
  item.cache_filename = std::move(file);
  return item;
}

MesosFetcherInfo info_of(std::vector<Item> items) {
  MesosFetcherInfo info;
  info.sandbox_directory = "/sandbox";
  info.cache_directory = "/cache/nobody";
  info.items = std::move(items);
  return info;
}

MesosPlan plan_of(const MesosFetcherInfo& info, const Settings& settings = {}) {
  auto plan = plan_mesos_fetch(info, settings);
  if (plan) return *std::move(plan);
  for (const auto& problem : plan.error()) ADD_FAILURE() << problem.uri << ": " << problem.what;
  return {};
}

FetchStep step_of(Item item) {
  auto plan = plan_of(info_of({std::move(item)}));
  EXPECT_EQ(plan.fetch.steps.size(), 1U);
  return plan.fetch.steps.at(0);
}

std::string problem_of(const MesosFetcherInfo& info) {
  const auto plan = plan_mesos_fetch(info, {});
  if (plan || plan.error().size() != 1) return "not one problem";
  return cat(plan.error()[0].uri, ": ", plan.error()[0].what);
}

TEST(MesosPlan, ArchivesAreThoseOfMesos) {
  for (const char* name : {"a.tar", "a.tgz", "a.tar.gz", "a.tbz2", "a.tar.bz2", "a.txz", "a.tar.xz",
                           "a.zip", "a.gz"}) {
    EXPECT_TRUE(step_of(bypass(cat("/x/", name))).extract.has_value()) << name;
  }
  for (const char* name : {"a.tar.zst", "a.bz2", "a.xz", "a.TGZ", "a.tbz", "a.jar", "a"}) {
    EXPECT_FALSE(step_of(bypass(cat("/x/", name))).extract.has_value()) << name;
  }
}

TEST(MesosPlan, WhatIsUnpackedIsJudgedByTheNameThatMesosJudgesBy) {
  EXPECT_TRUE(step_of(bypass("http://h/dl?id=1", "a.tgz")).extract) << "the file's own";
  EXPECT_FALSE(step_of(bypass("/x/a.tgz", "a")).extract);
  const auto download = Action::kDownloadAndCache;
  EXPECT_TRUE(step_of(cached(download, "/x/a.tgz", "c1-a.tgz", "a")).extract) << "the cached one's";
  EXPECT_FALSE(step_of(cached(download, "http://h/a.tgz?s=1", "c1-a.tgz?s=1", "a.tgz")).extract);
}

TEST(MesosPlan, AChecksumIsNoPartOfTheNameWhateverTheAgentMakesOfIt) {
  const std::string pin = cat("#sha256=", std::string(64, 'a'));
  const auto step =
      step_of(cached(Action::kDownloadAndCache, "/x/a.tgz" + pin, "c1-a.tgz#sha2_aaaaaaaaaa"));
  EXPECT_TRUE(step.extract);
  EXPECT_EQ(step.agent_cache_file, "c1-a.tgz#sha2_aaaaaaaaaa");
  EXPECT_EQ(step_of(bypass("/x/a.tgz" + pin)).destination.str(), "a.tgz");
}

TEST(MesosPlan, ActionsAreStepsOfTheAgentsCache) {
  EXPECT_EQ(step_of(bypass("/x/a")).agent_cache_file, "");
  const auto fill = step_of(cached(Action::kDownloadAndCache, "/x/a.tgz", "c1-a.tgz"));
  EXPECT_EQ(fill.decision, CacheDecision::kFill);
  EXPECT_FALSE(places_file(fill)) << "a cached archive does not stay";
  const auto use = step_of(cached(Action::kRetrieveFromCache, "/x/a", "c1-a"));
  EXPECT_EQ(use.decision, CacheDecision::kUse);
  EXPECT_EQ(use.agent_cache_file, "c1-a");
  EXPECT_TRUE(places_file(use));
  EXPECT_TRUE(places_file(step_of(bypass("/x/a.tgz")))) << "an archive that bypasses it does";
}

TEST(MesosPlan, ExecutableBeatsExtract) {
  Item item = bypass("/x/a.tgz");
  item.executable = true;
  const auto step = step_of(item);
  EXPECT_TRUE(step.executable);
  EXPECT_FALSE(step.extract);
  item.executable = false;
  item.extract = false;
  EXPECT_FALSE(step_of(item).extract);
}

TEST(MesosPlan, ItemsOfOnePathAreLeftInTheirOrderWithAWarning) {
  const auto plan = plan_of(info_of({bypass("/x/a"), bypass("/y/a"), bypass("/z/b")}));
  EXPECT_EQ(plan.fetch.steps.size(), 3U);
  EXPECT_TRUE(files_meet(plan.fetch));
  EXPECT_THAT(plan.warnings, ElementsAre(HasSubstr("the last one stays")));
  EXPECT_THAT(plan_of(info_of({bypass("/x/a"), bypass("/z/b")})).warnings, IsEmpty());
}

TEST(MesosPlan, AFileBelowAnotherIsAProblem) {
  for (const auto& [first, second] : {std::pair("a", "a/b"), std::pair("a/b", "a")}) {
    EXPECT_THAT(problem_of(info_of({bypass("/from/1", first), bypass("/from/2", second)})),
                AllOf(HasSubstr("'/from/1'"), HasSubstr("would have to be a directory")));
  }
}

TEST(MesosPlan, ArchivesThatDoNotStayMeetNobody) {
  const auto plan = plan_of(info_of({cached(Action::kDownloadAndCache, "/x/a.tgz", "c1-a.tgz"),
                                     cached(Action::kDownloadAndCache, "/y/a.tgz", "c2-a.tgz")}));
  EXPECT_FALSE(files_meet(plan.fetch));
  EXPECT_THAT(plan.warnings, IsEmpty());
}

TEST(MesosPlan, AFileInThePlaceOfTheTasksOutputIsWarnedOf) {
  EXPECT_THAT(plan_of(info_of({bypass("/x/stderr")})).warnings,
              ElementsAre(HasSubstr("takes the place of the sandbox's 'stderr'")));
}

TEST(MesosPlan, RelativePathsAreBelowFrameworksHomeTheAgentsFirst) {
  auto info = info_of({bypass("a")});
  EXPECT_THAT(problem_of(info), HasSubstr("--frameworks_home"));
  Settings settings;
  settings.frameworks_home = "/settings";
  EXPECT_EQ(plan_of(info, settings).fetch.steps.at(0).uri.target(), "/settings/a");
  info.frameworks_home = "/agent";
  EXPECT_EQ(plan_of(info, settings).fetch.steps.at(0).uri.target(), "/agent/a");
  info.frameworks_home = "agent";
  EXPECT_THAT(problem_of(info), HasSubstr("no absolute one"));
}

TEST(MesosPlan, StallTimeoutIsTheAgentsToTheMillisecondAndNoneForNone) {
  auto info = info_of({});
  Settings settings;
  settings.transfers.limits.stall = 7s;
  EXPECT_EQ(plan_of(info, settings).fetch.transfers.limits.stall, 7s);
  info.stall_timeout_ns = 500'000'000;
  EXPECT_EQ(plan_of(info, settings).fetch.transfers.limits.stall, 500ms);
  info.stall_timeout_ns = 1;
  EXPECT_EQ(plan_of(info, settings).fetch.transfers.limits.stall, 1ms);
  EXPECT_GT(plan_of(info, settings).fetch.transfers.client_stall, 24h) << "not the client's";
  info.stall_timeout_ns = INT64_MAX;
  EXPECT_LE(plan_of(info, settings).fetch.transfers.limits.stall, 24h * 366);
  for (const std::int64_t none : {std::int64_t{0}, std::int64_t{-1}}) {
    info.stall_timeout_ns = none;
    EXPECT_GT(plan_of(info, settings).fetch.transfers.limits.stall, 24h);
  }
}

TEST(MesosPlan, WhatCannotBeFetchedIsAProblemWithoutSecrets) {
  const struct {
    Item item;
    const char* what;
  } cases[] = {
      {bypass("lala://nopath"), "Malformed"},
      {bypass("http://u:secret@h/dir/"), "h/dir/"},
      {bypass("/x/a", "/b"), "output_file"},
      {bypass("/x/a", "../b"), "output_file"},
      {bypass("/x/a", "b/"), "names no file"},
      {bypass("/x/a", ".slipway/b"), ".slipway"},
      {bypass("/x/dir/"), "directory"},
      {cached(Action::kDownloadAndCache, "/x/a", "../a"), "cache_filename"},
      {cached(Action::kDownloadAndCache, "/x/a", "a/b"), "cache_filename"},
  };
  for (const auto& each : cases) {
    EXPECT_THAT(problem_of(info_of({each.item})),
                AllOf(HasSubstr(each.what), Not(HasSubstr("secret"))))
        << each.item.uri;
  }
  Item nameless = bypass("/x/a");
  nameless.action = Action::kRetrieveFromCache;
  EXPECT_THAT(problem_of(info_of({nameless})), HasSubstr("no cache_filename"));
  auto homeless = info_of({cached(Action::kRetrieveFromCache, "/x/a", "c1-a")});
  homeless.cache_directory.reset();
  EXPECT_THAT(problem_of(homeless), HasSubstr("no cache_directory"));
}

TEST(MesosPlan, EveryProblemIsTold) {
  const auto plan = plan_mesos_fetch(info_of({bypass("lala://a"), bypass("/b"), bypass("c")}), {});
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().size(), 2U);
}

}  // namespace
}  // namespace slipway::fetcher
