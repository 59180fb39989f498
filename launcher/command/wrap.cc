#include "launcher/command/wrap.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "launcher/entry/entry_choice.h"
#include "launcher/entry/mesos_entry.h"
#include "launcher/plan/lint.h"
#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonValue;

// What becomes of an entry.
using Change = std::function<JsonValue(const Located&, std::vector<Problem>&)>;

// `entries` are those of the document, in the same order.
void change_entries(JsonValue& root, const std::vector<Entry>& entries, const std::string& executor,
                    const Change& change, std::vector<Problem>& problems) {
  const bool alone = root.kind == sandbox::JsonKind::kObject;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!executor.empty() && entries[i].name != executor) continue;
    JsonValue& entry = alone ? root : root.items[i];
    entry = change({&entry, alone ? std::string() : sandbox::json_pointer("", i)}, problems);
  }
}

Rewritten rewrite(std::string_view text, const std::string& executor, const Change& change) {
  auto parsed = parse_entries(text);
  Rewritten out{"", std::move(parsed.problems), std::move(parsed.warnings)};
  if (!out.problems.empty()) return out;
  const auto has_name = [&](const Entry& entry) { return entry.name == executor; };
  if (!executor.empty() && std::none_of(parsed.entries.begin(), parsed.entries.end(), has_name)) {
    out.problems.push_back(
        {0, "", MessageCode::kNoSuchExecutor, no_such_executor(parsed.entries, executor)});
    return out;
  }
  auto document = sandbox::parse_json(text);
  if (!document || recognise_message(document->root)) {
    out.problems.push_back(
        {0, "", MessageCode::kNotArray,
         "is a message of Mesos itself; a scheduler's configuration is expected, "
         "as Aurora's -custom_executor_config takes it"});
    return out;
  }
  change_entries(document->root, parsed.entries, executor, change, out.problems);
  if (!out.problems.empty()) return out;
  sandbox::JsonWriter json(sandbox::JsonWriter::Layout::kIndented);
  out.json = json.value(document->root).str() + "\n";
  return out;
}

// What run refuses of entries that are complete.
std::vector<Problem> refusals_in(std::string_view text) {
  std::vector<Problem> problems;
  const auto parsed = parse_entries(text);
  for (std::size_t i = 0; i < parsed.places.size(); ++i) {
    for (const Lint& each : lint(parsed.entries[i])) {
      if (!each.refused) continue;
      problems.push_back({0, parsed.places[i].entry, each.code, each.what, each.remedy});
    }
  }
  return problems;
}

JsonValue unwrapped(const Located& entry, std::vector<Problem>& problems) {
  return is_wrapped(*entry.value) ? unwrap_entry(entry, problems) : *entry.value;
}

}  // namespace

Rewritten wrap(std::string_view text, const std::string& executor, const Wrapping& wrapping) {
  auto out = rewrite(text, executor, [&](const Located& entry, std::vector<Problem>& problems) {
    const std::size_t before = problems.size();
    JsonValue plain = unwrapped(entry, problems);
    if (problems.size() != before) return plain;
    plain.offset = entry.value->offset;
    return wrap_entry({&plain, entry.pointer}, wrapping, problems);
  });
  if (out.problems.empty()) out.problems = refusals_in(text);
  return out;
}

Rewritten unwrap(std::string_view text, const std::string& executor) {
  return rewrite(text, executor, &unwrapped);
}

}  // namespace slipway::launcher
