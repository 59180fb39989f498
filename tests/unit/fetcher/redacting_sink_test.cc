#include "fetcher/transfer/redacting_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::fetcher {
namespace {

class LastMessage final : public EventSink {
 public:
  void tell(const FetchEvent& event) override { text = std::get<WarningEvent>(event).message; }
  std::string text;
};

// The message as it leaves where that URI is fetched.
std::string redacted(std::string_view uri, const std::string& message) {
  const UriRequest request{*Uri::parse(uri), {}, Treatment::kPlain, CacheUse::kNo};
  const std::optional<CachedCopy> nothing;
  const FetchPlan plan =
      *plan_fetches(std::span(&request, 1), Revalidate{}, true, std::span(&nothing, 1));
  LastMessage last;
  RedactingSink(plan, last).tell(WarningEvent{message});
  return last.text;
}

constexpr std::string_view kShort = "http://h/f?path=dir/e";
constexpr std::string_view kLong = "http://h/f?path=dir/hunter2hunter2";

TEST(RedactingSink, AShortNameOfAQueryGarblesNoMessage) {
  EXPECT_EQ(redacted(kShort, "the server answered 404"), "the server answered 404");
  EXPECT_EQ(redacted("http://h/f?path=dir/server", "the server answered 404"),
            "the server answered 404");
}

TEST(RedactingSink, AShortNameIsHiddenWhereAMessageHasItAsAName) {
  EXPECT_EQ(redacted(kShort, "openat 'e': no room"), "openat '…': no room");
  EXPECT_EQ(redacted(kShort, "placing 'sub/e/f' and 'e'"), "placing 'sub/…/f' and '…'");
  EXPECT_EQ(redacted(kShort, "e"), "…");
}

TEST(RedactingSink, ALongNameIsHiddenWhereverItIs) {
  EXPECT_EQ(redacted(kLong, "xhunter2hunter2x, 'hunter2hunter2'"), "x…x, '…'");
}

}  // namespace
}  // namespace slipway::fetcher
