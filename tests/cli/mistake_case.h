// A mistake that people make, as tests/cli/mistakes/NAME.case tells it: what is there, what is
// typed, and every word that comes back. tests/cli/mistakes/README.md has the format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::tests {

// What one line of the output has to say, beside being the golden one.
struct ExpectedMessage {
  std::string code;     // "E-JSON"
  std::string pointer;  // RFC 6901; empty where the message has none
  std::string remedy;   // a part of it; empty where the message has none
};

struct MistakeCase {
  std::string name;
  std::string head;   // everything in front of the first section, as it was written
  std::string as;     // "root" or "nobody"
  std::string typed;  // for sh
  std::string given;  // for sh, as root
  std::vector<ExpectedMessage> messages;
  bool without_message = false;  // "code: none"
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Throws std::runtime_error where the text is no case.
MistakeCase parse_mistake(std::string name, std::string_view text);
// What parse_mistake reads.
std::string to_text(const MistakeCase& mistake);

}  // namespace slipway::tests
