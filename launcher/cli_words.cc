#include "launcher/cli_words.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

template <class Matches>
const OptionRow* find_row(const CommandRow& command, const Matches& matches) {
  for (const OptionRow& row : option_rows()) {
    if ((row.commands & command.bit) != 0 && matches(row)) return &row;
  }
  return nullptr;
}

bool has_letter(const OptionRow& row, char letter) {
  return row.names.size() > 2 && row.names[1] == letter && row.names[2] == ',';
}

}  // namespace

std::string_view long_name(const OptionRow& row) {
  return row.names.substr(row.names.find("--"));
}

CliWords::CliWords(const CommandRow& command, const std::vector<std::string>& words)
    : command_(command) {
  const auto end = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != end;) word = take(word, end);
}

// Each of these returns the word that comes next.
CliWords::Word CliWords::take(Word word, Word end) {
  if (word->starts_with("--")) return take_long(word, end);
  if (word->size() > 1 && word->front() == '-') return take_letters(word, end);
  take_file(*word);
  return word + 1;
}

CliWords::Word CliWords::take_long(Word word, Word end) {
  const std::size_t equals = word->find('=');
  const std::string_view name = std::string_view(*word).substr(0, equals);
  if (*word == "--help") {
    help = true;
    return word + 1;
  }
  const OptionRow* row =
      find_row(command_, [&](const OptionRow& each) { return long_name(each) == name; });
  if (row == nullptr) {
    leave(*word);
  } else if (equals == std::string::npos) {
    return take_value(*row, word, end);
  } else if (row->value.empty()) {
    if (error.empty()) error = cat(name, " is a switch and takes no value");
  } else if (equals + 1 == word->size()) {
    // What a script's variable was to fill: nobody means "as if it were not said".
    if (missing.empty()) missing = cat(name, " needs a value");
  } else {
    apply(*row, std::string_view(*word).substr(equals + 1));
  }
  return word + 1;
}

CliWords::Word CliWords::take_letters(Word word, Word end) {
  for (std::size_t i = 1; i < word->size(); ++i) {
    const char letter = (*word)[i];
    if (letter == 'h') {
      help = true;
      continue;
    }
    const OptionRow* row =
        find_row(command_, [&](const OptionRow& each) { return has_letter(each, letter); });
    if (row == nullptr) {
      leave(i == 1 ? *word : cat('-', letter));
      return word + 1;
    }
    if (row->value.empty()) {
      apply(*row, "");
      continue;
    }
    if (i + 1 == word->size()) return take_value(*row, word, end);
    apply(*row, std::string_view(*word).substr(i + 1));
    return word + 1;
  }
  return word + 1;
}

// Of an option that stands alone.
CliWords::Word CliWords::take_value(const OptionRow& row, Word word, Word end) {
  if (row.value.empty()) {
    apply(row, "");
    return word + 1;
  }
  if (word + 1 == end) {
    if (missing.empty()) missing = cat(long_name(row), " needs a value");
    return end;
  }
  apply(row, *(word + 1));
  return word + 2;
}

void CliWords::take_file(const std::string& word) {
  if (command_.words == WordKind::kFiles) {
    options.files.push_back(word);
  } else if (options.file.empty()) {
    options.file = word;
  } else {
    leave(word);
  }
}

void CliWords::apply(const OptionRow& row, std::string_view value) {
  if (!error.empty()) return;
  if (auto applied = row.apply(options, value); !applied) {
    error = cat(long_name(row), ": ", applied.error().message());
  }
}

void CliWords::leave(const std::string& word) {
  if (left_over.empty()) left_over = word;
}

}  // namespace slipway::launcher
