// A command with passwords in it where its program's name or argv[0] should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandSecret : public SlipwayTest {
 protected:
  // Everything that is said of the entry by whoever looks at it or runs it.
  std::string all_words(const std::string& entry) {
    const std::string file = dir_.write("e.json", cat("[", entry, "]"));
    const std::string status = dir_.write("status", "");
    make_sandbox(As::kRoot);
    std::string words;
    for (const std::vector<std::string>& each : std::vector<std::vector<std::string>>{
             {"check", file},
             {"check", file, "--format", "json"},
             {"plan", file, "--sandbox", sandbox()},
             {"plan", file, "--sandbox", sandbox(), "--format", "json"},
             {"run", file, "--sandbox", sandbox(), "-v", "--no-cache", "--status-fd", "7"},
             {"shell", sandbox(), "--", "/bin/true"},
             {"report", sandbox()}}) {
      in_front_ = {"/bin/bash", "-c", cat("exec 7>>", status, "; exec \"$@\""), "bash"};
      const auto result = slipway(each);
      words += result.out + result.err;
    }
    EXPECT_THAT(read_file(status), HasSubstr("\"event\":\"plan\""));
    return cat(words, read_file(sandbox() + "/.slipway/report.jsonl"), read_file(status));
  }
};

constexpr char kUri[] = "https://user:hunter2@h.example/x?token=hunter2";

TEST_F(CommandSecret, AsArgv0IsSaidByNobody) {
  EXPECT_THAT(all_words(program_entry("echo", cat('"', kUri, R"(","a")"))),
              AllOf(HasSubstr("W-ARGV0"), HasSubstr("\"argv0\":\"https://"), HasSubstr("h.example"),
                    Not(HasSubstr("hunter2"))));
}

TEST_F(CommandSecret, AsTheProgramsNameIsSaidByNobody) {
  for (const char* program : {"echo --password=hunter2 ", "./echo --password=hunter2 ",
                              "/bin/echo --password=hunter2 ", "--password=hunter2 "}) {
    EXPECT_THAT(all_words(program_entry(cat(program, kUri), "")),
                AllOf(HasSubstr("W-BLANKS"), HasSubstr("E-EXEC-NOT-FOUND"), HasSubstr("h.example"),
                      Not(HasSubstr("hunter2"))))
        << program;
  }
}

// Found, and refused by the kernel.
TEST_F(CommandSecret, AsTheNameOfAFileIsSaidByNobody) {
  const std::string path =
      dir_.write("echo --password=hunter2", std::string_view("\177ELF\0", 5), 0755);
  EXPECT_THAT(all_words(program_entry(path, "")),
              AllOf(HasSubstr("E-EXEC-FORMAT"), Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace slipway::tests
