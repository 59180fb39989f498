#include "launcher/doctor/doctor.h"

#include <algorithm>
#include <chrono>

#include "launcher/base/columns.h"
#include "launcher/doctor/doctor_cache.h"
#include "launcher/doctor/doctor_child.h"
#include "launcher/doctor/doctor_confinement.h"
#include "launcher/doctor/doctor_fetching.h"
#include "launcher/doctor/doctor_host.h"
#include "launcher/doctor/doctor_sandbox.h"
#include "launcher/doctor/doctor_volumes.h"
#include "launcher/doctor/launcher_dir.h"
#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

bool always(const Options&) {
  return true;
}

bool names_launcher_dir(const Options& options) {
  return !options.launcher_dir.empty();
}

// Rows of one name make one group.
constexpr Check kChecks[] = {
    {"task", &always, &examine_task},
    {"settings", &always, &examine_settings},
    {"fetcher", &always, &examine_fetcher_program},
    {"volumes", &always, &try_volumes_as_root},
    {"volumes", &always, &try_volumes_for_user},
    {"volumes", &always, &try_volumes_as_user},
    {"confinement", &always, &examine_confinement},
    {"cache", &always, &examine_cache},
    {"cache", &always, &examine_reflink},
    {"sandbox", &always, &examine_sandbox},
    {"network", &always, &examine_network},
    {"hadoop", &always, &examine_hadoop},
    {"launcher-dir", &names_launcher_dir, &examine_launcher_dir},
};

// A launcher directory has many programs; everything else answers at once, unless a file server
// does not.
constexpr std::chrono::seconds kLimit{20};

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

std::vector<Finding> perform(const Check& check, const Options& options) {
  auto found = in_child([&] { return check.examine(options); }, kLimit);
  if (found) return *std::move(found);
  return {fail(check.name, cat("this check did not end well: ", found.error().message()),
               "look into the kernel's log and the mount table for what may be in its way")};
}

void append_text(std::string& out, const Finding& finding, std::size_t width) {
  const std::string verdict(finding.verdict == Verdict::kFail ? "FAIL" : name_of(finding.verdict));
  out += cat(padded_right(verdict, 4), "  ", padded_right(finding.subject, width), "  ",
             escape(finding.what), '\n');
  if (!finding.remedy.empty()) out += cat("      ", escape(finding.remedy), '\n');
}

}  // namespace

std::vector<Findings> examine(const Options& options) {
  std::vector<Findings> all;
  for (const Check& check : kChecks) {
    if (!check.wanted(options)) continue;
    auto found = perform(check, options);
    if (all.empty() || all.back().check != check.name) all.push_back({check.name, {}});
    for (Finding& each : found) all.back().findings.push_back(std::move(each));
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
    if (group.findings.empty()) continue;
    out += cat(group.check, ":\n");
    for (const Finding& each : group.findings) append_text(out, each, width);
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
