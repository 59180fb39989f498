#include "fetcher/plan/pin.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct AlgorithmRow {
  std::string_view name;
  std::size_t digits;
  Pin::Algorithm algorithm;
};

constexpr AlgorithmRow kAlgorithms[] = {
    {"sha256", 64, Pin::Algorithm::kSha256},
    {"sha512", 128, Pin::Algorithm::kSha512},
};

}  // namespace

Result<Pin> Pin::parse(std::string_view text) {
  const std::size_t separator = text.find_first_of("=:");
  const auto* row = std::ranges::find(kAlgorithms, text.substr(0, separator), &AlgorithmRow::name);
  if (separator == std::string_view::npos || row == std::end(kAlgorithms)) {
    return Error("is no checksum: write sha256=<hex> or sha512=<hex>");
  }
  std::string hex(text.substr(separator + 1));
  for (char& c : hex) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  if (hex.size() != row->digits || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Error(
        cat("has a ", row->name, " checksum that is not ", row->digits, " hexadecimal digits"));
  }
  return Pin(row->algorithm, std::move(hex));
}

std::string Pin::str() const {
  return cat(std::ranges::find(kAlgorithms, algorithm_, &AlgorithmRow::algorithm)->name, '=', hex_);
}

std::size_t find_pin(std::string_view uri) {
  std::size_t first = std::string_view::npos;
  for (const AlgorithmRow& row : kAlgorithms) {
    first = std::min(first, uri.find(cat('#', row.name, '=')));
  }
  return first;
}

bool looks_pinned(std::string_view uri) {
  const std::string text = lower(uri);
  for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1)) {
    const std::string_view fragment = std::string_view(text).substr(at + 1);
    if (fragment.starts_with("md5")) return true;
    if (fragment.starts_with("sha") && fragment.size() > 3 &&
        std::string_view("-0123456789").find(fragment[3]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace slipway::fetcher
