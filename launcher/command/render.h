// A Plan as text for people or JSON for programs. Pure.
#pragma once

#include <string>

#include "launcher/plan/plan.h"

namespace slipway::launcher {

// Of both, values of variables whose names look secret are left out.
std::string render_text(const Plan& plan);
// One object, indented; keys are stable, unknown ones are to be ignored ("version": 1).
std::string render_json(const Plan& plan);

}  // namespace slipway::launcher
