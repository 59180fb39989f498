// What people write instead of JSON: said in their terms, and mended well enough to read on, so
// that one slip does not hide all the others. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::launcher {

struct JsonFault {
  std::size_t offset = 0;
  std::string what;
  std::string remedy;
};

struct MendedJson {
  std::string text;               // as long as what was given: every offset keeps its meaning
  std::vector<JsonFault> faults;  // in the order of the text; empty: nothing was mended
  // The innermost bracket that is not closed; npos where all are.
  std::size_t unclosed = std::string::npos;
};

// Comments, single and typographic quotes, names without quotes, True, False and None, '=' for ':',
// a comma too many or one too few. What it does not know stays for the parser to refuse. Never
// used to accept a text, only to find more that is wrong with it.
MendedJson mend_json(std::string_view text);

}  // namespace slipway::launcher
