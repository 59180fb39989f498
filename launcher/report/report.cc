#include "launcher/report/report.h"

#include <algorithm>

#include "sandbox/base/sys.h"

namespace slipway::launcher {

void Report::add(Fd sink, Detail detail) {
  sinks_.push_back({std::move(sink), detail});
}

void Report::tell(const ReportEvent& event) {
  if (sinks_.empty() && !remembers_) return;
  const bool progress = is_progress(event);
  const std::string line = to_report_line(
      event, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_));
  if (line.empty()) return;
  std::erase_if(sinks_, [&](const Sink& sink) {
    if (progress && sink.detail == Detail::kWithoutProgress) return false;
    return !sys::write_all(sink.fd.get(), line);
  });
  if (remembers_ && !progress) text_ += line;
}

bool Report::wants_progress() const {
  return std::ranges::any_of(sinks_,
                             [](const Sink& sink) { return sink.detail == Detail::kEverything; });
}

std::vector<int> Report::descriptors() const {
  std::vector<int> all;
  for (const Sink& sink : sinks_) all.push_back(sink.fd.get());
  return all;
}

}  // namespace slipway::launcher
