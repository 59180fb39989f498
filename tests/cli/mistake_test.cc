// Every word that people get for a mistake, and that it tells what, where and what to do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "sandbox/base/text.h"
#include "sandbox/message_code.h"
#include "tests/cli/mistake_case.h"
#include "tests/cli/slipway.h"
#include "tests/support/nginx.h"
#include "tests/support/port.h"

namespace slipway::tests {

namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(SLIPWAY_SOURCE_DIR) / "tests/cli/mistakes";

// Where it is set, what comes out is written into the case files instead.
bool accepts() {
  return std::getenv("SLIPWAY_ACCEPT_MISTAKES") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

// One for all cases.
const Nginx& web() {
  static const Nginx nginx(
      "location /forbidden { return 403; } location /locked { return 401; }"
      "location /moody { return 503; } location /loop { return 302 /loop; }");
  static const bool filled = [] {
    nginx.write("app.txt", "content\n");
    nginx.write("page.tar.gz", "<html>Sign in</html>\n");
    return true;
  }();
  EXPECT_TRUE(filled);
  return nginx;
}

// What differs from run to run, by the names that the cases have for it.
struct Name {
  std::string variable;
  std::string value;
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string by_names(std::string text, const std::vector<Name>& names) {
  for (const Name& each : names) text = replaced(std::move(text), each.value, "$" + each.variable);
  static const std::regex times(R"(\b[0-9]+(\.[0-9]+)? (ms|s)\b)");
  static const std::regex ports(R"(\b127\.0\.0\.1:[0-9]+)");
  return std::regex_replace(std::regex_replace(text, ports, "127.0.0.1:PORT"), times, "TIME");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string difference(const std::string& golden, const std::string& real) {
  const TempDir directory;
  directory.write("golden", golden);
  directory.write("real", real);
  RunOptions options;
  options.cwd = directory.path();
  return run_program({"diff", "-U2", "golden", "real"}, options).out;
}

}  // namespace

class Mistake : public SlipwayTest {
 public:
  explicit Mistake(std::string name) : name_(std::move(name)) {}

 protected:
  void TestBody() override {
    const fs::path file = kCases / (name_ + ".case");
    const std::string text = read_file(file);
    const MistakeCase golden = parse_mistake(name_, text);
    MistakeCase real = golden;
    perform(real);
    check_messages(real);
    if (HasFatalFailure()) return;
    const std::string now = to_text(real);
    if (now == text) return;
    if (accepts()) {
      std::ofstream(file) << now;
    } else {
      ADD_FAILURE() << difference(text, now) << "where that is meant: ./dev test mistakes --accept";
    }
  }

 private:
  [[nodiscard]] std::vector<Name> names(const std::string& directory) const {
    const std::string dead = cat("http://127.0.0.1:", free_port());
    return {{"DIR", directory},
            {"HTTP", web().http("")},
            {"HTTPS", web().https("")},
            {"EXPIRED", web().https_expired("")},
            {"WRONG_HOST", web().https_wrong_host("")},
            {"SELF_SIGNED", web().https_self_signed("")},
            {"CA", web().ca_file()},
            {"DEAD", dead}};
  }

  // In a mount namespace of its own, which takes the case's mounts with it.
  [[nodiscard]] std::string script(const MistakeCase& mistake) const {
    const std::string who =
        mistake.as == "root" ? "" : "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    return cat("set -eu\ncd \"$DIR\"\nexec 3>&1 4>&2 >../given.log 2>&1\n. '",
               (kCases / "given.sh").string(), "'\n", mistake.given,
               "\n: >../ready\nexec >&3 2>&4 3>&- 4>&-\nexec ", who, "sh -c \"$TYPED\"\n");
  }

  void perform(MistakeCase& mistake) {
    const std::string directory = dir_.make_directory("case");
    const auto all = names(directory);
    RunOptions options;
    options.env = {"PATH=" + (dir_ / "prefix/bin") + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin",
                   "TYPED=" + mistake.typed, "LC_ALL=C.UTF-8"};
    for (const Name& each : all) options.env->push_back(each.variable + "=" + each.value);
    const auto result = run_program({"unshare", "--mount", "sh", "-c", script(mistake)}, options);
    ASSERT_TRUE(exists(dir_ / "ready")) << read_file(dir_ / "given.log") << result.err;
    mistake.exit_code = result.exit_code;
    mistake.out = by_names(result.out, all);
    mistake.err = by_names(result.err, all);
  }

  // Every message of slipway's has a code that there is.
  static void check_codes(const std::vector<std::string>& lines) {
    static const std::regex message("(^|: )(error|warning): ");
    static const std::regex code(R"(\[([EW]-[A-Z0-9-]+)\]$)");
    for (const std::string& line : lines) {
      if (!std::regex_search(line, message)) continue;
      std::smatch found;
      ASSERT_TRUE(std::regex_search(line, found, code)) << "no code: " << line;
      EXPECT_TRUE(find_code(found[1].str())) << "no such code: " << line;
    }
  }

  static void check_message(const ExpectedMessage& expected,
                            const std::vector<std::string>& lines) {
    const std::string end = cat('[', expected.code, ']');
    const bool found = std::ranges::any_of(lines, [&](const std::string& line) {
      const std::string place = expected.pointer.empty() ? "" : cat(' ', expected.pointer, ": ");
      return line.ends_with(end) && line.find(place) != std::string::npos &&
             line.find(expected.remedy) != std::string::npos;
    });
    EXPECT_TRUE(found) << "no line with [" << expected.code << "], '" << expected.pointer
                       << "' and '" << expected.remedy << "'";
  }

  static void check_messages(const MistakeCase& mistake) {
    auto lines = lines_of(mistake.out);
    const auto more = lines_of(mistake.err);
    lines.insert(lines.end(), more.begin(), more.end());
    check_codes(lines);
    for (const ExpectedMessage& each : mistake.messages) check_message(each, lines);
  }

  std::string name_;
};

namespace {

// "single_quotes" is the test Mistakes.single_quotes.
[[maybe_unused]] const bool kRegistered = [] {
  std::vector<std::string> found;
  for (const auto& each : fs::directory_iterator(kCases)) {
    if (each.path().extension() == ".case") found.push_back(each.path().stem());
  }
  std::ranges::sort(found);
  for (const std::string& name : found) {
    ::testing::RegisterTest("Mistakes", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [name]() -> Mistake* { return new Mistake(name); });
  }
  return true;
}();

// Fewer would mean that they were not found.
TEST(MistakeCases, AreThere) {
  const auto all = std::distance(fs::directory_iterator(kCases), fs::directory_iterator());
  EXPECT_GT(all, 170);
}

}  // namespace

}  // namespace slipway::tests
