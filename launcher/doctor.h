// `slipway doctor`: what on this host would make launches fail, each with its remedy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/options.h"

namespace slipway::launcher {

enum class Verdict { kOk, kWarn, kFail };

struct Finding {
  std::string subject;  // "mesos-fetcher"
  Verdict verdict = Verdict::kOk;
  std::string what;
  std::string remedy = {};  // empty where there is nothing to do
};

// A group of checks: a row of the table in doctor.cc.
struct Check {
  std::string_view name;
  bool (*wanted)(const Options& options);
  std::vector<Finding> (*examine)(const Options& options);  // reads only
};

struct Findings {
  std::string_view check;
  std::vector<Finding> findings;
};

// Of every check that the options ask for.
std::vector<Findings> examine(const Options& options);

bool has_failure(const std::vector<Findings>& all);

// A line each, the remedy on the next one. JSON: one object, indented, "version": 1; unknown keys
// are to be ignored.
std::string render_text(const std::vector<Findings>& all);
std::string render_json(const std::vector<Findings>& all);

}  // namespace slipway::launcher
