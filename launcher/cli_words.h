// The words behind a command, by the table of options. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/cli_options.h"
#include "launcher/commands.h"
#include "launcher/options.h"

namespace slipway::launcher {

// What the words of a command line say, up to "--". An option is "--name VALUE", "--name=VALUE",
// "-n VALUE" or "-nVALUE"; a switch is "--name" or "-n", and such letters may stand together. An
// option's value is the next word whatever it looks like. "-" is a FILE.
//
// Written here and no library: setting up one that knows all of this took a third of a launch's own
// instructions, and the streams and locales that came with it a quarter of what the loader does.
class CliWords {
 public:
  CliWords(const CommandRow& command, const std::vector<std::string>& words);

  Options options;  // as far as there was nothing wrong
  bool help = false;
  std::string left_over;  // the first word that belongs nowhere; empty where there is none
  std::string missing;    // "--name needs a value"; empty where each has its own
  std::string error;      // the first value that is wrong, or a switch that was given one

 private:
  using Word = std::vector<std::string>::const_iterator;

  Word take(Word word, Word end);
  Word take_long(Word word, Word end);
  Word take_letters(Word word, Word end);
  Word take_value(const OptionRow& row, Word word, Word end);
  void take_file(const std::string& word);
  void apply(const OptionRow& row, std::string_view value);
  void leave(const std::string& word);

  const CommandRow& command_;
};

// "--name" of the row.
std::string_view long_name(const OptionRow& row);

}  // namespace slipway::launcher
