#include "launcher/report/fetch_account.h"

#include "launcher/base/say.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

constexpr std::chrono::seconds kBetweenProgress{1};  // lines of the report, for one URI

std::optional<std::size_t> uri_of(const fetcher::FetchEvent& event) {
  return std::visit(
      [](const auto& each) -> std::optional<std::size_t> {
        if constexpr (requires { each.uri; }) return each.uri;
        return std::nullopt;
      },
      event);
}

std::string tries_text(unsigned tries) {
  return tries > 1 ? cat(", ", tries, " tries") : std::string();
}

}  // namespace

std::vector<std::string> failure_lines(const fetcher::FailedEvent& event, std::string_view uri) {
  std::vector<std::string> lines{cat("fetching ", quote(uri), ": ", fetcher::text_of(event))};
  if (!event.excerpt.empty())
    lines.push_back(coded(cat("the server said: ", quote(event.excerpt)), event.code));
  return lines;
}

// The lines for people. What is drawn on the screen is out of the way.
struct FetchAccount::Say {
  FetchAccount& account;

  [[nodiscard]] std::string name(std::size_t uri) const {
    return quote(account.plan_.steps[uri].uri.redacted());
  }
  void operator()(const fetcher::StartedEvent&) const {}
  void operator()(const fetcher::ProgressEvent&) const {}
  void operator()(const fetcher::RetryEvent& event) const {
    say_warning(MessageCode::kWarnFetchRetry,
                cat("fetching ", name(event.uri), ": ", fetcher::text_of(event)));
  }
  void operator()(const fetcher::FetchedEvent& event) const {
    const auto& step = account.plan_.steps[event.uri];
    std::string what = cat("to ", quote(step.shown_destination));
    if (account.into_ == Into::kCacheOnly) {
      what = "into the cache";
    } else if (step.extract) {
      what = cat(event.tree.empty() ? "extracted " : "unpacked in the cache, ", event.entries,
                 event.entries == 1 ? " entry" : " entries",
                 event.tree == "overlay" ? ", for overlays" : "");
    }
    log::info(cat("fetched ", name(event.uri), " (", rough_size(event.bytes), ", ",
                  fetcher::name_of(event.source), tries_text(event.tries), ") ", what));
  }
  void operator()(const fetcher::FailedEvent& event) const {
    ++account.failed_uris_;
    const auto& step = account.plan_.steps[event.uri];
    for (const std::string& line : failure_lines(event, step.uri.redacted())) log::error(line);
  }
  void operator()(const fetcher::WarningEvent& event) const {
    say_warning(MessageCode::kWarnFetch, event.message);
  }
  void operator()(const fetcher::PlacedEvent&) const { account.placed_ = true; }
  void operator()(const fetcher::StageFailedEvent& event) const {
    account.stage_error_ = Error(event.message).hint(event.remedy).as(event.code);
  }
};

const fetcher::FetchStep* FetchAccount::step_of(const fetcher::FetchEvent& event) const {
  const auto uri = uri_of(event);
  return uri && *uri < plan_.steps.size() ? &plan_.steps[*uri] : nullptr;
}

bool FetchAccount::is_due(const fetcher::ProgressEvent& event) {
  const auto now = std::chrono::steady_clock::now();
  const auto [found, is_new] = progress_told_.try_emplace(event.uri, now);
  if (is_new) return true;
  if (now - found->second < kBetweenProgress) return false;
  found->second = now;
  return true;
}

void FetchAccount::report(const fetcher::FetchEvent& event) {
  if (const auto* progress = std::get_if<fetcher::ProgressEvent>(&event)) {
    if (!report_.wants_progress() || !is_due(*progress)) return;
  }
  const auto* step = step_of(event);
  UriEvent told{{}, {}, event};
  if (step != nullptr) {
    told.uri = step->uri.redacted();
    told.destination = step->shown_destination;
  }
  report_.tell(std::move(told));
}

void FetchAccount::take(const fetcher::FetchEvent& event) {
  // Of a URI that is not in the order: a slipway-fetcher that does not belong to this slipway.
  if (uri_of(event) && step_of(event) == nullptr) return;
  report(event);
  const bool is_silent = std::holds_alternative<fetcher::StartedEvent>(event) ||
                         std::holds_alternative<fetcher::ProgressEvent>(event);
  if (screen_ != nullptr) {
    screen_->take(event);
    if (!is_silent) screen_->erase();
  }
  std::visit(Say{*this}, event);
  if (screen_ != nullptr) screen_->draw();
}

void FetchAccount::conclude() {
  if (screen_ != nullptr) screen_->erase();
  if (failed_uris_ == 0) return;
  const std::size_t all = plan_.steps.size();
  say_error(MessageCode::kFetch,
            cat(failed_uris_, " of ", all, all == 1 ? " URI failed" : " URIs failed"));
}

}  // namespace slipway::launcher
