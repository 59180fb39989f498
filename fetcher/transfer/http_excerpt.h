// The start of what a server says beside an error status: often the only one who knows why. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::fetcher {

// True for the kinds of text that people read: plain, JSON, XML. A page of HTML is mostly not about
// the error.
bool is_worth_reading(std::string_view content_type);

// One line, escaped, of at most 200 bytes. Nothing where the text repeats one of `secrets` (a query
// string, a password, a header's value): a server may send back what it was sent. Where the text
// ends with the start of one, it ends before that.
std::string make_excerpt(std::string_view body, const std::vector<std::string>& secrets);

}  // namespace slipway::fetcher
