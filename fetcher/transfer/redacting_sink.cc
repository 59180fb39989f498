#include "fetcher/transfer/redacting_sink.h"

#include <string_view>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Shorter names are in our own words by chance: "e" in "the server". They are looked for where a
// message has a whole name only, between what quote() and paths set around one.
constexpr std::size_t kTelling = 8;

bool is_edge(char c) {
  return c == '\'' || c == '/';
}

bool is_whole_name(std::string_view message, std::size_t at, std::size_t size) {
  const std::size_t end = at + size;
  return (at == 0 || is_edge(message[at - 1])) && (end == message.size() || is_edge(message[end]));
}

}  // namespace

RedactingSink::RedactingSink(const FetchPlan& plan, EventSink& inner) : inner_(inner) {
  for (const FetchStep& step : plan.steps) {
    if (step.uri.is_local() && step.uri.target() != step.uri.redacted()) {
      hide(step.uri.target(), step.uri.redacted());
    }
    const std::string name = step.destination.name();
    if (step.shown_destination.ends_with(name)) continue;
    hide(name, step.shown_destination);
    // What a lone .gz is extracted to.
    if (name.ends_with(".gz")) hide(name.substr(0, name.size() - 3), step.shown_destination);
  }
}

void RedactingSink::tell(const FetchEvent& event) {
  FetchEvent redacted = event;
  if (auto* failed = std::get_if<FailedEvent>(&redacted)) {
    redact(failed->message);
    redact(failed->remedy);
    redact(failed->excerpt);
  }
  if (auto* retry = std::get_if<RetryEvent>(&redacted)) redact(retry->message);
  if (auto* warning = std::get_if<WarningEvent>(&redacted)) redact(warning->message);
  if (auto* failed = std::get_if<StageFailedEvent>(&redacted)) {
    redact(failed->message);
    redact(failed->remedy);
  }
  const std::scoped_lock lock(mutex_);
  inner_.tell(redacted);
}

void RedactingSink::hide(const std::string& name, const std::string& shown) {
  if (name.empty()) return;  // the file that ".gz" would be extracted to
  shown_.emplace(name, shown);
  shown_.emplace(escape(name), shown);  // as quote() writes it
}

void RedactingSink::redact(std::string& message) const {
  for (const auto& [name, shown] : shown_) {
    for (std::size_t at = 0; (at = message.find(name, at)) != std::string::npos;) {
      if (name.size() < kTelling && !is_whole_name(message, at, name.size())) {
        ++at;
        continue;
      }
      message.replace(at, name.size(), shown);
      at += shown.size();
    }
  }
}

}  // namespace slipway::fetcher
