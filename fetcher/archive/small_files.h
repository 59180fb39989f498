// Small files that came one after the other, put together to be filled in one go.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/tree.h"

namespace slipway::fetcher {

class SmallFiles {
 public:
  static constexpr std::size_t kLargest = std::size_t{128} * 1024;  // bytes of one file

  explicit SmallFiles(FillPool& pool);  // borrowed
  ~SmallFiles();
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

  // Where the content of the next file goes, all of its `size` bytes (at most kLargest).
  Result<std::span<std::byte>> room(std::size_t size);
  // The file of the room above. `name` is its member's, for messages.
  void add(std::unique_ptr<FileSink> sink, std::size_t size, std::string name);
  // Hands over what is held back.
  Result<void> flush();

 private:
  class Batch;
  FillPool& pool_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace slipway::fetcher
