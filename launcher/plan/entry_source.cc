#include "launcher/plan/entry_source.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "launcher/base/say.h"
#include "launcher/entry/entry_choice.h"
#include "launcher/entry/entry_json.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kShownProblems = 50;

bool names_a_descriptor(const std::string& path) {
  return path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

std::string remedy_for(const Error& error) {
  if (error.is(std::errc::permission_denied)) return "it is read as the user who starts slipway";
  return "give the path of the file with the executor entries, or '-' for standard input";
}

Result<Source> read_file(const std::string& path) {
  // O_NONBLOCK: a fifo that nobody writes to must not make us wait.
  auto opened = sys::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!opened) return Error(opened.error()).hint(remedy_for(opened.error()));
  const Fd file = *std::move(opened);
  const auto found = TRY(sys::stat_fd(file.get()));
  if (S_ISDIR(found.st_mode)) {
    return Error(cat(quote(path), " is a directory"))
        .hint("give a file; 'slipway shell' reopens the sandbox of an earlier run");
  }
  if (!S_ISREG(found.st_mode) && !names_a_descriptor(path)) {
    return Error(cat(quote(path), " is not a regular file"))
        .hint("to read from a pipe, give '-' and redirect standard input");
  }
  if (!S_ISREG(found.st_mode)) {
    // A descriptor that the shell made, as for <(command): wait for its writer.
    const Fd waiting = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY));
    auto text = TRY(sys::read_to_end(waiting.get(), sandbox::kJsonMaxBytes).context(quote(path)));
    return Source{path, std::move(text)};
  }
  auto text = TRY(sys::read_to_end(file.get(), sandbox::kJsonMaxBytes).context(quote(path)));
  return Source{path, std::move(text)};
}

}  // namespace

Result<Source> read_source(const Options& options) {
  if (options.file == "-") {
    auto text =
        TRY(sys::read_to_end(STDIN_FILENO, sandbox::kJsonMaxBytes).context("standard input"));
    return Source{"standard input", std::move(text)};
  }
  if (!options.file.empty()) return read_file(options.file);
  if (const char* text = ::getenv(kEntryVariable)) return Source{kEntryVariable, text};
  return Error("no FILE was given, and the environment variable SLIPWAY_ENTRY is not set")
      .hint("give the file with the executor entries, or '-' for standard input");
}

void say_problems(log::Level level, const std::vector<Problem>& problems, std::string_view text,
                  const std::string& name) {
  for (std::size_t i = 0; i < std::min(problems.size(), kShownProblems); ++i) {
    log::line(level, describe(problems[i], text, name));
  }
  if (problems.size() > kShownProblems) {
    log::line(level, cat(name, ": and ", problems.size() - kShownProblems, " more"));
  }
}

namespace {

std::optional<Entry> choose(std::vector<Entry> entries, const Options& options,
                            const Source& source) {
  const auto chosen = choose_entry(entries, options.executor, source.name);
  if (chosen) return std::move(entries[*chosen]);
  say(chosen.error());
  return std::nullopt;
}

}  // namespace

bool names_no_entry(const Options& options) {
  return options.file.empty() && ::getenv(kEntryVariable) == nullptr;
}

std::optional<Entry> load_entry(const Options& options) {
  auto source = read_source(options);
  if (!source) {
    say(source.error(), MessageCode::kFile);
    return std::nullopt;
  }
  auto parsed = parse_entries(source->text);
  if (!parsed.problems.empty()) {
    say_problems(log::Level::kError, parsed.problems, source->text, source->name);
    return std::nullopt;
  }
  say_problems(log::Level::kWarning, parsed.warnings, source->text, source->name);
  return choose(std::move(parsed.entries), options, *source);
}

}  // namespace slipway::launcher
