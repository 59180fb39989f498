// `slipway check` of any text: it is mended, judged and shown, and nobody's terminal obeys it.
#include <algorithm>
#include <cstdint>

#include "launcher/base/secret_mask.h"
#include "launcher/check/check.h"
#include "launcher/command/render_check.h"
#include "launcher/entry/json_mend.h"
#include "sandbox/json.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

// Rules that the front of the text chooses, so that it stays a text.
launcher::CheckRules rules_of(std::string_view text) {
  launcher::CheckRules rules;
  if (text.starts_with(' ')) rules.judge = launcher::Judge::kSlipway;
  if (text.ends_with(' ')) rules.strictness = launcher::Strictness::kWarningsFail;
  if (text.ends_with('\t')) rules.executor = "example";
  return rules;
}

void hold_mended(std::string_view text) {
  const auto mended = launcher::mend_json(text);
  hold(mended.text.size() == text.size(), "every offset keeps its meaning");
  hold(mended.unclosed == std::string::npos || mended.unclosed < text.size(), "a bracket is there");
  for (const auto& fault : mended.faults) hold(fault.offset <= text.size(), "a fault has a place");
  hold(std::ranges::is_sorted(mended.faults, {}, &launcher::JsonFault::offset),
       "faults come in the order of the text");
  if (mended.faults.empty()) hold(mended.text == text, "what is not at fault stays");
}

void hold_masked(std::string_view text) {
  const std::string masked = launcher::mask_secrets(text);
  hold(masked.size() == text.size(), "what is masked is as long as it was");
  for (std::size_t i = 0; i < text.size(); ++i) {
    hold(masked[i] == text[i] || (masked[i] == '*' && text[i] != '\n'), "only stars are put in");
  }
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  hold_mended(text);
  hold_masked(text);
  const auto rules = rules_of(text);
  const std::vector<launcher::Checked> files{launcher::check("e.json", std::string(text), rules)};
  hold(files[0].findings.size() <= launcher::kMostFindings, "so many and no more");
  for (const auto& each : files[0].findings) hold(each.offset <= text.size(), "each has a place");
  hold_lines(launcher::render_text(files), "what is shown is obeyed by no terminal");
  const std::string json = launcher::render_json(files, rules);
  hold(sandbox::parse_json(json, json.size()).has_value(), "for programs it is JSON");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
