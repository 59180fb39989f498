#include "tests/fuzz/written_seeds.h"

#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/cache_fill.h"
#include "fetcher/cache/tree_manifest.h"
#include "fetcher/cache/tree_record.h"
#include "fetcher/plan/fetch_event.h"
#include "fetcher/plan/setting_rows.h"
#include "fetcher/work/overlays.h"
#include "fetcher/work/work_order.h"
#include "launcher/report/report_event.h"
#include "sandbox/base/text.h"

namespace slipway::fuzz {

namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): NUL bytes

const std::string kHash(64, 'a');

fetcher::FetchStep step_of(const char* uri, const char* file) {
  return {*fetcher::Uri::parse(uri),
          *sandbox::SandboxPath::parse(file),
          file,
          false,
          fetcher::ArchiveFormat::kTar,
          true,
          fetcher::CacheDecision::kFill,
          {},
          {}};
}

std::vector<fetcher::FetchEvent> events() {
  using namespace fetcher;  // NOLINT(google-build-using-namespace)
  FailedEvent failed;
  failed.uri = 1;
  failed.message = "the server answered 404 Not Found";
  return {StartedEvent{0},
          ProgressEvent{0, 100, 1000},
          RetryEvent{0, 1, 5, std::chrono::milliseconds(100), FailureClass::kTransient, 503, "503"},
          FetchedEvent{0, FetchSource::kNetwork, 1000, kHash, 3, 2, {}, "copy"},
          failed,
          WarningEvent{"a warning"},
          PlacedEvent{},
          StageFailedEvent{MessageCode::kFetchLocal, "no space", "make some"}};
}

// In the order of the readers in fuzz_records.cc, which the first byte chooses.
void add_records(std::vector<Seed>& all) {
  const auto add = [&](char reader, const std::string& text) {
    all.push_back({"fuzz_records", reader + text});
    all.push_back({"fuzz_json", text});
  };
  add('\0',
      fetcher::to_json(fetcher::CacheEntry{
          kHash, 7, {"\"tag\"", "Thu, 01 Jan 2026 00:00:00 GMT"}, 1, 0644, "http://h/x", "1"}));
  add('\1', fetcher::to_json(
                fetcher::TreeRecord{"boot", kHash, kHash, 2, 3, 1, kHash, "1:2", {{"d", "3"}}}));
  add('\2', fetcher::to_json(fetcher::Overlays{"/var/cache", 1, {{"d", {kHash, kHash}}}}));
  add('\3', fetcher::to_json(fetcher::PartialBody{10, kHash, {{"\"tag\"", ""}, 1000}}, "b"));
  fetcher::WorkOrder order;
  order.plan.steps = {step_of("http://h/a.tgz?x=1", "a.tgz"), step_of("/srv/b", "d/b")};
  order.plan.transfers.network.headers = {{"h", "443", {"Name: value"}}};
  add('\4', fetcher::to_json(order));
  for (const auto& event : events()) add('\5', fetcher::to_json_line(event));
}

void add_manifest(std::vector<Seed>& all) {
  using Kind = fetcher::ManifestEntry::Kind;
  std::string text;
  for (const auto& entry : std::initializer_list<fetcher::ManifestEntry>{
           {Kind::kFile, 0644, 1, 1, 5, {1, 2}, {3, 4}, kHash, "a", ""},
           {Kind::kSymlink, 0777, 2, 1, 1, {1, 2}, {3, 4}, "", "l", "a"},
           {Kind::kDirectory, 0755, 3, 2, 0, {1, 2}, {3, 4}, "", "d", ""},
           {Kind::kFile, 0755, 4, 1, 0, {-1, 0}, {3, 4}, kHash, "d/name with blanks", ""}}) {
    text += fetcher::to_record(entry);
  }
  all.push_back({"fuzz_manifest", text});
}

void add_report(std::vector<Seed>& all) {
  const auto at = [](const launcher::ReportEvent& event, int milliseconds) {
    return launcher::to_report_line(event, std::chrono::milliseconds(milliseconds));
  };
  std::string text = at(launcher::LaunchStarted{"e", "nobody", "/s", 2, 1, {}}, 0);
  int time = 1;
  for (const auto& event : events()) {
    text += at(launcher::UriEvent{"http://h/a.tgz", "a.tgz", event}, time += 10);
  }
  text += at(launcher::VolumesMounted{1, std::chrono::microseconds(700), 1}, 200);
  text += at(launcher::Executing{"/bin/sh", "sh"}, 201);
  text += at(launcher::TreeEnded{}, 300);
  text += at(launcher::LaunchFailed{"exec", MessageCode::kOutput, "why", "how", 126}, 301);
  all.push_back({"fuzz_report", text});
}

// Numbers and truths stand bare, but where a text is expected.
std::string line_of(std::string_view key, const std::string& text, std::string_view range) {
  const bool bare =
      text.find_first_not_of("0123456789") == text.npos || text == "true" || text == "false";
  const std::string_view quote = bare && !range.empty() ? "" : "\"";
  return cat(key, " = ", quote, text, quote, '\n');
}

void add_settings(std::vector<Seed>& all) {
  const fetcher::Settings defaults;
  std::string text = "# every key\n[fetch]\n";
  for (const auto& row : fetcher::fetch_setting_rows()) {
    text += line_of(row.key, row.text(defaults), row.range);
  }
  text += "[cache]\n";
  for (const auto& row : fetcher::cache_setting_rows()) {
    text += line_of(row.key, row.text(defaults), row.range);
  }
  text += "[extract]\n";
  for (const auto& row : fetcher::extract_limit_rows()) {
    text += line_of(row.key, fetcher::limit_text(row, defaults.extract), row.range);
  }
  all.push_back({"fuzz_settings", text});
}

struct Text {
  const char* target;
  std::string bytes;
};

const Text kTexts[] = {

    {"fuzz_settings",
     "[fetch]\nparallel = 4\nretries = 0\nproxy = 'http://u:p@h:1'\nca = \"/c\"\n"},
    {"fuzz_settings",
     "extract.bytes = 5\ncache = { max_size = \"1GiB\", materialize = \"copy\" }\n"},
    {"fuzz_settings", "PATH=/bin\n# a variable\nX=1=2\n"},
    {"fuzz_settings", "500ms"},
    {"fuzz_settings", "10GiB"},
    {"fuzz_secrets", "\0\0\1\0\4user\0\4pass\1\1\1\0\4a=b&\0\1,\0\1\1"s},
    {"fuzz_secrets", "\0\1\1\0\1:\0\2/@\0\0\1\0\2<>\0\2\",\0\2\0"s},
    {"fuzz_uri",
     "http://u:p@Host.example:8080/a/b.tar.gz?x=1&y=2#f\nfile:///srv/x\n/srv/y\nrel/z\n"
     "hdfs:///d/e\nftps://h/f\nhttp://[::1]:80/g\n  /blank\n/other?q\n"},
    {"fuzz_uri", "https://h/x#sha256=" + kHash + "\n//other/y?z\n"},
    {"fuzz_uri", "http://h/a/b\n../c d%2f?e\n"},
    // Behind the choices that fuzz_http_headers makes first.
    {"fuzz_http_headers", std::string(27, '\0') + "bytes 5-9/10"},
    {"fuzz_http_headers", std::string(27, '\0') + "# comment\nX-Token: secret\nName:\tvalue\n"},
    {"fuzz_http_headers", "\0\0\0\5\"tag\"\0\4date\1\0\x64\0\x20\1\0\0\1\5"s},
    {"fuzz_mountinfo",
     "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
     "40 22 0:5 /a\\040b /srv ro,nosuid master:1 unbindable - overlay slipway:ab,cd,@1:2 rw\n"
     "41 40 0:6 / /srv/x rw - tmpfs none rw,size=1\n"},
    {"fuzz_mountinfo", "17 (a) b) S 1 17 17 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0\n"},
    {"fuzz_http_answer", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"t\"\r\n\r\nhello"},
    {"fuzz_http_answer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
    {"fuzz_http_answer",
     "HTTP/1.1 302 Found\r\nLocation: /b?c\r\n\r\n\n===\nHTTP/1.1 200 OK\r\n\r\nbody"},
    {"fuzz_http_answer",
     "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"t\"\r\n\r\nhello\n===\nHTTP/1.1 206 Partial "
     "Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\nETag: \"t\"\r\n\r\nworld"},
    {"fuzz_http_answer",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nRetry-After: 7\r\n"
     "Content-Type: text/plain\r\n\r\nlater"},
    {"fuzz_http_answer",
     "HTTP/1.0 200 OK\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nDate: Fri, 02 Jan 2026 "
     "00:00:00 GMT\r\n\r\nx\n===\nHTTP/1.1 304 Not Modified\r\n\r\n"},
    {"fuzz_report",
     "{\"v\":1,\"t\":1e300,\"event\":\"fetch-end\",\"index\":18446744073709551615}\n"},
};

// FetcherInfo, alone and in the texts that people find it in.
void add_fetcher_infos(std::vector<Seed>& all) {
  const std::string infos[] = {
      R"({"sandbox_directory":"/s","items":[{"action":"BYPASS_CACHE","uri":{"value":"/a",)"
      R"("extract":"false","output_file":"d/a"}}],"stall_timeout":{"nanoseconds":6e10}})",
      R"({"cache_directory":"\/cache\/nobody","frameworks_home":"/home","user":"nobody",)"
      R"("sandbox_directory":"/s","items":{"action":"RETRIEVE_FROM_CACHE","cache_filename":)"
      R"("c1-a.tar.gz","uri":{"value":"rel/a.tar.gz","cache":true,"executable":null}}})"};
  for (const std::string& info : infos) {
    for (const char* target : {"fuzz_fetcher_info", "fuzz_entry", "fuzz_check", "fuzz_json"}) {
      all.push_back({target, info});
    }
    for (const auto& text : {cat("I0101 00:00:00 1 fetcher.cpp:1] Fetcher Info: ", info, '\n'),
                             cat("MESOS_FETCHER_INFO='", info, "'\n"),
                             cat("MESOS_FETCHER_INFO=", info, '\0', "X=1")}) {
      all.push_back({"fuzz_fetcher_info", text});
      all.push_back({"fuzz_entry", text});
    }
  }
}

}  // namespace

void add_written(std::vector<Seed>& all) {
  for (const Text& text : kTexts) all.push_back({text.target, text.bytes});
  add_records(all);
  add_manifest(all);
  add_report(all);
  add_settings(all);
  add_fetcher_infos(all);
}

}  // namespace slipway::fuzz
