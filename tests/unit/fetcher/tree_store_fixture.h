// What the tests of unpacked archives in the cache share.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/base/digest.h"
#include "fetcher/cache/tree_store.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::fetcher {

class TreeStoreTest : public ::testing::Test {
 protected:
  TreeStoreTest() : dir_(0700) { dir_.make_directory("cache", 0700); }
  ~TreeStoreTest() override {
    // TempDir has no rights in what is closed.
    for (const auto& each : trees()) ::chmod(each.c_str(), 0700);
  }

  Result<Cache> open(const CacheLimits& limits = {std::uint64_t{1} << 30, 0}) {
    return Cache::open(TRY(sys::open_at(AT_FDCWD, dir_ / "cache", O_RDONLY | O_DIRECTORY)),
                       ::geteuid(), limits);
  }
  static std::string key(std::string_view name) { return sha256_hex(name); }

  // A tree as an extraction makes it, with everything that one may hold.
  static void fill(const TreeBuild& build, std::string_view content = "content") {
    const int at = build.directory.get();
    for (const char* name : {"tree", "tree/app", "tree/app/empty", "tree/lib"}) {
      ASSERT_THAT(sys::make_directory(at, name, 0755), tests::IsOk());
    }
    write(at, "tree/top", "top");
    write(at, "tree/app/file", content);
    write(at, "tree/app/run", "#!/bin/sh\n", 0755);
    ASSERT_THAT(sys::link(at, "tree/app/file", at, "tree/lib/other name"), tests::IsOk());
    ASSERT_THAT(sys::make_symlink("../app/file", at, "tree/lib/link\nwith a line"), tests::IsOk());
    const Fd sparse = *sys::open_at(at, "tree/lib/sparse", O_WRONLY | O_CREAT, 0644);
    ASSERT_THAT(sys::truncate(sparse.get(), 8 << 20), tests::IsOk());
    const timespec old{1'000'000'000, 500};
    ASSERT_THAT(sys::set_times_at(at, "tree/app/file", old, old), tests::IsOk());
    ASSERT_THAT(sys::set_times_at(at, "tree/app", old, old), tests::IsOk());
  }
  static void write(int at, const std::string& path, std::string_view text, mode_t mode = 0644) {
    const Fd file = *sys::open_at(at, path, O_WRONLY | O_CREAT | O_EXCL, mode);
    ASSERT_THAT(sys::write_all(file.get(), text), tests::IsOk());
  }
  static Result<CachedTree> make(const TreeStore& store, std::string_view name,
                                 std::string_view content = "content") {
    auto build = TRY(store.begin());
    fill(build, content);
    FileHashes hashes;
    return store.publish(std::move(build), key(name), {sha256_hex("archive"), hashes});
  }

  [[nodiscard]] std::vector<std::string> trees() const { return below("cache/v1/trees"); }
  [[nodiscard]] std::vector<std::string> below(std::string_view name) const {
    std::vector<std::string> out;
    if (!tests::exists(dir_ / name)) return out;
    for (const auto& each : std::filesystem::directory_iterator(dir_ / name)) {
      out.push_back(each.path());
    }
    return out;
  }
  [[nodiscard]] std::string tree(std::string_view name, std::string_view path = "") const {
    return dir_ / cat("cache/v1/trees/", key(name), "/tree/", path);
  }
  [[nodiscard]] std::string record(std::string_view name) const {
    return dir_ / cat("cache/v1/trees/", key(name), "/record");
  }
  static void be_of_another_boot(TreeRecord record, const std::string& path) {
    record.boot = "of another boot";
    std::ofstream(path, std::ios::trunc) << to_json(record);
  }
  // Writes through what protects it from accidents.
  void change(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

  tests::TempDir dir_;
};

}  // namespace slipway::fetcher
