// SHA-2 of bytes that come in pieces (FIPS 180-4; nettle does the work).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway::fetcher {

// One of the SHA-2 functions; Sha256 and Sha512 below are the ones there are.
template <class Context>
class Digest {
 public:
  Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void update(std::span<const std::byte> bytes);
  // The digest of everything seen so far, in lower-case hexadecimal; the object starts anew.
  [[nodiscard]] std::string finish_hex();
  // The same, and it goes on.
  [[nodiscard]] std::string hex_so_far() const;

 private:
  std::unique_ptr<Context> context_;
};

struct Sha256Context;
struct Sha512Context;
extern template class Digest<Sha256Context>;
extern template class Digest<Sha512Context>;
using Sha256 = Digest<Sha256Context>;
using Sha512 = Digest<Sha512Context>;

[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace slipway::fetcher
