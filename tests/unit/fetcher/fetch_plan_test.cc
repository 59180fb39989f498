#include "fetcher/plan/fetch_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetcher/plan/fetch_event.h"
#include "fetcher/work/work_order.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;

UriRequest request(std::string_view uri, Treatment treatment = Treatment::kExtract,
                   CacheUse cache = CacheUse::kNo, std::string_view output_file = "") {
  UriRequest out{*Uri::parse(uri), {}, treatment, cache};
  if (!output_file.empty()) out.output_file = *sandbox::SandboxPath::parse(output_file);
  return out;
}

using Copies = std::vector<std::optional<CachedCopy>>;

Result<FetchPlan, std::vector<FetchProblem>> plan(const std::vector<UriRequest>& requests,
                                                  const CachePolicy& policy = Revalidate{},
                                                  Copies copies = {}, bool cache = true) {
  copies.resize(requests.size());
  return plan_fetches(requests, policy, cache, copies);
}

TEST(FetchPlan, StepsKeepTheOrderOfTheEntry) {
  const auto planned = plan({request("/b"), request("/a")});
  ASSERT_TRUE(planned);
  ASSERT_EQ(planned->steps.size(), 2U);
  EXPECT_EQ(planned->steps[0].destination.str(), "b");
}

TEST(FetchPlan, ExecutableBeatsExtract) {
  const auto planned = plan({request("/x.tgz", Treatment::kExecutable)});
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->steps[0].executable);
  EXPECT_FALSE(planned->steps[0].extract);
}

TEST(FetchPlan, TheFileNameDecidesWhatIsAnArchive) {
  const auto planned = plan({request("/x.tar.gz"), request("/y.TAR.GZ"),
                             request("/z", Treatment::kExtract, CacheUse::kNo, "q.zip")});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->steps[0].extract, ArchiveFormat::kTar);
  EXPECT_FALSE(planned->steps[1].extract);
  EXPECT_EQ(planned->steps[2].extract, ArchiveFormat::kZip);
}

TEST(FetchPlan, AnUncachedArchiveStaysACachedOneDoesNot) {
  const auto planned =
      plan({request("/x.tgz"), request("/y.tgz", Treatment::kExtract, CacheUse::kYes)});
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->steps[0].keep_archive);
  EXPECT_FALSE(planned->steps[1].keep_archive);
}

TEST(FetchPlan, TwoUrisWithOneDestinationAreAProblem) {
  const auto planned = plan(
      {request("/a/x"), request("/b/x"), request("/c", Treatment::kPlain, CacheUse::kNo, "x/y")});
  ASSERT_FALSE(planned);
  ASSERT_EQ(planned.error().size(), 2U);
  EXPECT_EQ(planned.error()[0].uri, 1U);
  EXPECT_THAT(planned.error()[0].what, HasSubstr("'/a/x' goes already"));
  EXPECT_EQ(planned.error()[1].uri, 2U);
}

TEST(FetchPlan, F02OneUriMayHaveSeveralOutputFiles) {
  EXPECT_TRUE(plan({request("/x", Treatment::kPlain, CacheUse::kYes, "one"),
                    request("/x", Treatment::kPlain, CacheUse::kYes, "two"),
                    request("/x", Treatment::kPlain, CacheUse::kYes, "three")}));
}

TEST(FetchPlan, AUriWithoutFileNameNeedsAnOutputFile) {
  EXPECT_FALSE(plan({request("http://h/a/")}));
  EXPECT_TRUE(plan({request("http://h/a/", Treatment::kPlain, CacheUse::kNo, "x")}));
}

TEST(FetchPlan, SlipwaysOwnPlaceIsRefused) {
  EXPECT_FALSE(plan({request("/x/.slipway")}));
}

struct PolicyRow {
  const char* name;
  CachePolicy policy;
  const char* uri;
  std::optional<CachedCopy> copy;
  std::optional<CacheDecision> expected;  // nothing: a problem
};

class Policies : public ::testing::TestWithParam<PolicyRow> {};

TEST_P(Policies, Decide) {
  const auto& row = GetParam();
  const auto planned =
      plan({request(row.uri, Treatment::kPlain, CacheUse::kYes)}, row.policy, {row.copy});
  ASSERT_EQ(planned.has_value(), row.expected.has_value());
  if (!planned) return;
  EXPECT_EQ(planned->steps[0].decision, *row.expected);
  EXPECT_FALSE(planned->steps[0].reason.empty());
}

constexpr auto kNet = "http://h/x";
CachedCopy copy_of(int age, bool validator, bool unchanged = false) {
  return {"g", std::chrono::seconds(age), validator, unchanged};
}

INSTANTIATE_TEST_SUITE_P(
    All, Policies,
    ::testing::Values(
        PolicyRow{"cold", Revalidate{}, kNet, {}, CacheDecision::kFill},
        PolicyRow{"asks", Revalidate{}, kNet, copy_of(9, true), CacheDecision::kRevalidate},
        PolicyRow{"nothing_to_ask_with", Revalidate{}, kNet, copy_of(9, false),
                  CacheDecision::kFill},
        PolicyRow{"local_unchanged", Revalidate{}, "/x", copy_of(9, true, true),
                  CacheDecision::kUse},
        PolicyRow{"local_changed", Revalidate{}, "/x", copy_of(9, true), CacheDecision::kFill},
        PolicyRow{"immutable", Immutable{}, kNet, copy_of(9, false), CacheDecision::kUse},
        PolicyRow{"immutable_local", Immutable{}, "/x", copy_of(9, true), CacheDecision::kUse},
        PolicyRow{"immutable_cold", Immutable{}, kNet, {}, CacheDecision::kFill},
        PolicyRow{"young", Ttl{std::chrono::seconds(9)}, kNet, copy_of(9, true),
                  CacheDecision::kUse},
        PolicyRow{"old", Ttl{std::chrono::seconds(8)}, kNet, copy_of(9, true),
                  CacheDecision::kRevalidate},
        PolicyRow{"refresh", Refresh{}, kNet, copy_of(0, true), CacheDecision::kFill},
        PolicyRow{"offline", Offline{}, kNet, copy_of(99, false), CacheDecision::kUse},
        PolicyRow{"offline_cold", Offline{}, kNet, {}, std::nullopt}),
    [](const auto& tested) { return tested.param.name; });

TEST(FetchPlan, OfflineForbidsUncachedRequestsAndAllowsLocalFiles) {
  EXPECT_FALSE(plan({request(kNet)}, Offline{}));
  EXPECT_TRUE(plan({request("/x")}, Offline{}));
  const auto cached = plan({request("/x", Treatment::kPlain, CacheUse::kYes)}, Offline{});
  ASSERT_TRUE(cached) << "it is on this host, whatever its cache flag says";
  EXPECT_EQ(cached->steps[0].decision, CacheDecision::kFill);
}

TEST(FetchPlan, WithoutACacheEverythingIsDirect) {
  const auto planned =
      plan({request(kNet, Treatment::kPlain, CacheUse::kYes)}, Revalidate{}, {}, false);
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->steps[0].decision, CacheDecision::kDirect);
}

TEST(FetchPlan, ManyUrisArePlannedInNoTime) {
  std::vector<UriRequest> requests;
  for (int i = 0; i < 60'000; ++i) requests.push_back(request("/d/" + std::to_string(i)));
  EXPECT_TRUE(plan(requests));  // quadratic work would take minutes
}

TEST(FetchPlan, OnlyWhatIsOnThisHostAndNoArchiveNeedsNoFetcher) {
  const auto needs = [](const UriRequest& request, const CachePolicy& policy,
                        const std::optional<CachedCopy>& copy) {
    const auto planned = plan({request}, policy, {copy});
    EXPECT_TRUE(planned);
    return planned && needs_fetcher(*planned);
  };
  const auto cached = [](std::string_view uri) {
    return request(uri, Treatment::kPlain, CacheUse::kYes);
  };
  CachedCopy unchanged = copy_of(1, true);
  unchanged.local_unchanged = true;
  EXPECT_FALSE(needs(request("/x"), Revalidate{}, {}));
  EXPECT_FALSE(needs(cached("/x"), Revalidate{}, unchanged));
  EXPECT_FALSE(needs(cached(kNet), Immutable{}, copy_of(1, true)));
  EXPECT_FALSE(needs(cached(kNet), Offline{}, copy_of(1, false)));
  EXPECT_FALSE(needs(cached(kNet), Ttl{std::chrono::seconds(5)}, copy_of(5, true)));
  EXPECT_TRUE(needs(cached(kNet), Ttl{std::chrono::seconds(4)}, copy_of(5, true)));
  EXPECT_TRUE(needs(cached(kNet), Revalidate{}, copy_of(1, true)));
  EXPECT_TRUE(needs(cached(kNet), Refresh{}, copy_of(1, true)));
  EXPECT_TRUE(needs(cached(kNet), Immutable{}, {}));
  EXPECT_TRUE(needs(cached("/x"), Revalidate{}, copy_of(1, true))) << "it has changed";
  EXPECT_TRUE(needs(cached("/x"), Revalidate{}, {})) << "the cache is to be filled";
  EXPECT_TRUE(needs(request(kNet), Revalidate{}, {}));
  EXPECT_TRUE(needs(request("/x.tgz"), Revalidate{}, {}));
  EXPECT_TRUE(needs(request("http://h/x.tgz", Treatment::kExtract, CacheUse::kYes), Immutable{},
                    copy_of(1, true)));
  const auto two = plan({request("/y"), request(kNet)});
  ASSERT_TRUE(two);
  EXPECT_TRUE(needs_fetcher(*two)) << "one is enough";
}

TEST(WorkOrder, CarriesHowFarTheLauncherHasCome) {
  auto planned = plan({request("/a"), request("/b"), request("/c")});
  ASSERT_TRUE(planned);
  WorkOrder order{*planned};
  const auto states_of = [](const WorkOrder& sent) {
    return parse_work_order(to_json(sent))->states;
  };
  EXPECT_EQ(states_of(order), std::vector<StepState>(3, StepState::kNew));
  order.states = {StepState::kDone, StepState::kBegun, StepState::kNew};
  EXPECT_EQ(states_of(order), order.states);
}

TEST(WorkOrder, SurvivesTheWayThroughJson) {
  auto planned = plan({request("http://u:p@h/q?x.zip", Treatment::kExtract, CacheUse::kYes),
                       request("/yé", Treatment::kExecutable, CacheUse::kNo, "d/y")},
                      Revalidate{}, {copy_of(1, true), {}});
  ASSERT_TRUE(planned);
  const auto read = parse_work_order(to_json({*planned, true}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(read->has_cache);
  ASSERT_EQ(read->plan.steps.size(), 2U);
  const FetchStep& first = read->plan.steps[0];
  EXPECT_EQ(first.uri.str(), "http://u:p@h/q?x.zip");
  EXPECT_EQ(first.extract, ArchiveFormat::kZip);
  EXPECT_FALSE(first.keep_archive);
  EXPECT_EQ(first.decision, CacheDecision::kRevalidate);
  EXPECT_EQ(first.generation, "g");
  EXPECT_TRUE(read->plan.steps[1].executable);
  EXPECT_EQ(read->plan.steps[1].destination.str(), "d/y");
}

// HTTP allows them in a header (RFC 9110, section 5.5), and a password is bytes.
TEST(WorkOrder, BytesThatAreNotUtf8Survive) {
  const std::string bytes = "p\xe9ss \x80\xff";
  FetchPlan planned;
  planned.transfers.network.netrc = bytes;
  planned.transfers.network.headers = {{"h", "1", {bytes, "X: y"}}};
  const auto read = parse_work_order(to_json({planned, false}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->plan.transfers.network.netrc, bytes);
  EXPECT_EQ(read->plan.transfers.network.headers, planned.transfers.network.headers);
}

TEST(WorkOrder, EveryLimitSurvivesTheWayThroughJson) {
  FetchPlan planned;
  EXPECT_EQ(parse_work_order(to_json({planned, false}))->plan.extract_limits, ExtractLimits());
  std::uint64_t value = INT64_MAX;
  for (const LimitRow& row : extract_limit_rows()) planned.extract_limits.*row.value = value--;
  const auto read = parse_work_order(to_json({planned, false}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->plan.extract_limits, planned.extract_limits);
}

// An order whose text is changed in one place.
bool is_understood(std::string_view from, std::string_view to) {
  std::string order = to_json({FetchPlan(), false});
  const std::size_t at = order.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  order.replace(at, from.size(), to);
  return parse_work_order(order).has_value();
}

TEST(WorkOrder, RefusesLimitsThatAreNotExactlyTheKnownOnes) {
  EXPECT_TRUE(is_understood(R"("max_ratio":1100)", R"("max_ratio":1)"));
  for (const char* other :
       {R"("max_ratoi":1100)", R"("max_ratio":"1100")", R"("max_ratio":-1)", R"("max_ratio":1.5)",
        R"("max_ratio":18446744073709551616)", R"("max_ratio":null)", R"("a":1,"max_ratio":1)",
        R"("max_ratio":1,"max_ratio":2)"}) {
    EXPECT_FALSE(is_understood(R"("max_ratio":1100)", other)) << other;
  }
  EXPECT_FALSE(is_understood(R"("extract_limits":{)", R"("limits":{)"));
}

TEST(Trees, AnArchiveThatIsUnpackedInTheCacheNeedsNoFetcher) {
  FetchStep step = plan({request("/x/a.tar")}, Immutable{}, {})->steps[0];
  step.decision = CacheDecision::kUse;
  EXPECT_TRUE(needs_fetcher(step));
  step.has_tree = true;
  EXPECT_FALSE(needs_fetcher(step));
  step.decision = CacheDecision::kRevalidate;
  EXPECT_TRUE(needs_fetcher(step));
}

TEST(WorkOrder, RefusesWhatItDoesNotUnderstand) {
  EXPECT_FALSE(parse_work_order("{}"));
  EXPECT_TRUE(is_understood(R"("version":5)", R"("version": 5)"));
  EXPECT_FALSE(is_understood(R"("version":5)", R"("version":4)"));
  EXPECT_FALSE(is_understood(R"("offline":false)", R"("offline":"no")"));
}

TEST(WorkOrder, CarriesEverySettingOfTransfersAndCache) {
  WorkOrder order;
  TransferSettings& transfers = order.plan.transfers;
  transfers.parallel = 3;
  transfers.retry.retries = 9;
  transfers.limits = {std::chrono::milliseconds(1), std::chrono::milliseconds(2),
                      std::chrono::milliseconds(3), 4};
  transfers.revalidate = std::chrono::milliseconds(5);
  transfers.network = {"http://proxy", "localhost", "/ca", "machine x", {}, "/opt/hadoop"};
  transfers.network.headers.push_back({"host", "81", {"A: b", "C: \"d\""}});
  order.plan.cache_limits = {6, 7, std::chrono::milliseconds(8)};
  order.show_progress = true;
  order.prefetch = true;
  order.plan.materialization = {true, Sharing::kRequired, {}};
  const auto read = parse_work_order(to_json(order));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->plan.transfers, transfers);
  EXPECT_EQ(read->plan.materialization, order.plan.materialization);
  EXPECT_EQ(read->plan.cache_limits, order.plan.cache_limits);
  EXPECT_TRUE(read->show_progress);
  EXPECT_TRUE(read->prefetch);
}

TEST(FetchEvent, RetriesProgressAndTimesSurviveToo) {
  const auto retry = parse_event(to_json_line(RetryEvent{
      2, 1, 5, std::chrono::milliseconds(70), FailureClass::kTransient, 503, "the server…"}));
  ASSERT_TRUE(retry) << retry.error().message();
  EXPECT_EQ(std::get<RetryEvent>(*retry).pause, std::chrono::milliseconds(70));
  EXPECT_EQ(std::get<RetryEvent>(*retry).of, 5U);
  for (const auto total : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(9)}) {
    const auto progress = parse_event(to_json_line(ProgressEvent{1, 4, total}));
    ASSERT_TRUE(progress);
    EXPECT_EQ(std::get<ProgressEvent>(*progress).total, total);
  }
  PhaseTimes times;
  times.connect = std::chrono::microseconds(3);
  times.extract = std::chrono::microseconds(4);
  FailedEvent failed{
      0, FailureClass::kAuth, MessageCode::kFetchAuth, 403, "no", "", "<Error>", 2, times};
  const auto read = parse_event(to_json_line(failed));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(std::get<FailedEvent>(*read).times, times);
  EXPECT_EQ(std::get<FailedEvent>(*read).excerpt, "<Error>");
  EXPECT_EQ(std::get<FailedEvent>(*read).tries, 2U);
}

TEST(FetchEvent, SurvivesTheWayThroughJson) {
  const auto failed =
      parse_event(to_json_line(FailedEvent{3, FailureClass::kNotFound, MessageCode::kFetchNotFound,
                                           404, "the server\nanswered", "look again"}));
  ASSERT_TRUE(failed);
  const auto& event = std::get<FailedEvent>(*failed);
  EXPECT_EQ(event.uri, 3U);
  EXPECT_EQ(event.failure, FailureClass::kNotFound);
  EXPECT_EQ(event.status, 404);
  EXPECT_EQ(event.message, "the server\nanswered");
  const auto fetched =
      parse_event(to_json_line(FetchedEvent{1, FetchSource::kCache, 1ULL << 40, "ab", 7}));
  ASSERT_TRUE(fetched);
  EXPECT_EQ(std::get<FetchedEvent>(*fetched).bytes, 1ULL << 40);
  EXPECT_FALSE(parse_event("{\"event\":\"party\"}"));
}

}  // namespace
}  // namespace slipway::fetcher
