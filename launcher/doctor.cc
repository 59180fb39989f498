#include "launcher/doctor.h"

#include <algorithm>

#include "launcher/columns.h"
#include "launcher/launcher_dir.h"
#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

constexpr Check kChecks[] = {
    {"launcher-dir", [](const Options& options) { return !options.launcher_dir.empty(); },
     &examine_launcher_dir},
};

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kFail:
      return "fail";
  }
  return "";
}

}  // namespace

std::vector<Findings> examine(const Options& options) {
  std::vector<Findings> all;
  for (const Check& check : kChecks) {
    if (check.wanted(options)) all.push_back({check.name, check.examine(options)});
  }
  return all;
}

bool has_failure(const std::vector<Findings>& all) {
  return std::any_of(all.begin(), all.end(), [](const Findings& group) {
    return std::any_of(group.findings.begin(), group.findings.end(),
                       [](const Finding& finding) { return finding.verdict == Verdict::kFail; });
  });
}

std::string render_text(const std::vector<Findings>& all) {
  std::size_t width = 0;
  for (const Findings& group : all) {
    for (const Finding& each : group.findings) width = std::max(width, columns_of(each.subject));
  }
  std::string out;
  for (const Findings& group : all) {
    for (const Finding& each : group.findings) {
      const std::string verdict(each.verdict == Verdict::kFail ? "FAIL" : name_of(each.verdict));
      out += cat(padded_right(verdict, 4), "  ", padded_right(each.subject, width), "  ", each.what,
                 '\n');
      if (!each.remedy.empty()) out += cat("      ", each.remedy, '\n');
    }
  }
  return out;
}

std::string render_json(const std::vector<Findings>& all) {
  sandbox::JsonWriter json(sandbox::JsonWriter::Layout::kIndented);
  json.begin_object().member("version", std::uint64_t{1}).flag("failed", has_failure(all));
  json.key("findings").begin_array();
  for (const Findings& group : all) {
    for (const Finding& each : group.findings) {
      json.begin_object().member("check", group.check).member("subject", each.subject);
      json.member("verdict", name_of(each.verdict)).member("what", each.what);
      json.member("remedy", each.remedy).end_object();
    }
  }
  json.end_array().end_object();
  return json.str() + "\n";
}

}  // namespace slipway::launcher
