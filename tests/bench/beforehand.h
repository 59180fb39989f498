// What must not be part of a measurement is done before it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace slipway::bench {

// Piece by piece. Throws where the file cannot be read.
void for_each_piece(const std::string& path, const std::function<void(std::string_view)>& look);

// Afterwards the file is in the page cache.
void read_through(const std::string& path);

// Uses that much memory once (less where there is less) and gives it back. A virtual machine that
// gives unused memory to its host gets it again page by page, at a second or more per GiB.
void touch_memory(std::size_t bytes);

}  // namespace slipway::bench
