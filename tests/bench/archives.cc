#include "tests/bench/archives.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "sandbox/base/text.h"
#include "tests/bench/child.h"
#include "tests/bench/sample_files.h"
#include "tests/bench/timed_run.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

struct SampleRow {
  const char* name;
  double part;
  SampleFiles (*choose)(double part);
};

// In the order of Sample.
constexpr SampleRow kSamples[] = {
    {"small", 1, small_files}, {"part", 0.25, small_files}, {"big", 1, big_files}};

struct PackingRow {
  const char* suffix;
  // For a shell: $1 is the list of names (relative to the current directory), $2 the plain tar, $3
  // the archive to be made.
  const char* script;
};

// In the order of Packing. At its usual level xz would need many minutes for what is unpacked in
// seconds.
constexpr PackingRow kPackings[] = {
    {".tar", R"(tar --no-recursion --verbatim-files-from -T "$1" -cf "$3")"},
    {".tar.gz", R"(gzip -nc "$2" > "$3")"},
    {".tar.bz2", R"(bzip2 -c "$2" > "$3")"},
    {".one-block.tar.xz", R"(xz -2 -T1 -c "$2" > "$3")"},
    {".blocks.tar.xz", R"(xz -2 -T2 --block-size=24MiB -c "$2" > "$3")"},
    {".tar.zst", R"(zstd -q -T2 -c "$2" > "$3")"},
    {".zip", R"(zip -q -y "$3" -@ < "$1")"},
};

// In a child: while the files are chosen, much is held in memory.
void write_list(const SampleRow& row, double scale, const std::string& path) {
  const bool done = in_child([&] {
    const SampleFiles sample = row.choose(row.part * scale);
    std::ofstream out(path, std::ios::binary);
    for (const std::string& name : sample.names) out << name << '\n';
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path);
    std::printf("%s: %zu files, %.0f MiB\n", row.name, sample.files,
                static_cast<double>(sample.bytes) / (1 << 20));
  });
  if (!done) throw std::runtime_error("no list of files was written");
}

}  // namespace

Archives::Archives(std::string directory, double scale)
    : directory_(std::move(directory)), scale_(scale) {}

std::string Archives::list(Sample sample, const std::string& stem) const {
  const SampleRow& row = kSamples[static_cast<std::size_t>(sample)];
  std::string path = stem + ".list";
  if (!fs::exists(path)) write_list(row, scale_, path);
  return path;
}

std::string Archives::path(Sample sample, Packing packing) const {
  const SampleRow& row = kSamples[static_cast<std::size_t>(sample)];
  const PackingRow& how = kPackings[static_cast<std::size_t>(packing)];
  const std::string stem =
      cat(directory_, "/", row.name, "-", static_cast<int>(scale_ * 1000), "-thousandths");
  std::string path = stem + how.suffix;
  if (fs::exists(path)) return path;
  const std::string names = list(sample, stem);
  const std::string plain = packing == Packing::kTar ? "" : this->path(sample, Packing::kTar);
  // zip adds to a file that is there.
  const std::string unfinished = path + ".part";
  fs::remove(unfinished);
  timed_run({"/bin/sh", "-c", cat("cd ", kSampleRoot, " && ", how.script), "pack", names, plain,
             unfinished});
  fs::rename(unfinished, path);
  return path;
}

}  // namespace slipway::bench
