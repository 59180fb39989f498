#include "launcher/entry/fetcher_info_entry.h"

#include "fetcher/mesos/mesos_fetcher_info.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using fetcher::MesosFetcherInfo;
using fetcher::UriRequest;

constexpr std::string_view kLogMark = "Fetcher Info: ";
constexpr std::string_view kVariableMark = "MESOS_FETCHER_INFO=";

QuotedFetcherInfo to_end_of_line(std::string_view text, std::size_t start) {
  constexpr std::string_view kEnds{"\r\n\0", 3};  // NUL: of /proc/PID/environ
  const std::size_t end = std::min(text.find_first_of(kEnds, start), text.size());
  return {std::string(text.substr(start, end - start)), start, true};
}

// What a shell makes of "…": a backslash quotes these four only.
QuotedFetcherInfo in_double_quotes(std::string_view text, std::size_t start) {
  QuotedFetcherInfo found{"", start, true};
  for (std::size_t at = start; at < text.size() && text[at] != '"'; ++at) {
    constexpr std::string_view kQuotable = "\\\"$`";
    if (text[at] == '\\' && at + 1 < text.size() &&
        kQuotable.find(text[at + 1]) != kQuotable.npos) {
      ++at;
      found.verbatim = false;
    }
    found.json += text[at];
  }
  return found;
}

QuotedFetcherInfo value_of_variable(std::string_view text, std::size_t start) {
  if (start < text.size() && text[start] == '"') return in_double_quotes(text, start + 1);
  if (start == text.size() || text[start] != '\'') return to_end_of_line(text, start);
  const std::size_t end = std::min(text.find('\'', start + 1), text.size());
  return {std::string(text.substr(start + 1, end - start - 1)), start + 1, true};
}

fetcher::Treatment treatment_of(const MesosFetcherInfo::Item& item) {
  if (item.executable) return fetcher::Treatment::kExecutable;
  return item.extract ? fetcher::Treatment::kExtract : fetcher::Treatment::kPlain;
}

// Relative paths are below the agent's frameworks_home.
Result<fetcher::Uri> uri_of(const MesosFetcherInfo::Item& item,
                            const std::optional<std::string>& frameworks_home) {
  auto uri = TRY(fetcher::Uri::parse(item.uri));
  if (!uri.is_relative() || !frameworks_home || frameworks_home->empty()) return uri;
  return uri.below(*frameworks_home);
}

Result<UriRequest> request_of(const MesosFetcherInfo::Item& item, const MesosFetcherInfo& info) {
  UriRequest request{TRY(uri_of(item, info.frameworks_home)),
                     {},
                     treatment_of(item),
                     item.action == MesosFetcherInfo::Action::kBypassCache
                         ? fetcher::CacheUse::kNo
                         : fetcher::CacheUse::kYes,
                     fetcher::Said::kByDefault};  // Mesos writes the default out
  if (item.output_file) {
    request.output_file = TRY(fetcher::parse_output_file(*item.output_file).context("output_file"));
  }
  TRY(fetcher::destination_of(request));
  return request;
}

Entry entry_of(const MesosFetcherInfo& info, std::vector<Problem>& problems) {
  Entry entry;
  entry.name = "fetch";
  entry.command = NoCommand{};
  entry.user = info.user;
  for (const auto& item : info.items) {
    auto request = request_of(item, info);
    if (request) {
      entry.uris.push_back(*std::move(request));
    } else {
      problems.push_back(
          {item.offset, sandbox::json_pointer(item.pointer, "value"), MessageCode::kUri,
           cat("the URI ", quote(fetcher::redact_uri(item.uri)), " ", request.error().message())});
    }
  }
  return entry;
}

}  // namespace

std::optional<QuotedFetcherInfo> find_fetcher_info(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos || text[first] == '{' || text[first] == '[') {
    return std::nullopt;
  }
  const std::size_t logged = text.find(kLogMark);
  const std::size_t variable = text.find(kVariableMark);
  if (logged < variable) return to_end_of_line(text, logged + kLogMark.size());
  if (variable == std::string_view::npos) return std::nullopt;
  return value_of_variable(text, variable + kVariableMark.size());
}

bool is_fetcher_info(const sandbox::JsonValue& root) {
  if (root.kind != sandbox::JsonKind::kObject) return false;
  if (root.has_any({"executor", "task_prefix", "volume_mounts", "command"})) return false;
  return root.has_any({"sandbox_directory", "items"});
}

void read_fetcher_info(const QuotedFetcherInfo& quoted, ParsedEntries& into) {
  const auto add = [&](Problem problem) {
    // Places move where a shell's quotes were undone: the start is right at least.
    problem.offset = quoted.start + (quoted.verbatim ? problem.offset : 0);
    problem.what = cat("FetcherInfo: ", problem.what);
    into.problems.push_back(std::move(problem));
  };
  const auto info = fetcher::parse_fetcher_info(quoted.json);
  if (!info) {
    for (const auto& each : info.error()) {
      add({each.offset, each.pointer, MessageCode::kFetcherInfo, each.what});
    };
    return;
  }
  std::vector<Problem> problems;
  into.entries.push_back(entry_of(*info, problems));
  for (Problem& each : problems) add(std::move(each));
}

}  // namespace slipway::launcher
