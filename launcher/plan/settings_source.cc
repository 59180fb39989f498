#include "launcher/plan/settings_source.h"

#include <algorithm>

#include "launcher/base/say.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "sandbox/settings.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kShownProblems = 50;

void say_problems(const std::vector<std::string>& problems, const std::string& file) {
  for (std::size_t i = 0; i < std::min(problems.size(), kShownProblems); ++i) {
    say_error(MessageCode::kSettings, problems[i]);
  }
  if (problems.size() > kShownProblems) {
    say_error(MessageCode::kSettings,
              cat(file, ": and ", problems.size() - kShownProblems, " more"));
  }
}

void say_unreadable(Error error, const Options& options) {
  if (!options.settings.empty()) {
    return say(std::move(error)
                   .context("--settings")
                   .hint("name a file that can be read; slipway.toml(5) says what is in one"),
               MessageCode::kSettings);
  }
  say(std::move(error)
          .context("the settings of this host")
          .hint("who runs slipway must be able to read them; --settings takes others"),
      MessageCode::kSettings);
}

}  // namespace

std::optional<fetcher::Settings> load_settings(const Options& options) {
  const std::string file = options.settings.empty() ? fetcher::kSettingsFile : options.settings;
  auto text = sandbox::read_settings_file(file);
  if (!text) {
    if (options.settings.empty() && text.error().is(std::errc::no_such_file_or_directory)) {
      return fetcher::Settings();
    }
    say_unreadable(std::move(text).error(), options);
    return std::nullopt;
  }
  auto settings = fetcher::parse_settings(*text, file);
  if (settings) return *std::move(settings);
  say_problems(settings.error(), file);
  return std::nullopt;
}

}  // namespace slipway::launcher
