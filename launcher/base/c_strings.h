// Texts as execve(2) takes them.
#pragma once

#include <string>
#include <vector>

namespace slipway::launcher {

// Pointers to the texts, which must live longer and stay as they are, and a null pointer at the
// end.
inline std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  // execve(2) does not write, its declaration only cannot say so.
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace slipway::launcher
