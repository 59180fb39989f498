#include "launcher/check/check.h"

#include <algorithm>
#include <charconv>

#include "launcher/entry/entry_choice.h"
#include "launcher/entry/entry_json.h"
#include "launcher/entry/json_mend.h"
#include "launcher/plan/lint.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"

namespace slipway::launcher {

namespace {

using Severity = CheckFinding::Severity;

CheckFinding finding(Severity severity, const Problem& from) {
  return {severity, from.code, from.offset, from.pointer, from.what, from.remedy};
}

// Where the value of that pointer begins in the text; 0 where there is none.
std::size_t offset_of(const sandbox::JsonValue& root, std::string_view pointer) {
  const sandbox::JsonValue* at = &root;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (at->kind == sandbox::JsonKind::kArray) {
      std::size_t index = at->items.size();
      std::from_chars(token.data(), token.data() + token.size(), index);
      at = index < at->items.size() ? &at->items[index] : nullptr;
    } else {
      const auto* member = at->find(token);
      at = member == nullptr ? nullptr : &member->value;
    }
  }
  return at == nullptr ? 0 : at->offset;
}

std::string place_of(const Lint& lint, const EntryPlaces& places) {
  switch (lint.part) {
    case Lint::Part::kValue:
      return places.value;
    case Lint::Part::kArguments:
      return places.arguments.empty() ? places.value : cat(places.arguments, "/0");
    case Lint::Part::kUser:
      return cat(places.command, "/user");
    case Lint::Part::kUri:
      return cat(places.uris[lint.index], "/value");
    case Lint::Part::kVolume:
      return cat(places.volumes[lint.index],
                 lint.code == MessageCode::kMountTarget ? "/container_path" : "/host_path");
  }
  return {};
}

// Of Aurora's format only: there the places are known.
void add_lints(const ParsedEntries& parsed, std::string_view text, Checked& checked) {
  auto document = sandbox::parse_json(text);
  if (!document) document = sandbox::parse_json(mend_json(text).text);
  if (!document) return;
  for (std::size_t i = 0; i < parsed.places.size(); ++i) {
    for (const Lint& each : lint(parsed.entries[i])) {
      std::string pointer = place_of(each, parsed.places[i]);
      const std::size_t offset = offset_of(document->root, pointer);
      checked.findings.push_back({each.refused ? Severity::kError : Severity::kWarning, each.code,
                                  offset, std::move(pointer), each.what, each.remedy});
    }
  }
}

void add_refusals(const ParsedEntries& parsed, Checked& checked) {
  for (const Problem& each : parsed.refusals) {
    checked.findings.push_back(finding(Severity::kError, each));
  }
  const bool is_message = !parsed.entries.empty() && parsed.places.empty();
  const bool is_unknown = std::ranges::any_of(
      parsed.problems, [](const Problem& each) { return each.pointer.empty(); });
  if (!is_message || is_unknown) return;
  checked.findings.push_back({Severity::kError, MessageCode::kNotArray, 0, "",
                              "is a message of Mesos's own; an array of executor entries is "
                              "expected",
                              "'slipway check --for=slipway' judges as run does"});
}

// An unknown key is an error already.
bool is_said(const Problem& warning, Judge judge) {
  return judge == Judge::kAurora && warning.code == MessageCode::kWarnKeyUnknown;
}

void check_executor(const ParsedEntries& parsed, const std::string& wanted, Checked& checked) {
  if (wanted.empty() || parsed.entries.empty()) return;
  const auto found = std::ranges::find(parsed.entries, wanted, &Entry::name);
  if (found != parsed.entries.end()) return;
  checked.findings.push_back({Severity::kError, MessageCode::kNoSuchExecutor, 0, "",
                              no_such_executor(parsed.entries, wanted), ""});
}

}  // namespace

Checked check(std::string file, std::string text, const CheckRules& rules) {
  const ParsedEntries parsed = parse_entries(text);
  Checked checked{std::move(file), std::move(text), {}, {}};
  for (const Entry& entry : parsed.entries) checked.executors.push_back(entry.name);
  for (const Problem& each : parsed.problems) {
    checked.findings.push_back(finding(Severity::kError, each));
  }
  if (rules.judge == Judge::kAurora) add_refusals(parsed, checked);
  for (const Problem& each : parsed.warnings) {
    if (!is_said(each, rules.judge)) checked.findings.push_back(finding(Severity::kWarning, each));
  }
  add_lints(parsed, checked.text, checked);
  check_executor(parsed, rules.executor, checked);
  if (rules.strictness == Strictness::kWarningsFail) {
    for (CheckFinding& each : checked.findings) each.severity = Severity::kError;
  }
  std::ranges::stable_sort(checked.findings, {}, &CheckFinding::offset);
  if (checked.findings.size() > kMostFindings) {
    checked.left_out = checked.findings.size() - kMostFindings;
    checked.findings.resize(kMostFindings);
  }
  return checked;
}

}  // namespace slipway::launcher
