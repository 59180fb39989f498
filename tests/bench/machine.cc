#include "tests/bench/machine.h"

#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "sandbox/base/text.h"
#include "tests/support/run_program.h"

namespace slipway::bench {

namespace {

constexpr std::array<std::pair<long, const char*>, 5> kFileSystems{{
    {EXT4_SUPER_MAGIC, "ext4"},
    {TMPFS_MAGIC, "tmpfs"},
    {XFS_SUPER_MAGIC, "xfs"},
    {BTRFS_SUPER_MAGIC, "btrfs"},
    {OVERLAYFS_SUPER_MAGIC, "overlay"},
}};

std::string content_of(const char* path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kAround = " \t\"";
  const std::size_t first = text.find_first_not_of(kAround);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kAround) - first + 1);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_of_version(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+' ||
         c == '~';
}

// Whether digits, a dot and a digit begin there.
bool begins_version(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at > 0 && at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1]);
}

std::string line_of(const std::string& text, std::size_t number) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t i = 0; i <= number; ++i) {
    if (!std::getline(lines, line)) return "";
  }
  return line;
}

}  // namespace

Machine this_machine(const std::string& file_system) {
  utsname kernel{};
  ::uname(&kernel);
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::string cpu = value_of(content_of("/proc/cpuinfo"), "model name", ':');
  if (cpu.empty()) cpu = cat("an unnamed ", kernel.machine);
  return {cpu,
          static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_ONLN)),
          pages * page >> 20,
          kernel.release,
          value_of(content_of("/etc/os-release"), "PRETTY_NAME", '='),
          file_system};
}

std::string file_system_of(const std::string& path) {
  struct statfs found {};
  if (::statfs(path.c_str(), &found) != 0) return "unknown";
  for (const auto& [magic, name] : kFileSystems) {
    if (found.f_type == magic) return name;
  }
  return cat("file system ", found.f_type);
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice": what guests use is in
// user and nice already.
CpuTicks ticks_in(const std::string& stat) {
  constexpr int kIdle = 3;
  constexpr int kIoWait = 4;
  constexpr int kGuest = 8;
  CpuTicks ticks;
  std::istringstream words(stat);
  std::string cpu;
  words >> cpu;
  for (int i = 0; i < kGuest; ++i) {
    std::uint64_t value = 0;
    words >> value;
    ticks.all += value;
    if (i == kIdle || i == kIoWait) ticks.idle += value;
  }
  return ticks;
}

double busy_part(std::chrono::milliseconds how_long) {
  const CpuTicks before = ticks_in(content_of("/proc/stat"));
  std::this_thread::sleep_for(how_long);
  const CpuTicks after = ticks_in(content_of("/proc/stat"));
  const auto all = static_cast<double>(after.all - before.all);
  return all > 0 ? 1 - static_cast<double>(after.idle - before.idle) / all : 0;
}

std::vector<Program> versions_of(const std::vector<VersionQuestion>& questions) {
  std::vector<Program> programs;
  for (const auto& [name, argv, line] : questions) {
    const auto result = tests::run_program(argv);
    std::string version = version_in(line_of(result.out + result.err, line));
    programs.push_back({name, version.empty() ? "unknown" : std::move(version)});
  }
  return programs;
}

std::string version_in(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool within = at > 0 && (is_digit(text[at - 1]) || text[at - 1] == '.');
    if (within || !begins_version(text.substr(at))) continue;
    std::size_t end = at;
    while (end < text.size() && is_of_version(text[end])) ++end;
    while (text[end - 1] == '.') --end;
    return std::string(text.substr(at, end - at));
  }
  return "";
}

std::string value_of(std::string_view lines, std::string_view name, char mark) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const std::size_t at = line.find(mark);
    if (at != std::string_view::npos && trimmed(line.substr(0, at)) == name) {
      return std::string(trimmed(line.substr(at + 1)));
    }
  }
  return "";
}

}  // namespace slipway::bench
