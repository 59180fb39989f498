#include "fetcher/cache/tree_damage.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace slipway::fetcher {

namespace {

// Also a file system's own word for what its checksums do not agree with.
constexpr std::errc kDamage = std::errc::bad_message;

class DamageCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "slipway tree"; }
  [[nodiscard]] std::string message(int /*value*/) const override { return "not as recorded"; }
  [[nodiscard]] std::error_condition default_error_condition(
      int /*value*/) const noexcept override {
    return std::make_error_condition(kDamage);
  }
};

const DamageCategory& damage_category() {
  static const DamageCategory category;
  return category;
}

}  // namespace

Error tree_damage(const std::string& what) {
  return {std::error_code(static_cast<int>(kDamage), damage_category()), what};
}

bool is_tree_damage(const Error& error) {
  return error.is(kDamage);
}

Error judged(Error error) {
  switch (error.number()) {
    case 0:  // a verdict of our own
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENXIO:
    case EACCES:  // its owner may read all that a tree is made of
      return tree_damage(error.message());
    default:
      return error;
  }
}

}  // namespace slipway::fetcher
