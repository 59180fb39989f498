#include "launcher/report/waterfall.h"

#include <algorithm>
#include <array>

#include "launcher/report/ending.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kLeastColumns = 50;
constexpr std::size_t kMostNameColumns = 28;
constexpr std::size_t kNumbersColumns = 30;  // "  network   1234 kB   12.345 s"
constexpr std::size_t kMostProblems = 200;   // lines of what was retried, failed and warned of

struct Phase {
  std::string_view name;
  Microseconds fetcher::PhaseTimes::*time;
  std::string_view ascii;
  std::string_view utf8;
};
constexpr Phase kPhases[] = {
    {"wait", &fetcher::PhaseTimes::wait, "w", "·"},
    {"connect", &fetcher::PhaseTimes::connect, "c", "░"},
    {"first byte", &fetcher::PhaseTimes::first_byte, "f", "▒"},
    {"transfer", &fetcher::PhaseTimes::transfer, "t", "█"},
    {"verify", &fetcher::PhaseTimes::verify, "v", "▓"},
    {"extract", &fetcher::PhaseTimes::extract, "e", "▚"},
};
constexpr Phase kOther{"anything else", nullptr, "=", "─"};

struct Segment {
  Microseconds begin;
  Microseconds end;
  std::string_view glyph;
};

struct Row {
  std::string name;
  std::vector<Segment> segments;  // in order; the first and the last say when it began and ended
  std::string numbers;
};

struct Picture {
  std::size_t name_columns;
  std::size_t bar_columns;
  Microseconds end;
  Glyphs glyphs;
};

std::string_view glyph_of(const Phase& phase, Glyphs glyphs) {
  return glyphs == Glyphs::kUtf8 ? phase.utf8 : phase.ascii;
}

// The glyph of the segment that has the largest part of the cell; empty where none has any.
std::string_view cell(const std::vector<Segment>& segments, double from, double to) {
  std::string_view glyph;
  double largest = 0;
  for (const Segment& segment : segments) {
    const double begin = std::max(from, static_cast<double>(segment.begin.count()));
    const double end = std::min(to, static_cast<double>(segment.end.count()));
    if (end - begin <= largest) continue;
    largest = end - begin;
    glyph = segment.glyph;
  }
  return glyph;
}

std::string bar(const std::vector<Segment>& segments, const Picture& picture) {
  const double scale = static_cast<double>(std::max<std::int64_t>(1, picture.end.count())) /
                       static_cast<double>(picture.bar_columns);
  // What is shorter than a cell, or took no time at all, has one nevertheless.
  const auto begin = static_cast<std::size_t>(
      static_cast<double>(segments.empty() ? 0 : segments.front().begin.count()) / scale);
  const std::size_t only = std::min(begin, picture.bar_columns - 1);
  std::string out;
  for (std::size_t i = 0; i < picture.bar_columns; ++i) {
    const auto at = static_cast<double>(i);
    std::string_view glyph = cell(segments, at * scale, (at + 1) * scale);
    if (glyph.empty() && i == only && !segments.empty()) glyph = segments.front().glyph;
    out += glyph.empty() ? " " : glyph;
  }
  return out;
}

std::string line_of(const Row& row, const Picture& picture) {
  const std::string name = padded_right(
      shortened(escape(row.name), picture.name_columns, picture.glyphs), picture.name_columns);
  return cat(name, " |", bar(row.segments, picture), "| ", row.numbers, '\n');
}

// The phases, one after the other; what they do not account for comes last.
std::vector<Segment> segments_of(const UriSummary& uri, Glyphs glyphs) {
  std::vector<Segment> segments;
  Microseconds at = uri.begin;
  for (const Phase& phase : kPhases) {
    const Microseconds end = std::min(uri.end, at + uri.times.*phase.time);
    if (end > at) segments.push_back({at, end, glyph_of(phase, glyphs)});
    at = std::max(at, end);
  }
  if (segments.empty() || at < uri.end) segments.push_back({at, uri.end, glyph_of(kOther, glyphs)});
  return segments;
}

std::string numbers_of(const UriSummary& uri) {
  const std::string what = uri.state == UriSummary::State::kFetched  ? escape(uri.source)
                           : uri.state == UriSummary::State::kFailed ? "failed"
                                                                     : "cut off";
  const std::string size =
      uri.state == UriSummary::State::kFailed ? std::string() : rough_size(uri.bytes);
  return cat(padded_right(shortened(what, 7, Glyphs::kAscii), 7), ' ', padded_left(size, 10), ' ',
             padded_left(seconds_text(uri.took()), 9));
}

std::string blank_numbers(Microseconds took) {
  return cat(std::string(19, ' '), padded_left(seconds_text(took), 9));
}

std::vector<Row> rows_of(const ReportSummary& summary, Glyphs glyphs) {
  std::vector<Row> rows;
  Microseconds fetched{0};
  for (const auto& [index, uri] : summary.uris) {
    rows.push_back({uri.name(), segments_of(uri, glyphs), numbers_of(uri)});
    fetched = std::max(fetched, uri.end);
  }
  const std::string_view glyph = glyph_of(kOther, glyphs);
  const auto add = [&](std::string name, Microseconds begin, Microseconds end) {
    begin = std::min(begin, end);
    rows.push_back({std::move(name), {{begin, end, glyph}}, blank_numbers(end - begin)});
  };
  if (summary.placed) add("(placing)", fetched, *summary.placed);
  if (summary.mount) {
    add("(mounts)", std::max(Microseconds(0), summary.mount->end - summary.mount->took),
        summary.mount->end);
  }
  if (summary.exec) add("(exec)", summary.exec->at, summary.exec->at);
  return rows;
}

std::string legend(Glyphs glyphs) {
  std::string out;
  for (const Phase& phase : kPhases) out += cat(glyph_of(phase, glyphs), ' ', phase.name, "  ");
  return cat(out, glyph_of(kOther, glyphs), ' ', kOther.name, '\n');
}

std::string headline(const ReportSummary& summary) {
  std::string out = cat(quote(summary.executor), " as ", quote(summary.user));
  if (!summary.time.empty()) out += cat(", ", escape(summary.time));
  out += cat(": ", seconds_text(summary.end()));
  out += summary.failed ? " until it failed" : summary.exec ? " until it was executed" : " so far";
  return out + '\n';
}

// Of a URI, or of all: "connect 0.120 s, transfer 39.000 s"; empty where nothing was measured.
std::string phases_text(const fetcher::PhaseTimes& times) {
  std::string out;
  for (const Phase& phase : kPhases) {
    if (times.*phase.time == Microseconds(0)) continue;
    out += cat(out.empty() ? "" : ", ", phase.name, ' ', seconds_text(times.*phase.time));
  }
  return out;
}

std::string totals(const ReportSummary& summary) {
  if (summary.uris.empty()) return {};
  double bytes = 0;
  std::map<std::string, std::size_t> sources;
  fetcher::PhaseTimes times;
  const UriSummary* longest = &summary.uris.begin()->second;
  for (const auto& [index, uri] : summary.uris) {
    if (uri.state == UriSummary::State::kFetched) ++sources[uri.source];
    bytes += static_cast<double>(uri.bytes);
    for (const Phase& phase : kPhases) times.*phase.time += uri.times.*phase.time;
    if (uri.took() > longest->took()) longest = &uri;
  }
  constexpr double kMost = 1e18;
  std::string out =
      cat("fetched: ", summary.uris.size(), summary.uris.size() == 1 ? " URI, " : " URIs, ",
          rough_size(static_cast<std::uint64_t>(std::min(bytes, kMost))));
  for (const auto& [source, number] : sources) {
    out += cat(", ", number, ' ', shortened(escape(source), 20, Glyphs::kAscii));
  }
  out += '\n';
  if (const auto text = phases_text(times); !text.empty()) out += cat("phases:  ", text, '\n');
  const auto text = phases_text(longest->times);
  return cat(out, "longest: ", quote(longest->name()), ' ', seconds_text(longest->took()),
             text.empty() ? "" : ": ", text, '\n');
}

void add_uri_problems(std::vector<std::string>& lines, const UriSummary& uri) {
  for (const RetrySummary& retry : uri.retries) {
    lines.push_back(cat("retried: ", quote(uri.uri), " at ", seconds_text(retry.at), ", try ",
                        retry.tries, " of ", retry.of, ": ", escape(retry.message), " [",
                        escape(retry.failure), ']'));
  }
  if (uri.state == UriSummary::State::kUnderWay) {
    lines.push_back(cat("cut off: ", quote(uri.uri)));
  }
  if (uri.state != UriSummary::State::kFailed) return;
  std::string line = cat("failed:  ", quote(uri.uri), ": ",
                         escape(with_remedy(uri.message, uri.remedy)), " [", escape(uri.failure));
  if (uri.status != 0) line += cat(", HTTP ", uri.status);
  line += ']';
  if (!uri.code.empty()) line += cat(" [", escape(uri.code), ']');
  lines.push_back(std::move(line));
  if (!uri.excerpt.empty()) lines.push_back(cat("         the server said: ", quote(uri.excerpt)));
}

std::string exit_text(const ExitSummary& exit, bool executed) {
  std::string out = "exit:    ";
  if (exit.signal && *exit.signal < 128) {
    out += signal_name(static_cast<int>(*exit.signal));
  } else if (exit.code) {
    out += cat("code ", *exit.code);
  } else {
    out += "could not be ended";
  }
  const auto time = [](double seconds) {
    return seconds_text(
        Microseconds(static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e9) * 1e6)));
  };
  // A code without its execution is of a report that lost a line.
  if (!executed && exit.signal) out += ", before the executor was executed,";
  return cat(out, " at ", seconds_text(exit.at), " (CPU ", time(exit.user_s), " user, ",
             time(exit.system_s), " system; largest process ", exit.max_rss_kib,
             " KiB resident)\n");
}

std::string problems_text(const ReportSummary& summary) {
  std::vector<std::string> lines;
  for (const auto& [index, uri] : summary.uris) add_uri_problems(lines, uri);
  for (const std::string& warning : summary.warnings) {
    lines.push_back(cat("warning: ", escape(warning)));
  }
  std::string out;
  for (std::size_t i = 0; i < std::min(lines.size(), kMostProblems); ++i) out += lines[i] + '\n';
  if (lines.size() > kMostProblems) {
    out += cat("and ", lines.size() - kMostProblems, " more: --format json has all\n");
  }
  if (summary.failed) {
    out += cat("failed:  ", escape(summary.failed->stage), ": ",
               escape(with_remedy(summary.failed->message, summary.failed->remedy)),
               ", exit status ", summary.failed->status);
    if (!summary.failed->code.empty()) out += cat(" [", escape(summary.failed->code), ']');
    out += '\n';
  }
  if (summary.unread_lines > 0) {
    out += cat("lines that could not be read: ", summary.unread_lines, '\n');
  }
  return out;
}

Picture picture_of(const std::vector<Row>& rows, Microseconds end, const WaterfallStyle& style) {
  const std::size_t columns = std::max(style.columns, kLeastColumns) - 1;
  std::size_t name_columns = 8;
  for (const Row& row : rows) {
    name_columns = std::max(name_columns, columns_of(escape(row.name)));
  }
  const std::size_t left = columns - kNumbersColumns - 3;
  name_columns = std::min({name_columns, kMostNameColumns, left * 3 / 5});
  return {name_columns, left - name_columns, end, style.glyphs};
}

}  // namespace

std::string waterfall(const ReportSummary& summary, const WaterfallStyle& style) {
  const auto rows = rows_of(summary, style.glyphs);
  const Picture picture = picture_of(rows, summary.end(), style);
  std::string out = headline(summary);
  for (const Row& row : rows) out += line_of(row, picture);
  if (!rows.empty()) out += legend(style.glyphs);
  out += totals(summary);
  out += problems_text(summary);
  if (summary.exit) out += exit_text(*summary.exit, summary.exec.has_value());
  return out;
}

}  // namespace slipway::launcher
