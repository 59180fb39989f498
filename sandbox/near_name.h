// "did you mean": the known name that a mistyped one is nearest to. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace slipway {

// Nothing where none is near: more than two letters added, left out, changed or exchanged with a
// neighbour, or more than a third of them.
std::optional<std::string_view> near_name(std::string_view word,
                                          std::span<const std::string_view> known);

}  // namespace slipway
