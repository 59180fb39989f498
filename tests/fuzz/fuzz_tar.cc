// The tar reader and its policy. The first byte says what is done to the rest before it is read.
#include <algorithm>
#include <cstdint>
#include <string>

#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/tar.h"
#include "tests/fuzz/model_tree.h"
#include "tests/support/direct_blocks.h"
#include "tests/support/memory_source.h"

namespace slipway::fuzz {

namespace {

constexpr std::size_t kBlock = 512;

std::uint64_t octal(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '7') break;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

void repair(std::string& tar, std::size_t at) {
  tar.replace(at + 148, 8, 8, ' ');
  unsigned sum = 0;
  for (std::size_t i = at; i < at + kBlock; ++i) sum += static_cast<unsigned char>(tar[i]);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  tar.replace(at + 148, 7, digits, 7);
}

// Right checksums, so that what a mutation changed is looked at; every other block may be a header.
void repair_checksums(std::string& tar) {
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    const bool is_end = std::all_of(tar.begin() + static_cast<std::ptrdiff_t>(at),
                                    tar.begin() + static_cast<std::ptrdiff_t>(at + kBlock),
                                    [](char c) { return c == '\0'; });
    if (is_end) return;
    repair(tar, at);
    const std::uint64_t size = octal(std::string_view(tar).substr(at + 124, 11));
    if (size > tar.size()) return;
    at += kBlock + static_cast<std::size_t>((size + kBlock - 1) / kBlock * kBlock);
  }
}

void read(std::string tar) {
  if (tar.empty()) return;
  const auto choice = static_cast<unsigned char>(tar.front());
  tar.erase(0, 1);
  if ((choice & 1) != 0) tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock + 2 * kBlock);
  if ((choice & 2) != 0) repair_checksums(tar);
  const auto limits = small_limits();
  tests::MemorySource source(std::as_bytes(std::span(tar)));
  tests::DirectBlocks blocks(source);
  ModelTree tree(limits);
  fetcher::FillPool pool(0);
  (void)fetcher::read_tar(blocks, tree, pool, limits).has_value();
  (void)pool.finish().has_value();
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
