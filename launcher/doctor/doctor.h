// `slipway doctor`: what on this host would make launches fail, each with its remedy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

// A group of checks: a row of the table in doctor.cc.
struct Check {
  std::string_view name;
  bool (*wanted)(const Options& options);
  std::vector<Finding> (*examine)(const Options& options);  // changes nothing on the host
};

struct Findings {
  std::string_view check;
  std::vector<Finding> findings;
};

// Of every check that the options ask for. Each runs in a process of its own, which may become
// another user, enter namespaces, crash or hang without the others noticing.
std::vector<Findings> examine(const Options& options);

bool has_failure(const std::vector<Findings>& all);

// Below the name of each check a line for each finding, the remedy on the next one. JSON: one
// object, indented, "version": 1; unknown keys are to be ignored.
std::string render_text(const std::vector<Findings>& all);
std::string render_json(const std::vector<Findings>& all);

}  // namespace slipway::launcher
