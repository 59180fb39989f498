// What `slipway check` found, as text for people or JSON for programs. Pure.
#pragma once

#include <string>
#include <vector>

#include "launcher/check/check.h"

namespace slipway::launcher {

// Each finding as "FILE:LINE:COLUMN: error: POINTER: what (remedy) [CODE]", below it the line with
// a caret; secrets in it are masked. A line for each file at the end.
std::string render_text(const std::vector<Checked>& files);
// One object, indented, "version": 1; unknown keys are to be ignored.
std::string render_json(const std::vector<Checked>& files, const CheckRules& rules);

// Of all files; what is unreadable counts as an error.
std::size_t count(const std::vector<Checked>& files, CheckFinding::Severity severity);

}  // namespace slipway::launcher
