#include "launcher/report/report_summary.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonWriter;

std::string_view name_of(UriSummary::State state) {
  switch (state) {
    case UriSummary::State::kUnderWay:
      return "under-way";
    case UriSummary::State::kFetched:
      return "fetched";
    case UriSummary::State::kFailed:
      return "failed";
  }
  return "";
}

void write_failure(JsonWriter& json, const UriSummary& uri) {
  json.member("class", uri.failure).member("status", uri.status).member("message", uri.message);
  json.member("code", uri.code);
  json.member("remedy", uri.remedy).member("excerpt", uri.excerpt);
}

void write(JsonWriter& json, const UriSummary& uri) {
  json.begin_object().member("uri", uri.uri).member("destination", uri.destination);
  json.member("state", name_of(uri.state)).key("begin_us").integer(uri.begin.count());
  json.key("end_us").integer(uri.end.count()).member("tries", uri.tries);
  if (uri.state == UriSummary::State::kFailed) write_failure(json, uri);
  if (uri.state == UriSummary::State::kFetched) {
    json.member("source", uri.source).member("bytes", uri.bytes).member("sha256", uri.sha256);
    if (!uri.tree.empty()) json.member("tree", uri.tree);
    json.member("entries", uri.entries);
  }
  json.key("times").begin_object();
  for (const auto& row : fetcher::phase_rows()) {
    json.key(row.key).integer((uri.times.*row.time).count());
  }
  json.end_object().key("retries").begin_array();
  for (const RetrySummary& retry : uri.retries) {
    json.begin_object().key("at_us").integer(retry.at.count()).member("tries", retry.tries);
    json.member("of", retry.of).member("class", retry.failure).member("message", retry.message);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_end(JsonWriter& json, const ReportSummary& summary) {
  if (summary.exec) {
    json.key("exec").begin_object().key("at_us").integer(summary.exec->at.count());
    json.member("file", summary.exec->file).member("argv0", summary.exec->argv0).end_object();
  }
  if (summary.failed) {
    json.key("failed").begin_object().key("at_us").integer(summary.failed->at.count());
    json.member("stage", summary.failed->stage).member("code", summary.failed->code);
    json.member("message", summary.failed->message);
    json.member("remedy", summary.failed->remedy).member("status", summary.failed->status);
    json.end_object();
  }
  if (!summary.exit) return;
  json.key("exit").begin_object().key("at_us").integer(summary.exit->at.count());
  if (summary.exit->code) json.member("code", *summary.exit->code);
  if (summary.exit->signal) json.member("signal", *summary.exit->signal);
  json.key("user_s").real(summary.exit->user_s).key("system_s").real(summary.exit->system_s);
  json.member("max_rss_kib", summary.exit->max_rss_kib).end_object();
}

}  // namespace

std::string to_json(const UriSummary& uri) {
  JsonWriter json;
  write(json, uri);
  return json.str();
}

std::string to_json(const ReportSummary& summary) {
  JsonWriter json;
  json.begin_object().member("v", std::uint64_t{1}).member("version", summary.version);
  json.member("time", summary.time).member("executor", summary.executor);
  json.member("user", summary.user).member("sandbox", summary.sandbox);
  json.key("end_us").integer(summary.end().count());
  json.key("uris").begin_array();
  for (const auto& [index, uri] : summary.uris) write(json, uri);
  json.end_array();
  if (summary.placed) json.key("placed_us").integer(summary.placed->count());
  if (summary.mount) {
    json.key("mount").begin_object().key("end_us").integer(summary.mount->end.count());
    json.key("duration_us").integer(summary.mount->took.count());
    json.member("volumes", summary.mount->volumes);
    json.member("overlays", summary.mount->overlays).end_object();
  }
  write_end(json, summary);
  json.key("warnings").begin_array();
  for (const std::string& warning : summary.warnings) json.string(warning);
  json.end_array().member("unread_lines", summary.unread_lines).end_object();
  return json.str();
}

}  // namespace slipway::launcher
