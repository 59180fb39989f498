#include "tests/faults/fault.h"

#include <charconv>
#include <cstring>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/faults/call_names.h"

namespace slipway::tests {

namespace {

std::string_view suffix_of(Span span) {
  switch (span) {
    case Span::kOnce:
      return "";
    case Span::kFromThen:
      return "+";
    case Span::kEveryThird:
      return "/3";
  }
  return "";
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; (end = text.find(':')) != std::string_view::npos;) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

// Takes the number at the start of `text`; false where there is none.
bool take_number(std::string_view& text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<Span> span_of(std::string_view suffix) {
  for (const Span each : {Span::kOnce, Span::kFromThen, Span::kEveryThird}) {
    if (suffix == suffix_of(each)) return each;
  }
  return std::nullopt;
}

}  // namespace

std::string text_of(const Fault& fault) {
  return cat(fault.process == 0 ? "*" : cat(fault.process), ':', fault.call, ':', fault.when,
             suffix_of(fault.span), ':', fault.kills() ? "KILL" : error_name(fault.error));
}

std::optional<Fault> parse_fault(std::string_view text) {
  const auto parts = split(text);
  if (parts.size() != 4 || !call_number(parts[1])) return std::nullopt;
  Fault fault{0, std::string(parts[1]), 1, Span::kOnce, error_number(parts[3])};
  std::string_view process = parts[0];
  std::string_view when = parts[2];
  if (process != "*" && (!take_number(process, fault.process) || !process.empty())) return {};
  if (!take_number(when, fault.when)) return std::nullopt;
  const auto span = span_of(when);
  if (!span || (fault.error == 0 && parts[3] != "KILL")) return std::nullopt;
  fault.span = *span;
  return fault;
}

int error_number(std::string_view name) {
  constexpr int kMost = 133;
  for (int number = 1; number <= kMost; ++number) {
    if (error_name(number) == name) return number;
  }
  return 0;
}

std::string error_name(int number) {
  const char* name = ::strerrorname_np(number);
  return name == nullptr ? cat(number) : name;
}

}  // namespace slipway::tests
