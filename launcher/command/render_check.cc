#include "launcher/command/render_check.h"

#include <algorithm>

#include "launcher/base/columns.h"
#include "launcher/base/secret_mask.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using Severity = CheckFinding::Severity;

constexpr std::size_t kShownBefore = 60;  // bytes of a long line around the place
constexpr std::size_t kShownAfter = 60;
constexpr std::size_t kShownOfToken = 200;
constexpr std::size_t kLongestLine = 4000;

std::string_view name_of(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

// The bytes of the token that begins there: what the carets stand under.
std::size_t token_end(std::string_view line, std::size_t begin) {
  if (begin >= line.size()) return begin + 1;
  if (line[begin] == '"' || line[begin] == '\'') {
    std::size_t end = begin + 1;
    while (end < line.size() && line[end] != line[begin]) end += line[end] == '\\' ? 2 : 1;
    return std::min(end + 1, line.size());
  }
  const std::size_t end = line.find_first_of(" \t\r,:{}[]\"", begin + 1);
  return std::min(end, line.size());
}

struct Excerpt {
  std::string shown;
  std::string carets;
};

Excerpt excerpt_of(std::string_view line, std::size_t begin) {
  const std::size_t end = std::min(token_end(line, begin), begin + kShownOfToken);
  const std::size_t from = at_character(line, begin > kShownBefore ? begin - kShownBefore : 0);
  const std::size_t to = at_character(line, std::max(end, begin + kShownAfter));
  const auto shown = [&](std::size_t a, std::size_t b) {
    std::string piece(line.substr(std::min(a, line.size()), b - std::min(a, b)));
    std::ranges::replace(piece, '\t', ' ');
    return escape(piece);
  };
  const std::size_t marked = std::min(end, to);
  const std::string before = cat(from > 0 ? "..." : "", shown(from, begin));
  const std::string token = shown(begin, marked);
  Excerpt out;
  out.shown = cat(before, token, shown(marked, to), to < line.size() ? "..." : "");
  out.carets = std::string(columns_of(before), ' ') + '^' +
               std::string(std::max<std::size_t>(columns_of(token), 1) - 1, '~');
  return out;
}

std::string add_place(const CheckFinding& each, const sandbox::LineColumn& place,
                      std::string_view masked) {
  const std::size_t at = std::min(each.offset, masked.size());
  const std::size_t break_before = at == 0 ? std::string_view::npos : masked.rfind('\n', at - 1);
  const std::size_t begin = break_before == std::string_view::npos ? 0 : break_before + 1;
  const std::size_t end = std::min(masked.find('\n', at), masked.size());
  std::string_view line = masked.substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto excerpt = excerpt_of(line, at - begin);
  const std::string number = cat(place.line);
  const std::string margin(std::max<std::size_t>(number.size(), 5), ' ');
  return cat(margin.substr(number.size()), number, " | ", excerpt.shown, '\n', margin, " | ",
             excerpt.carets, '\n');
}

std::string line_of(const CheckFinding& each, const Checked& file,
                    const sandbox::LineColumn& place) {
  const std::string where = each.pointer.empty() ? std::string() : cat(each.pointer, ": ");
  return cat(file.file, ':', place.line, ':', place.column, ": ", name_of(each.severity), ": ",
             coded(cat(where, with_remedy(each.what, each.remedy)), each.code));
}

std::string counted(std::size_t number, std::string_view word) {
  return cat(number == 0 ? "no" : cat(number), ' ', word, number == 1 ? "" : "s");
}

std::size_t count(const Checked& file, Severity severity) {
  const auto found = std::ranges::count(file.findings, severity, &CheckFinding::severity);
  return static_cast<std::size_t>(found) +
         (file.unreadable && severity == Severity::kError ? 1U : 0U);
}

std::string summary(const Checked& file) {
  if (file.unreadable) return cat(file.file, ": error: ", coded(*file.unreadable));
  return cat(
      file.file, ": ", counted(count(file, Severity::kError), "error"), ", ",
      counted(count(file, Severity::kWarning), "warning"), " in ", file.executors.size(),
      file.executors.size() == 1 ? " entry" : " entries",
      file.left_out == 0 ? std::string() : cat("; and ", file.left_out, " more behind them"));
}

void write(sandbox::JsonWriter& json, const CheckFinding& each, std::string_view text) {
  const auto place = sandbox::line_column(text, each.offset);
  json.begin_object().member("severity", name_of(each.severity)).member("code", id_of(each.code));
  json.member("line", std::uint64_t{place.line}).member("column", std::uint64_t{place.column});
  json.member("pointer", each.pointer).member("message", each.what);
  json.member("remedy", each.remedy).end_object();
}

void write(sandbox::JsonWriter& json, const Checked& file) {
  json.begin_object().member("file", file.file).key("executors").begin_array();
  for (const std::string& name : file.executors) json.string(name);
  json.end_array().key("findings").begin_array();
  if (file.unreadable) {
    json.begin_object()
        .member("severity", "error")
        .member("code", id_of(code_of(*file.unreadable)));
    json.member("message", file.unreadable->message());
    json.member("remedy", file.unreadable->remedy()).end_object();
  }
  for (const CheckFinding& each : file.findings) write(json, each, file.text);
  json.end_array().member("left_out", std::uint64_t{file.left_out}).end_object();
}

}  // namespace

std::size_t count(const std::vector<Checked>& files, Severity severity) {
  std::size_t all = 0;
  for (const Checked& file : files) all += count(file, severity);
  return all;
}

std::string render_text(const std::vector<Checked>& files) {
  std::string out;
  for (const Checked& file : files) {
    const std::string masked = mask_secrets(file.text);
    for (const CheckFinding& each : file.findings) {
      const auto place = sandbox::line_column(masked, each.offset);
      out += cat(abbreviated(escape(line_of(each, file, place)), kLongestLine), '\n',
                 add_place(each, place, masked));
    }
  }
  for (const Checked& file : files) out += cat(escape(summary(file)), '\n');
  return out;
}

std::string render_json(const std::vector<Checked>& files, const CheckRules& rules) {
  sandbox::JsonWriter json(sandbox::JsonWriter::Layout::kIndented);
  json.begin_object().member("version", std::uint64_t{1});
  json.member("for", rules.judge == Judge::kAurora ? "aurora" : "slipway");
  json.flag("strict", rules.strictness == Strictness::kWarningsFail);
  json.member("errors", std::uint64_t{count(files, Severity::kError)});
  json.member("warnings", std::uint64_t{count(files, Severity::kWarning)});
  json.key("files").begin_array();
  for (const Checked& file : files) write(json, file);
  json.end_array().end_object();
  return json.str() + "\n";
}

}  // namespace slipway::launcher
