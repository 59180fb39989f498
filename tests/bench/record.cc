#include "tests/bench/record.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "sandbox/base/text.h"
#include "tests/bench/machine.h"
#include "tests/bench/results_chart.h"
#include "tests/bench/results_json.h"
#include "tests/bench/results_table.h"

namespace slipway::bench {

namespace fs = std::filesystem;

Record::Record(std::chrono::milliseconds look)
    : lines_(::memfd_create("results", MFD_CLOEXEC)), busy_before_(busy_part(look)) {
  if (lines_.get() < 0) throw std::runtime_error("cannot get memory for the results");
}

// Children share the file's position with us, and none runs beside another.
void Record::add(const CaseResult& result) const {
  const std::string line = to_json(result) + "\n";
  if (::write(lines_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("cannot keep a result");
  }
}

std::vector<CaseResult> Record::cases() const {
  std::vector<CaseResult> found;
  std::ifstream in(cat("/proc/self/fd/", lines_.get()));
  for (std::string line; std::getline(in, line);) {
    auto parsed = case_from_json(line);
    if (!parsed) throw std::runtime_error(parsed.error().message());
    found.push_back(*std::move(parsed));
  }
  return found;
}

void Record::write(const std::string& suite, const Invocation& invocation, const Machine& machine,
                   const std::vector<Program>& programs) const {
  if (::lseek(lines_.get(), 0, SEEK_CUR) == 0) {
    throw std::runtime_error(cat("no case has ", quote(invocation.wanted), " in its title"));
  }
  if (invocation.results.empty()) return;
  const SuiteResult result{suite,        invocation.date, invocation.command, invocation.rounds,
                           busy_before_, machine,         programs,           cases()};
  const bool whole = invocation.wanted.empty() && invocation.before.empty();
  const std::string stem = suite + (whole ? "" : ".part");
  fs::create_directories(invocation.results);
  const std::string path = cat(invocation.results, "/", stem);
  write_file(path + ".json", to_json(result));
  write_file(path + ".md", markdown_section(result, stem + ".svg"));
  write_file(path + ".svg", chart_svg(result));
  std::printf("\nin %s: %s.md, %s.json, %s.svg\n", invocation.results.c_str(), stem.c_str(),
              stem.c_str(), stem.c_str());
}

void write_file(const std::string& path, const std::string& content) {
  const std::string unfinished = path + ".new";
  std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + unfinished);
  fs::rename(unfinished, path);
}

}  // namespace slipway::bench
