#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/check/schema.h"
#include "launcher/command/commands.h"
#include "launcher/command/render_check.h"
#include "launcher/plan/entry_source.h"

namespace slipway::launcher {

namespace {

Checked check_file(const std::string& file, const CheckRules& rules) {
  Options options;
  options.file = file;
  auto source = read_source(options);
  if (source) return check(source->name, std::move(source->text), rules);
  Checked unreadable{file, "", {}, {}};
  unreadable.unreadable = std::move(source).error().as(MessageCode::kFile);
  return unreadable;
}

}  // namespace

int command_check(const Options& options) {
  const CheckRules rules{options.judge, options.strictness, options.executor};
  std::vector<Checked> files;
  for (const std::string& file : options.files) files.push_back(check_file(file, rules));
  const bool json = options.format == OutputFormat::kJson;
  if (!print(json ? render_json(files, rules) : render_text(files))) return kExitProblems;
  return count(files, CheckFinding::Severity::kError) == 0 ? 0 : kExitProblems;
}

int command_schema(const Options& options) {
  return print(entry_schema(options.judge)) ? 0 : kExitProblems;
}

}  // namespace slipway::launcher
