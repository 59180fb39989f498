// A report as a picture: where the time of a launch went. Pure.
#pragma once

#include <string>

#include "launcher/base/columns.h"
#include "launcher/report/report_summary.h"

namespace slipway::launcher {

struct WaterfallStyle {
  std::size_t columns = 80;  // of the terminal; no row of the picture is wider, but for 50 at least
  Glyphs glyphs = Glyphs::kAscii;
};

// A row for each URI on one scale of time, its phases as segments; rows for placing, mounts and the
// executor; a legend; totals; what was retried, has failed, and was warned of. Every text from the
// report is escaped.
std::string waterfall(const ReportSummary& summary, const WaterfallStyle& style);

}  // namespace slipway::launcher
