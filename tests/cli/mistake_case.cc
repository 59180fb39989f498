#include "tests/cli/mistake_case.h"

#include <sstream>
#include <stdexcept>

#include "sandbox/base/text.h"

namespace slipway::tests {

namespace {

constexpr std::string_view kSection = "--- ";

[[noreturn]] void refuse(const MistakeCase& mistake, std::string_view what) {
  throw std::runtime_error(cat(mistake.name, ".case: ", what));
}

ExpectedMessage& last_message(MistakeCase& mistake) {
  if (mistake.messages.empty()) refuse(mistake, "pointer and remedy stand behind their code");
  return mistake.messages.back();
}

void read_word(MistakeCase& mistake, std::string_view key, std::string_view value) {
  if (key == "as") {
    mistake.as = value;
  } else if (key == "typed") {
    mistake.typed = value;
  } else if (key == "code" && value == "none") {
    mistake.without_message = true;
  } else if (key == "code") {
    mistake.messages.push_back({std::string(value), "", ""});
  } else if (key == "pointer") {
    last_message(mistake).pointer = value;
  } else if (key == "remedy") {
    last_message(mistake).remedy = value;
  } else {
    refuse(mistake, cat("unknown word '", key, "'"));
  }
}

void read_head(MistakeCase& mistake, const std::string& line) {
  mistake.head += line + '\n';
  if (line.empty() || line.front() == '#') return;
  const std::size_t colon = line.find(": ");
  if (colon == std::string::npos) refuse(mistake, cat("no 'key: value': ", line));
  read_word(mistake, std::string_view(line).substr(0, colon),
            std::string_view(line).substr(colon + 2));
}

// Where the lines that follow belong.
std::string* begin_section(MistakeCase& mistake, std::string_view name) {
  if (name == "given") return &mistake.given;
  if (name == "stdout") return &mistake.out;
  if (name == "stderr") return &mistake.err;
  if (!name.starts_with("exit ")) refuse(mistake, cat("unknown section '", name, "'"));
  mistake.exit_code = std::stoi(std::string(name.substr(5)));
  return nullptr;
}

void check_whole(const MistakeCase& mistake) {
  if (mistake.typed.empty()) refuse(mistake, "nothing is typed");
  if (mistake.as != "root" && mistake.as != "nobody") refuse(mistake, "as: root or nobody");
  if (!mistake.head.starts_with("# ")) refuse(mistake, "the first line says what the mistake is");
  if (mistake.messages.empty() != mistake.without_message) {
    refuse(mistake, "there is a code, or it is none");
  }
}

}  // namespace

MistakeCase parse_mistake(std::string name, std::string_view text) {
  MistakeCase mistake;
  mistake.name = std::move(name);
  mistake.as = "root";
  std::string* section = nullptr;
  bool in_head = true;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kSection)) {
      section = begin_section(mistake, std::string_view(line).substr(kSection.size()));
      in_head = false;
    } else if (in_head) {
      read_head(mistake, line);
    } else if (section == nullptr) {
      refuse(mistake, cat("behind 'exit' stands: ", line));
    } else {
      *section += line + '\n';
    }
  }
  check_whole(mistake);
  return mistake;
}

std::string to_text(const MistakeCase& mistake) {
  const auto section = [](std::string_view name, std::string_view text) {
    return text.empty() ? std::string() : cat(kSection, name, '\n', text);
  };
  return cat(mistake.head, section("given", mistake.given), kSection, "exit ", mistake.exit_code,
             '\n', section("stdout", mistake.out), section("stderr", mistake.err));
}

}  // namespace slipway::tests
