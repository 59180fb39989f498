#include "fetcher/plan/fetch_event.h"

#include <array>
#include <optional>

#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"

namespace slipway::fetcher {

namespace {

using sandbox::JsonValue;
using sandbox::JsonWriter;

constexpr FetchSource kSources[] = {FetchSource::kNetwork, FetchSource::kCache,
                                    FetchSource::kLocal};
constexpr FailureClass kFailures[] = {FailureClass::kUser, FailureClass::kAuth,
                                      FailureClass::kNotFound, FailureClass::kTransient,
                                      FailureClass::kLocal};

template <class Enum, std::size_t N>
Result<Enum> named(const Enum (&values)[N], std::string_view name) {
  for (const Enum value : values) {
    if (name_of(value) == name) return value;
  }
  return Error(cat("unknown name ", quote(name)));
}

constexpr PhaseRow kPhases[] = {
    {"wait_us", &PhaseTimes::wait},
    {"connect_us", &PhaseTimes::connect},
    {"first_byte_us", &PhaseTimes::first_byte},
    {"transfer_us", &PhaseTimes::transfer},
    {"verify_us", &PhaseTimes::verify},
    {"extract_us", &PhaseTimes::extract},
};

struct Write {
  JsonWriter& json;

  void times(const PhaseTimes& times) const {
    json.key("times").begin_object();
    for (const PhaseRow& row : kPhases) json.key(row.key).integer((times.*row.time).count());
    json.end_object();
  }
  void operator()(const StartedEvent& event) const {
    json.member("event", "started").member("uri", std::uint64_t{event.uri});
  }
  void operator()(const ProgressEvent& event) const {
    json.member("event", "progress").member("uri", std::uint64_t{event.uri});
    json.member("bytes", event.bytes);
    if (event.total) json.member("total", *event.total);
  }
  void operator()(const RetryEvent& event) const {
    json.member("event", "retry").member("uri", std::uint64_t{event.uri});
    json.member("tries", std::uint64_t{event.tries}).member("of", std::uint64_t{event.of});
    json.key("pause_ms").integer(event.pause.count());
    json.member("class", name_of(event.failure))
        .member("status", static_cast<std::uint64_t>(event.status));
    json.member("message", event.message);
  }

  void operator()(const FetchedEvent& event) const {
    json.member("event", "fetched").member("uri", std::uint64_t{event.uri});
    json.member("source", name_of(event.source)).member("bytes", event.bytes);
    json.member("sha256", event.sha256).member("entries", event.entries);
    json.member("tries", std::uint64_t{event.tries}).member("tree", event.tree);
    times(event.times);
  }
  void operator()(const FailedEvent& event) const {
    json.member("event", "failed").member("uri", std::uint64_t{event.uri});
    json.member("class", name_of(event.failure))
        .member("status", static_cast<std::uint64_t>(event.status));
    json.member("code", id_of(event.code));
    json.member("message", event.message).member("remedy", event.remedy);
    json.member("excerpt", event.excerpt).member("tries", std::uint64_t{event.tries});
    times(event.times);
  }
  void operator()(const WarningEvent& event) const {
    json.member("event", "warning").member("message", event.message);
  }
  void operator()(const PlacedEvent&) const { json.member("event", "placed"); }
  void operator()(const StageFailedEvent& event) const {
    json.member("event", "stage-failed")
        .member("code", id_of(event.code))
        .member("message", event.message)
        .member("remedy", event.remedy);
  }
};

// The process that says so has read hostile bytes: what cannot be would be added up and reported.
Result<std::int64_t> read_up_to(std::int64_t most, const JsonValue& object, std::string_view name) {
  const auto number = TRY(sandbox::read_number<std::int64_t>(object, name));
  if (number < 0 || number > most) return Error(cat("member ", quote(name), " is out of range"));
  return number;
}

Result<int> read_status(const JsonValue& object) {
  return static_cast<int>(TRY(read_up_to(999, object, "status")));
}

constexpr std::int64_t kYear = std::int64_t{366} * 24 * 3600;  // seconds

Result<PhaseTimes> read_times(const JsonValue& object) {
  const JsonValue& found = *TRY(sandbox::member_of(object, "times", sandbox::JsonKind::kObject));
  PhaseTimes times;
  for (const PhaseRow& row : kPhases) {
    times.*row.time = std::chrono::microseconds(TRY(read_up_to(kYear * 1'000'000, found, row.key)));
  }
  return times;
}

Result<MessageCode> read_code(const JsonValue& object) {
  const std::string id = TRY(sandbox::read_text(object, "code"));
  const auto code = find_code(id);
  if (!code) return Error(cat("unknown code ", quote(id)));
  return *code;
}

Result<FetchEvent> read_progress(const JsonValue& object) {
  ProgressEvent event;
  event.uri = TRY(sandbox::read_number<std::size_t>(object, "uri"));
  event.bytes = TRY(sandbox::read_number<std::uint64_t>(object, "bytes"));
  if (object.find("total") != nullptr) {
    event.total = TRY(sandbox::read_number<std::uint64_t>(object, "total"));
  }
  return FetchEvent(event);
}

Result<FetchEvent> read_retry(const JsonValue& object) {
  RetryEvent event;
  event.uri = TRY(sandbox::read_number<std::size_t>(object, "uri"));
  event.tries = TRY(sandbox::read_number<unsigned>(object, "tries"));
  event.of = TRY(sandbox::read_number<unsigned>(object, "of"));
  event.pause = std::chrono::milliseconds(TRY(read_up_to(kYear * 1000, object, "pause_ms")));
  event.failure = TRY(named(kFailures, TRY(sandbox::read_text(object, "class"))));
  event.status = TRY(read_status(object));
  event.message = TRY(sandbox::read_text(object, "message"));
  return FetchEvent(std::move(event));
}

Result<FetchEvent> read_fetched(const JsonValue& object) {
  FetchedEvent event;
  event.uri = TRY(sandbox::read_number<std::size_t>(object, "uri"));
  event.source = TRY(named(kSources, TRY(sandbox::read_text(object, "source"))));
  event.bytes = TRY(sandbox::read_number<std::uint64_t>(object, "bytes"));
  event.sha256 = TRY(sandbox::read_text(object, "sha256"));
  event.entries = TRY(sandbox::read_number<std::uint64_t>(object, "entries"));
  event.tries = TRY(sandbox::read_number<unsigned>(object, "tries"));
  event.times = TRY(read_times(object));
  event.tree = TRY(sandbox::read_text(object, "tree"));
  return FetchEvent(std::move(event));
}

Result<FetchEvent> read_failed(const JsonValue& object) {
  FailedEvent event;
  event.uri = TRY(sandbox::read_number<std::size_t>(object, "uri"));
  event.failure = TRY(named(kFailures, TRY(sandbox::read_text(object, "class"))));
  event.code = TRY(read_code(object));
  event.status = TRY(read_status(object));
  event.message = TRY(sandbox::read_text(object, "message"));
  event.remedy = TRY(sandbox::read_text(object, "remedy"));
  event.excerpt = TRY(sandbox::read_text(object, "excerpt"));
  event.tries = TRY(sandbox::read_number<unsigned>(object, "tries"));
  event.times = TRY(read_times(object));
  return FetchEvent(std::move(event));
}

}  // namespace

PhaseTimes& PhaseTimes::operator+=(const PhaseTimes& more) {
  for (const PhaseRow& row : kPhases) this->*row.time += more.*row.time;
  return *this;
}

std::string_view name_of(FetchSource source) {
  switch (source) {
    case FetchSource::kNetwork:
      return "network";
    case FetchSource::kCache:
      return "cache";
    case FetchSource::kLocal:
      return "local";
  }
  return "";
}

std::span<const PhaseRow> phase_rows() {
  return kPhases;
}

std::string to_json_line(const FetchEvent& event) {
  JsonWriter json;
  json.begin_object();
  std::visit(Write{json}, event);
  json.end_object();
  return json.str() + "\n";
}

Result<FetchEvent> parse_event(std::string_view line) {
  const auto document = sandbox::parse_json(line);
  if (!document) return Error(document.error().what);
  const JsonValue& root = document->root;
  const std::string kind = TRY(sandbox::read_text(root, "event"));
  if (kind == "started") {
    return FetchEvent(StartedEvent{TRY(sandbox::read_number<std::size_t>(root, "uri"))});
  }
  if (kind == "progress") return read_progress(root);
  if (kind == "retry") return read_retry(root);
  if (kind == "fetched") return read_fetched(root);
  if (kind == "failed") return read_failed(root);
  if (kind == "placed") return FetchEvent(PlacedEvent{});
  if (kind == "warning") return FetchEvent(WarningEvent{TRY(sandbox::read_text(root, "message"))});
  if (kind == "stage-failed") {
    const auto code = TRY(read_code(root));
    auto message = TRY(sandbox::read_text(root, "message"));
    auto remedy = TRY(sandbox::read_text(root, "remedy"));
    return FetchEvent(StageFailedEvent{code, std::move(message), std::move(remedy)});
  }
  return Error(cat("unknown event ", quote(kind)));
}

}  // namespace slipway::fetcher
