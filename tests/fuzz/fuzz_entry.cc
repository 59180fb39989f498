// Executor entries as run reads them: what is accepted is sane, and its record is the same entry.
#include <cmath>
#include <cstdint>

#include "launcher/entry/entry_json.h"
#include "launcher/entry/entry_writer.h"
#include "launcher/plan/lint.h"
#include "sandbox/private_dir.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using launcher::Entry;

void hold_places(const std::vector<launcher::Problem>& problems, std::size_t size) {
  std::size_t before = 0;
  for (const auto& each : problems) {
    hold(each.offset <= size, "a problem has a place in the text");
    hold(each.offset >= before, "problems come in the order of the text");
    hold(!each.what.empty(), "a problem says what it is");
    before = each.offset;
  }
}

void hold_sane(const Entry& entry) {
  for (const auto& request : entry.uris) {
    const auto destination = fetcher::destination_of(request);
    hold(destination.has_value(), "an accepted URI has a file name");
    hold_inside(destination->str());
  }
  for (const auto& volume : entry.volumes) {
    hold(volume.host_path.str().starts_with('/'), "a host_path is absolute");
    const auto* inside = std::get_if<sandbox::SandboxPath>(&volume.container_path);
    if (inside == nullptr) continue;
    hold_inside(inside->str());
    hold(!sandbox::is_private(*inside), "no volume covers slipway's own place");
  }
  for (const auto& [name, value] : entry.environment) {
    hold(!name.empty() && name.find('=') == std::string::npos, "a variable has a name");
    hold((name + value).find('\0') == std::string::npos, "a variable is not cut");
  }
  hold(std::isfinite(entry.resources.cpus.value_or(0)), "cpus are a number");
  hold(entry.resources.cpus.value_or(0) >= 0, "cpus are 0 or more");
  for (const auto& each : launcher::lint(entry)) hold(!each.remedy.empty(), "a lint has a remedy");
}

void hold_record(const Entry& entry) {
  const auto record = launcher::write_entry(entry);
  hold(record.left_out.variables == 0, "what was read from JSON can be written as JSON");
  const auto again = launcher::parse_entries(record.json);
  hold(again.problems.empty() && again.entries.size() == 1, "a record can be read");
  hold(again.warnings.empty(), "a record is read without a warning");
  hold(launcher::write_entry(again.entries.front()).json == record.json, "a record is the entry");
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  const auto parsed = launcher::parse_entries(text);
  hold_places(parsed.problems, text.size());
  hold_places(parsed.warnings, text.size());
  hold_places(parsed.refusals, text.size());
  hold(parsed.places.empty() || parsed.places.size() == parsed.entries.size(), "all have places");
  if (!parsed.problems.empty()) return;
  hold(!parsed.entries.empty(), "where nothing is wrong there is an entry");
  for (const Entry& entry : parsed.entries) {
    hold_sane(entry);
    hold_record(entry);
  }
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
