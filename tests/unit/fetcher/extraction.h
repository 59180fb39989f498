// An archive, the directory it goes into, and a neighbour that must never change.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fetcher/archive/extract.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::FailsWith;
using tests::IsOk;
using tests::TarBuilder;
using tests::TarMember;
using tests::ZipBuilder;
using tests::ZipEntry;

class Extraction : public ::testing::Test {
 protected:
  Extraction() {
    dir_.write("neighbour/secret", "secret", 0640);
    dir_.make_directory("archives");
  }

  ~Extraction() override {
    EXPECT_EQ(tests::read_file(dir_ / "neighbour/secret"), "secret");
    EXPECT_EQ(tests::mode_of(dir_ / "neighbour/secret"), 0640U);
    EXPECT_THAT(names_in("neighbour"), ElementsAre("secret"));
    EXPECT_THAT(names_in(""), ::testing::IsSupersetOf({"archives", "neighbour"}));
    for (const auto& name : names_in("")) {
      EXPECT_TRUE(name == "archives" || name == "neighbour" || name == "into") << name;
    }
  }

  // Extracts into a fresh "into".
  Result<Extracted> extract_as(const std::string& name, const std::string& content,
                               const ExtractLimits& limits = {}) {
    std::filesystem::remove_all(dir_ / "into");
    dir_.make_directory("into", 0750);
    const std::string path = dir_.write("archives/" + name, content);
    const auto format = archive_format_of(name);
    if (!format) return Error("the test's file name is no archive's");
    const Fd archive = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY));
    const Fd into = TRY(sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY));
    return extract(archive.get(), *format, name, into.get(), limits);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return dir_ / ("into/" + name); }
  [[nodiscard]] std::string read(const std::string& name) const {
    return tests::read_file(path(name));
  }
  [[nodiscard]] mode_t mode(const std::string& name) const { return tests::mode_of(path(name)); }
  [[nodiscard]] std::string target(const std::string& name) const {
    const auto found = sys::read_link(AT_FDCWD, path(name));
    return found ? *found : "no link: " + found.error().message();
  }
  [[nodiscard]] struct stat stat(const std::string& name) const {
    const auto found = sys::stat_at(AT_FDCWD, path(name));
    EXPECT_THAT(found, IsOk());
    return found ? *found : (struct stat){};
  }
  // What is in a directory, by bytes, sorted.
  [[nodiscard]] std::vector<std::string> names_in(const std::string& name) const {
    std::vector<std::string> names;
    const auto fd = sys::open_at(AT_FDCWD, dir_ / name, O_RDONLY | O_DIRECTORY);
    if (!fd) return names;
    const auto entries = sys::list(fd->get());
    if (entries) {
      for (const auto& entry : *entries) names.push_back(entry.name);
    }
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] std::vector<std::string> extracted() const { return names_in("into"); }

  tests::TempDir dir_;
};

}  // namespace slipway::fetcher
