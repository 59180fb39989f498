#include "tests/bench/results_chart.h"

#include <algorithm>
#include <array>

#include "sandbox/base/text.h"
#include "tests/bench/number_text.h"
#include "tests/bench/results_table.h"
#include "tests/bench/suites.h"

namespace slipway::bench {

namespace {

// In pixels.
constexpr double kWidth = 840;
constexpr double kLeft = 220;   // where bars begin
constexpr double kRight = 650;  // where the axis ends; values stand behind that
constexpr double kBar = 12;
constexpr double kRow = 19;
constexpr double kCaseTitle = 26;
constexpr double kHead = 84;
constexpr double kFoot = 40;
constexpr double kMargin = 16;

constexpr char kStyle[] =
    R"(<style>
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; }
  .case { font-weight: 600; }
  .quiet { fill: #59636e; }
  .right { text-anchor: end; }
  .middle { text-anchor: middle; }
  .value { stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
  .ground { fill: #ffffff; }
  .bar { fill: #0969da; }
  .missed { fill: #bc4c00; }
  .grid { stroke: #d1d9e0; }
  .one { stroke: #59636e; stroke-dasharray: 4 3; }
  .goal { stroke: #1f2328; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .value { stroke: #0d1117; }
    .ground { fill: #0d1117; }
    .bar { fill: #4493f8; }
    .missed { fill: #f0883e; }
    .grid { stroke: #3d444d; }
    .one { stroke: #9198a1; }
    .goal { stroke: #e6edf3; }
  }
</style>
)";

// name="value", with a blank in front.
std::string attribute(std::string_view name, double value) {
  return cat(" ", name, "=\"", number_text(value), "\"");
}

std::string of_class(std::string_view name) {
  return cat(" class=\"", name, "\"");
}

void write_text(std::string& out, double x, double y, const char* kind, std::string_view text) {
  out += cat("<text", attribute("x", x), attribute("y", y), of_class(kind), ">", xml_escape(text),
             "</text>\n");
}

void write_line(std::string& out, double x, double top, double bottom, const char* kind) {
  out += cat("<line", attribute("x1", x), attribute("x2", x), attribute("y1", top),
             attribute("y2", bottom), of_class(kind), "/>\n");
}

class Chart {
 public:
  explicit Chart(const SuiteResult& result) : result_(result) {
    double largest = 0;
    height_ = kHead + kFoot;
    for (const CaseResult& each : result.cases) {
      height_ += kCaseTitle + kRow * static_cast<double>(each.peers.size());
      for (const PeerResult& peer : each.peers) largest = std::max(largest, peer.ratio.median);
    }
    end_ = axis_end(largest);
  }

  [[nodiscard]] std::string drawn() {
    write_head();
    write_axis();
    y_ = kHead;
    for (const CaseResult& each : result_.cases) write_case(each);
    write_text(out_, kMargin, height_ - 14, "quiet",
               cat(result_.command, ", ", rounds_text(result_.rounds), ", ", result_.date, ", ",
                   result_.machine.cores, " cores of ", result_.machine.cpu));
    return out_ + "</svg>\n";
  }

 private:
  [[nodiscard]] double x_of(double ratio) const {
    return kLeft + (kRight - kLeft) * std::min(ratio, end_) / end_;
  }

  void write_head() {
    const Suite* suite = find_suite(result_.suite);
    const std::string title =
        cat(suite == nullptr ? result_.suite : suite->title, ": slipway beside others");
    out_ += cat("<svg xmlns=\"http://www.w3.org/2000/svg\"", attribute("width", kWidth),
                attribute("height", height_), " viewBox=\"0 0 ", number_text(kWidth), " ",
                number_text(height_), R"(" role="img" aria-labelledby="title">)");
    out_ += cat("\n<title id=\"title\">", xml_escape(title), "</title>\n", kStyle);
    out_ += cat("<rect", attribute("width", kWidth), attribute("height", height_),
                of_class("ground"), "/>\n");
    write_text(out_, kMargin, 28, "title", title);
    write_text(
        out_, kMargin, 48, "quiet",
        "slipway's wall time as a part of the peer's: shorter is better, 1 is the same time; "
        "a short line marks the goal");
  }

  // Five parts, and a line where both take the same time.
  void write_axis() {
    constexpr int kParts = 5;
    const double bottom = height_ - kFoot;
    for (int i = 0; i <= kParts; ++i) {
      const double ratio = end_ * i / kParts;
      write_line(out_, x_of(ratio), kHead - 8, bottom, "grid");
      write_text(out_, x_of(ratio), kHead - 14, "quiet middle", number_text(ratio) + "x");
    }
    if (end_ >= 1) write_line(out_, x_of(1), kHead - 8, bottom, "one");
  }

  void write_case(const CaseResult& each) {
    write_text(out_, kMargin, y_ + 17, "case", cat(each.title, ": ", time_text(each.wall_ms)));
    y_ += kCaseTitle;
    for (const PeerResult& peer : each.peers) write_bar(peer);
  }

  void write_bar(const PeerResult& peer) {
    const double ratio = peer.ratio.median;
    const bool missed = peer.goal && ratio > *peer.goal;
    const double top = y_ + (kRow - kBar) / 2;
    const double text_y = top + kBar - 2;
    write_text(out_, kLeft - 8, text_y, "right", peer.name);
    // Never nothing: a bar that cannot be seen looks like a missing value.
    out_ += cat("<rect", attribute("x", kLeft), attribute("y", top),
                attribute("width", std::max(x_of(ratio) - kLeft, 1.0)), attribute("height", kBar),
                of_class(missed ? "missed" : "bar"), "/>\n");
    if (peer.goal) write_line(out_, x_of(*peer.goal), top - 3, top + kBar + 3, "goal");
    std::string value = ratio_text(ratio) + "x";
    if (peer.goal) value += cat(" (goal ", number_text(*peer.goal), missed ? ", missed)" : ")");
    if (ratio > end_) value = "→ " + value;
    const double behind = std::max(x_of(ratio), peer.goal ? x_of(*peer.goal) : 0);
    write_text(out_, behind + 8, text_y, "value", value);
    y_ += kRow;
  }

  const SuiteResult& result_;
  std::string out_;
  double height_ = 0;
  double end_ = 1;
  double y_ = 0;
};

}  // namespace

std::string chart_svg(const SuiteResult& result) {
  return Chart(result).drawn();
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

double axis_end(double largest) {
  constexpr std::array<double, 5> kEnds{1, 1.25, 1.5, 2, 2.5};
  for (const double end : kEnds) {
    if (largest <= end) return end;
  }
  return kEnds.back();
}

}  // namespace slipway::bench
