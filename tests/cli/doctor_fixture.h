// What `slipway doctor` says, taken apart, and hosts that lack one thing.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {

struct Finding {
  std::string verdict;
  std::string what;
  std::string remedy;
};

inline auto verdict_is(const std::string& verdict) {
  return ::testing::Field(&Finding::verdict, verdict);
}
inline auto says(const std::string& verdict, const std::string& what) {
  return ::testing::AllOf(verdict_is(verdict),
                          ::testing::Field(&Finding::what, ::testing::HasSubstr(what)));
}
inline auto says(const std::string& verdict, const std::string& what, const std::string& remedy) {
  return ::testing::AllOf(says(verdict, what),
                          ::testing::Field(&Finding::remedy, ::testing::HasSubstr(remedy)));
}

inline std::ostream& operator<<(std::ostream& out, const Finding& finding) {
  return out << finding.verdict << ' ' << finding.what << " (" << finding.remedy << ')';
}

struct Answer {
  int exit_code = -1;
  std::string text;
  std::multimap<std::string, Finding> findings;  // by subject

  Finding operator[](const std::string& subject) const {
    const auto found = findings.find(subject);
    return found == findings.end() ? Finding{"(none)", text, ""} : found->second;
  }
};

class DoctorTest : public SlipwayTest, public ::testing::WithParamInterface<As> {
 protected:
  DoctorTest() { make_sandbox(GetParam()); }
  ~DoctorTest() override;
  DoctorTest(const DoctorTest&) = delete;
  DoctorTest& operator=(const DoctorTest&) = delete;

  static bool is_user() { return GetParam() != As::kRoot; }
  static uid_t owner() { return is_user() ? kNobody : 0; }

  Answer doctor(const std::vector<std::string>& words = {},
                const std::vector<std::string>& env = {}) {
    std::vector<std::string> all{"doctor", "--format", "json"};
    all.insert(all.end(), words.begin(), words.end());
    return answer_of(slipway(all, GetParam(), env));
  }
  // With the cache and the sandbox of the test.
  Answer doctor_here(const std::vector<std::string>& words = {}) {
    std::vector<std::string> all{"--cache-dir", cache(GetParam()), "--sandbox", sandbox()};
    all.insert(all.end(), words.begin(), words.end());
    return doctor(all);
  }
  // Of the JSON; checks what holds of every answer.
  static Answer answer_of(const RunResult& result);
  static std::vector<std::string> failures(const Answer& answer);  // subjects

  std::string settings(std::string_view text, mode_t mode = 0644) {
    return dir_.write("s.toml", text, mode);
  }
  // A directory of the task's user.
  std::string own_directory(std::string_view name, mode_t mode = 0700) {
    std::string path = dir_.make_directory(name, mode);
    EXPECT_EQ(::chown(path.c_str(), owner(), owner()), 0);
    return path;
  }
  // A file system of the test's own, the task's user's, seen by nobody else.
  std::string mount_memory(std::string_view name, unsigned long flags, const std::string& data);
  // The same of a kind that needs a disk: an image in a loop device.
  std::string mount_disk(std::string_view name, const std::string& kind);
  // What slipway starts in finds these system calls failing with that error number.
  void deny(const std::vector<long>& calls, int number);

  std::vector<std::string> mounted_;
};

}  // namespace slipway::tests
