#include "launcher/manual/page.h"

#include <algorithm>

#include "launcher/command/commands.h"
#include "launcher/manual/command_part.h"
#include "launcher/manual/entry_part.h"
#include "launcher/manual/scdoc.h"
#include "launcher/manual/settings_part.h"
#include "sandbox/base/text.h"
#include "sandbox/environment.h"
#include "sandbox/message_code.h"

namespace slipway::manual {

namespace {

// One line for each command that is named.
std::string synopses(std::string_view names) {
  std::string out;
  while (!names.empty()) {
    const std::size_t blank = std::min(names.find(' '), names.size());
    const launcher::CommandRow* command = launcher::find_command(names.substr(0, blank));
    if (command == nullptr) return {};
    out += cat(out.empty() ? "" : "++\n", synopsis(*command));
    names.remove_prefix(std::min(blank + 1, names.size()));
  }
  return out;
}

template <std::string (*kPart)(const launcher::CommandRow&)>
std::string of_command(std::string_view name) {
  const launcher::CommandRow* command = launcher::find_command(name);
  return command == nullptr ? std::string() : kPart(*command);
}

std::string all_commands(std::string_view) {
  return command_list();
}

std::string entry_keys_without_use(std::string_view) {
  return unused_keys();
}

std::string variables_of_agents(std::string_view) {
  std::string out;
  for (const std::string_view name : sandbox::agent_variables()) {
    out += cat(out.empty() ? "  " : ", ", bold(name));
  }
  return out;
}

// "E" or "W": the first letter of the codes.
std::string message_codes(std::string_view letter) {
  std::string out;
  for (const MessageRow& row : message_rows()) {
    if (!row.id.starts_with(letter)) continue;
    out += definition(bold(row.id), cat(escaped(row.meaning), '\n', escaped(row.remedy)));
  }
  return out;
}

struct PartRow {
  std::string_view name;
  std::string (*text)(std::string_view word);  // empty where the word is none that it takes
};
constexpr PartRow kParts[] = {
    {"SYNOPSIS", &synopses},
    {"OPTIONS", &of_command<option_list>},
    {"EXIT", &of_command<exit_statuses>},
    {"COMMANDS", &all_commands},
    {"SETTINGS", &settings_part},
    {"CODES", &message_codes},
    {"UNUSED", &entry_keys_without_use},
    {"AGENT-VARIABLES", &variables_of_agents},
};

Result<std::string> part(std::string_view line) {
  // Without the second '@' the name is none that there is.
  const std::string_view words =
      line.ends_with('@') && line.size() > 2 ? line.substr(1, line.size() - 2) : line;
  const std::size_t blank = std::min(words.find(' '), words.size());
  const auto* found = std::ranges::find(kParts, words.substr(0, blank), &PartRow::name);
  std::string text;
  if (found != std::end(kParts))
    text = found->text(words.substr(std::min(blank + 1, words.size())));
  if (text.empty()) return Error(cat("there is no part ", quote(line)));
  // The source has the line's end, and a blank line where one is due.
  text.resize(text.find_last_not_of('\n') + 1);
  return text;
}

// A page is shown in every locale: groff leaves out what the terminal's has no character for.
void spell_dots(std::string& text) {
  constexpr std::string_view kEllipsis = "\u2026";
  for (std::size_t at = 0; (at = text.find(kEllipsis, at)) != std::string::npos;) {
    text.replace(at, kEllipsis.size(), "...");
  }
}

}  // namespace

Result<std::string> page(std::string_view source) {
  std::string out;
  for (std::size_t number = 1; !source.empty(); ++number) {
    const std::size_t end = std::min(source.find('\n'), source.size());
    const std::string_view line = source.substr(0, end);
    if (line.starts_with('@')) {
      out += TRY(part(line).context(cat("line ", number)));
    } else {
      out += line;
    }
    out += '\n';
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  spell_dots(out);
  return out;
}

}  // namespace slipway::manual
