#include "fetcher/base/digest.h"

#include <nettle/sha2.h>

#include <array>
#include <cstdint>

#include "fetcher/base/hex.h"

namespace slipway::fetcher {

struct Sha256Context {
  static constexpr std::size_t kSize = SHA256_DIGEST_SIZE;
  Sha256Context() { sha256_init(&state); }
  void update(std::size_t length, const std::uint8_t* data) { sha256_update(&state, length, data); }
  void digest(std::uint8_t* into) { sha256_digest(&state, kSize, into); }
  sha256_ctx state;
};

struct Sha512Context {
  static constexpr std::size_t kSize = SHA512_DIGEST_SIZE;
  Sha512Context() { sha512_init(&state); }
  void update(std::size_t length, const std::uint8_t* data) { sha512_update(&state, length, data); }
  void digest(std::uint8_t* into) { sha512_digest(&state, kSize, into); }
  sha512_ctx state;
};

template <class Context>
Digest<Context>::Digest() : context_(std::make_unique<Context>()) {}
template <class Context>
Digest<Context>::Digest(Digest&&) noexcept = default;
template <class Context>
Digest<Context>& Digest<Context>::operator=(Digest&&) noexcept = default;
template <class Context>
Digest<Context>::~Digest() = default;

template <class Context>
void Digest<Context>::update(std::span<const std::byte> bytes) {
  context_->update(bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

template <class Context>
std::string Digest<Context>::finish_hex() {
  std::array<std::uint8_t, Context::kSize> digest;
  context_->digest(digest.data());
  return hex_of(std::as_bytes(std::span(digest)));
}

template <class Context>
std::string Digest<Context>::hex_so_far() const {
  Digest copy;
  *copy.context_ = *context_;
  return copy.finish_hex();
}

template class Digest<Sha256Context>;
template class Digest<Sha512Context>;

std::string sha256_hex(std::string_view text) {
  Sha256 digest;
  digest.update(std::as_bytes(std::span(text)));
  return digest.finish_hex();
}

}  // namespace slipway::fetcher
