#include "tests/cli/doctor_fixture.h"

#include <sys/mount.h>

#include <nlohmann/json.hpp>

namespace slipway::tests {

DoctorTest::~DoctorTest() {
  for (auto each = mounted_.rbegin(); each != mounted_.rend(); ++each) {
    EXPECT_EQ(::umount2(each->c_str(), MNT_DETACH), 0) << *each;
  }
}

Answer DoctorTest::answer_of(const RunResult& result) {
  Answer answer{result.exit_code, result.out + result.err, {}};
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << answer.text;
  if (json.is_discarded()) return answer;
  bool failed = false;
  for (const auto& each : json["findings"]) {
    const Finding finding{each["verdict"], each["what"], each["remedy"]};
    EXPECT_EQ(finding.remedy.empty(), finding.verdict == "ok") << finding;
    failed = failed || finding.verdict == "fail";
    answer.findings.emplace(each["subject"], finding);
  }
  EXPECT_EQ(json["failed"], failed);
  EXPECT_EQ(result.exit_code, failed ? 1 : 0);
  return answer;
}

std::vector<std::string> DoctorTest::failures(const Answer& answer) {
  std::vector<std::string> subjects;
  for (const auto& [subject, finding] : answer.findings) {
    if (finding.verdict == "fail") subjects.push_back(subject);
  }
  return subjects;
}

std::string DoctorTest::mount_memory(std::string_view name, unsigned long flags,
                                     const std::string& data) {
  std::string path = dir_.make_directory(name);
  const std::string all = cat("mode=0700,uid=", owner(), data.empty() ? "" : ",", data);
  EXPECT_EQ(::mount("tmpfs", path.c_str(), "tmpfs", flags, all.c_str()), 0);
  mounted_.push_back(path);
  return path;
}

std::string DoctorTest::mount_disk(std::string_view name, const std::string& kind) {
  const std::string image = dir_.write(cat(name, ".image"), "");
  std::string path = dir_.make_directory(name);
  EXPECT_EQ(::truncate(image.c_str(), off_t{512} << 20), 0);
  for (const auto& command : {std::vector<std::string>{"mkfs." + kind, "-q", image},
                              {"mount", "-n", "-o", "loop", image, path}}) {
    const auto result = run_program(command);
    EXPECT_EQ(result.exit_code, 0) << command.front() << ": " << result.err;
    if (result.exit_code != 0) return path;
  }
  mounted_.push_back(path);
  EXPECT_EQ(::chown(path.c_str(), owner(), owner()), 0);
  return path;
}

void DoctorTest::deny(const std::vector<long>& calls, int number) {
  std::string numbers;
  for (const long call : calls) numbers += cat(numbers.empty() ? "" : ",", call);
  in_front_ = {dir_ / "without_calls", cat(number), numbers};
}

}  // namespace slipway::tests
