#include "launcher/report/report_event.h"

#include <sys/wait.h>

#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"
#include "sandbox/version.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonWriter;

constexpr std::uint64_t kReportVersion = 1;

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

double seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1'000'000;
}

std::string two_digits(std::int64_t number) {
  return cat(number < 10 ? "0" : "", number);
}

// RFC 3339, in UTC. By the calendar alone: gmtime_r(3) reads the time zone's file first.
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return cat(int{date.year()}, '-', two_digits(unsigned{date.month()}), '-',
             two_digits(unsigned{date.day()}), 'T', two_digits(clock.hours().count()), ':',
             two_digits(clock.minutes().count()), ':', two_digits(clock.seconds().count()), 'Z');
}

// One event of the fetch stage; each begins with its name.
struct WriteFetch {
  JsonWriter& json;
  const UriEvent& of;

  void name(std::string_view event, std::size_t index) const {
    json.member("event", event).member("index", std::uint64_t{index}).member("uri", of.uri);
  }
  void failure(fetcher::FailureClass kind, int status, const std::string& message) const {
    json.member("class", fetcher::name_of(kind)).key("status").integer(status);
    json.member("message", message);
  }
  void times(unsigned tries, const fetcher::PhaseTimes& times) const {
    json.member("tries", std::uint64_t{tries}).key("times").begin_object();
    for (const auto& row : fetcher::phase_rows()) {
      json.key(row.key).integer((times.*row.time).count());
    }
    json.end_object();
  }

  void operator()(const fetcher::StartedEvent& event) const {
    name("fetch-start", event.uri);
    json.member("destination", of.destination);
  }
  void operator()(const fetcher::ProgressEvent& event) const {
    name("fetch-progress", event.uri);
    json.member("bytes", event.bytes);
    if (event.total) json.member("total", *event.total);
  }
  void operator()(const fetcher::RetryEvent& event) const {
    name("fetch-retry", event.uri);
    json.member("tries", std::uint64_t{event.tries}).member("of", std::uint64_t{event.of});
    json.key("pause_ms").integer(event.pause.count());
    failure(event.failure, event.status, event.message);
  }
  void operator()(const fetcher::FetchedEvent& event) const {
    name("fetch-end", event.uri);
    json.flag("ok", true).member("destination", of.destination);
    json.member("source", fetcher::name_of(event.source)).member("bytes", event.bytes);
    json.member("sha256", event.sha256).member("entries", event.entries);
    if (!event.tree.empty()) json.member("tree", event.tree);
    times(event.tries, event.times);
  }
  void operator()(const fetcher::FailedEvent& event) const {
    name("fetch-end", event.uri);
    json.flag("ok", false).member("destination", of.destination);
    failure(event.failure, event.status, event.message);
    json.member("code", id_of(event.code));
    json.member("remedy", event.remedy).member("excerpt", event.excerpt);
    times(event.tries, event.times);
  }
  void operator()(const fetcher::WarningEvent& event) const {
    json.member("event", "warning").member("message", event.message);
  }
  void operator()(const fetcher::PlacedEvent&) const { json.member("event", "placed"); }
  void operator()(const fetcher::StageFailedEvent&) const {}  // a LaunchFailed follows
};

struct Write {
  JsonWriter& json;

  void operator()(const LaunchStarted& event) const {
    json.member("event", "plan").member("version", kVersion);
    json.member("time", timestamp(event.time)).member("executor", event.executor);
    json.member("user", event.user).member("sandbox", event.sandbox);
    json.member("uris", std::uint64_t{event.uris}).member("volumes", std::uint64_t{event.volumes});
  }
  void operator()(const FetchUnconfined&) const { json.member("event", "no-landlock"); }
  void operator()(const UriEvent& event) const { std::visit(WriteFetch{json, event}, event.event); }
  void operator()(const VolumesMounted& event) const {
    json.member("event", "mount").member("volumes", std::uint64_t{event.volumes});
    if (event.overlays > 0) json.member("overlays", std::uint64_t{event.overlays});
    json.key("duration_us").integer(event.took.count());
  }
  void operator()(const Executing& event) const {
    json.member("event", "exec").member("file", event.file).member("argv0", event.argv0);
  }
  void operator()(const TreeEnded& event) const {
    const Ending& ending = event.ending;
    json.member("event", "exit");
    if (ending.of == Ending::Of::kNothing) {
      json.key("code").null();
    } else if (WIFSIGNALED(ending.wait_status)) {
      json.key("signal").integer(WTERMSIG(ending.wait_status));
    } else {
      json.key("code").integer(WEXITSTATUS(ending.wait_status));
    }
    json.key("user_s").real(seconds(ending.user_cpu));
    json.key("system_s").real(seconds(ending.system_cpu));
    json.key("max_rss_kib").integer(ending.max_resident_kib);
  }
  void operator()(const LaunchFailed& event) const {
    json.member("event", "failed").member("stage", event.stage);
    json.member("code", id_of(event.code)).member("message", event.message);
    json.member("remedy", event.remedy).key("status").integer(event.status);
  }
};

template <class Kind>
bool is_fetch(const ReportEvent& event) {
  const auto* uri = std::get_if<UriEvent>(&event);
  return uri != nullptr && std::holds_alternative<Kind>(uri->event);
}

}  // namespace

bool is_progress(const ReportEvent& event) {
  return is_fetch<fetcher::ProgressEvent>(event);
}

std::string to_report_line(const ReportEvent& event, std::chrono::microseconds since_start) {
  if (is_fetch<fetcher::StageFailedEvent>(event)) return {};
  JsonWriter json;
  json.begin_object().member("v", kReportVersion).key("t").real(milliseconds(since_start));
  std::visit(Write{json}, event);
  json.end_object();
  return json.str() + '\n';
}

}  // namespace slipway::launcher
