// `slipway complete-executors FILE`: what the shells' completions offer for -e. Quiet, because a
// person types; harmless, because what it prints ends up in the middle of a command line.
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "launcher/base/exit_status.h"
#include "launcher/command/commands.h"
#include "launcher/entry/entry_json.h"
#include "launcher/plan/entry_source.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// Nothing but a regular file: others would be waited for, or used up.
bool can_be_read_at_once(const std::string& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode);
}

// No control character of ASCII or of U+0080 to U+009F, which some terminals obey too. The text is
// UTF-8: JSON was read from it.
bool is_plain(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    if (byte == 0xc2 && static_cast<unsigned char>(name[i + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace

int command_complete_executors(const Options& options) {
  if (!can_be_read_at_once(options.file)) return 0;
  const auto source = read_source(options);
  if (!source) return 0;
  std::string lines;
  // A mistake elsewhere in the file takes no name away: it is being written.
  for (const Entry& entry : parse_entries(source->text).entries) {
    if (!entry.name.empty() && is_plain(entry.name)) lines += cat(entry.name, '\n');
  }
  return sys::write_all(STDOUT_FILENO, lines) ? 0 : kExitProblems;
}

}  // namespace slipway::launcher
