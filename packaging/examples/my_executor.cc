// The executor of the examples: it shows what it was given (arguments, user, directory, files) and
// tries to write to each of the two volumes of the documented sample.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr const char* kVolumes[] = {"/path/on/container", "/container"};

void show_directory(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  std::printf("  files in %s:", directory.c_str());
  for (const auto& name : names) std::printf(" %s", name.c_str());
  std::printf("%s\n", error ? error.message().c_str() : "");
}

void try_to_write(const fs::path& directory) {
  const fs::path file = directory / "written-by-my-executor";
  errno = 0;
  std::ofstream out(file);
  if (out << "hello\n" << std::flush) {
    std::printf("  wrote %s\n", file.c_str());
  } else {
    std::printf("  cannot write %s: %s\n", file.c_str(), std::strerror(errno));
  }
}

void show_volume(const char* directory) {
  if (!fs::exists(directory)) return;
  show_directory(directory);
  try_to_write(directory);
}

void show_configuration(const char* name) {
  std::ifstream in(name);
  std::string line;
  while (std::getline(in, line)) std::printf("  %s: %s\n", name, line.c_str());
}

// Only a "-config" that is a word of its own is understood, as by any program with such an option.
void show_arguments(int count, char** arguments) {
  for (int i = 0; i < count; ++i) std::printf("  argv[%d] = '%s'\n", i, arguments[i]);
  for (int i = 1; i + 1 < count; ++i) {
    if (std::string("-config") == arguments[i]) show_configuration(arguments[i + 1]);
  }
}

void show_environment() {
  for (const char* name :
       {"MESOS_EXECUTOR_ID", "MESOS_SANDBOX", "SLIPWAY_CPUS", "SLIPWAY_MEM_MB"}) {
    if (const char* value = std::getenv(name)) std::printf("  %s=%s\n", name, value);
  }
}

int run(int count, char** arguments) {
  std::printf("my_executor: running as uid %u\n", static_cast<unsigned>(getuid()));
  show_arguments(count, arguments);
  show_environment();
  show_directory(fs::current_path());
  for (const char* volume : kVolumes) show_volume(volume);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "my_executor: %s\n", problem.what());
    return 1;
  }
}
