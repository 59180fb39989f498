// Text as scdoc(5) takes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace slipway::manual {

// Plain text, with nothing in it that scdoc would take for markup.
std::string escaped(std::string_view plain);

std::string bold(std::string_view plain);
std::string underlined(std::string_view plain);

// A term, and below it what is said of it, which is markup already.
std::string definition(std::string_view term, std::string_view text);

// "a thing" as a sentence: "A thing."
std::string sentence(std::string_view text);

}  // namespace slipway::manual
