#include "launcher/manual/scdoc.h"

#include "sandbox/base/text.h"

namespace slipway::manual {

std::string escaped(std::string_view plain) {
  std::string out;
  for (const char c : plain) {
    if (c == '*' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string bold(std::string_view plain) {
  return cat('*', escaped(plain), '*');
}

std::string underlined(std::string_view plain) {
  return cat('_', escaped(plain), '_');
}

std::string definition(std::string_view term, std::string_view text) {
  std::string out = cat(term, "\n\t");
  for (const char c : text) {
    out += c;
    if (c == '\n') out += '\t';
  }
  return out + "\n\n";
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') {
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  }
  return out + '.';
}

}  // namespace slipway::manual
