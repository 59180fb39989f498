#include <unistd.h>

#include "launcher/base/exit_status.h"
#include "launcher/base/say.h"
#include "launcher/check/schema.h"
#include "launcher/command/commands.h"
#include "launcher/command/render_check.h"
#include "launcher/plan/entry_source.h"
#include "sandbox/base/sys.h"

namespace slipway::launcher {

namespace {

constexpr int kExitProblems = 1;

Checked check_file(const std::string& file, const CheckRules& rules) {
  Options options;
  options.file = file;
  auto source = read_source(options);
  if (source) return check(source->name, std::move(source->text), rules);
  Checked unreadable{file, "", {}, {}};
  unreadable.unreadable = std::move(source).error().as(MessageCode::kFile);
  return unreadable;
}

int print(const std::string& text, int status) {
  if (const auto written = sys::write_all(STDOUT_FILENO, text); !written) {
    say(written.error(), MessageCode::kOutput);
    return kExitProblems;
  }
  return status;
}

}  // namespace

int command_check(const Options& options) {
  const CheckRules rules{options.judge, options.strictness, options.executor};
  std::vector<Checked> files;
  for (const std::string& file : options.files) files.push_back(check_file(file, rules));
  const bool clean = count(files, CheckFinding::Severity::kError) == 0;
  return print(
      options.format == OutputFormat::kJson ? render_json(files, rules) : render_text(files),
      clean ? 0 : kExitProblems);
}

int command_schema(const Options& options) {
  return print(entry_schema(options.judge), 0);
}

}  // namespace slipway::launcher
