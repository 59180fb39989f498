#include "tests/faults/scenario.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "sandbox/base/text.h"
#include "tests/support/run_program.h"

namespace slipway::tests {

namespace {

namespace fs = std::filesystem;

// Longer than what is read or written at once.
std::string numbers(int until) {
  std::string text;
  for (int i = 0; i < until; ++i) text += cat(i, ' ');
  return text;
}

void write(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << content;
}

std::string filled(std::string text, const Origins& origins) {
  for (const auto& [word, value] :
       {std::pair("%directory", origins.directory), std::pair("%server", origins.server)}) {
    if (const auto at = text.find(word); at != std::string::npos) {
      text.replace(at, std::string_view(word).size(), value);
    }
  }
  return text;
}

std::string quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& each : words) text += cat(text.empty() ? "" : ",", '"', each, '"');
  return text;
}

void check(const RunResult& result) {
  if (result.exit_code != 0) throw std::runtime_error(result.err);
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  using enum As;
  using enum CacheUse;
  constexpr auto kBoth = Volumes::kReadOnlyAndReadWrite;
  static const std::vector<std::string> overlay{"--materialize=overlay"};
  static const std::vector<Scenario> table{
      {"file-root", kRoot, kNone, {"file"}, Volumes::kNone, {}},
      {"file-cold-user", kOrdinaryUser, kCold, {"file"}, Volumes::kNone, {}},
      {"file-warm-u", kRootForUser, kWarm, {"file"}, Volumes::kNone, {}},
      {"http-user", kOrdinaryUser, kNone, {"http"}, Volumes::kNone, {}},
      {"http-cold-u", kRootForUser, kCold, {"http"}, Volumes::kNone, {}},
      {"http-warm-user", kOrdinaryUser, kWarm, {"http"}, Volumes::kNone, {}},
      {"http-hit-u", kRootForUser, kWarm, {"http"}, Volumes::kNone, {"--cache-policy=immutable"}},
      {"tar-u", kRootForUser, kNone, {"tar"}, Volumes::kNone, {}},
      {"tar-cold-user", kOrdinaryUser, kCold, {"tar"}, Volumes::kNone, {}},
      {"tar-warm-root", kRoot, kWarm, {"tar"}, Volumes::kNone, {}},
      {"http-tar-cold-root", kRoot, kCold, {"http-tar"}, Volumes::kNone, {}},
      {"zip-root", kRoot, kNone, {"zip"}, Volumes::kNone, {}},
      {"zip-cold-u", kRootForUser, kCold, {"zip"}, Volumes::kNone, {}},
      {"zip-warm-user", kOrdinaryUser, kWarm, {"zip"}, Volumes::kNone, {}},
      {"volumes-root", kRoot, kNone, {}, kBoth, {}},
      {"volumes-u", kRootForUser, kNone, {}, kBoth, {}},
      {"volumes-user", kOrdinaryUser, kNone, {}, kBoth, {}},
      {"overlay-cold-user", kOrdinaryUser, kCold, {"tar"}, Volumes::kNone, overlay},
      {"overlay-warm-u", kRootForUser, kWarm, {"tar"}, Volumes::kNone, overlay},
      {"overlay-warm-root", kRoot, kWarm, {"tar"}, Volumes::kNone, overlay},
      {"reopen-overlay-u", kRootForUser, kWarm, {"tar"}, kBoth, overlay, Way::kReopen},
      {"reopen-user", kOrdinaryUser, kNone, {"file"}, kBoth, {}, Way::kReopen},
      {"all-cold-u", kRootForUser, kCold, {"file", "http", "tar", "zip"}, kBoth, {}},
      {"all-warm-user", kOrdinaryUser, kWarm, {"file", "http", "tar", "zip"}, kBoth, {}},
      {"supervise-u", kRootForUser, kNone, {"file"}, kBoth, {"--supervise"}},
  };
  return table;
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& each : scenarios()) names.push_back(each.name);
  return names;
}

const std::vector<Content>& contents() {
  static const std::vector<Content> table{
      {"file", R"({"value":"%directory/file")", {{"file", "from this host"}}},
      {"http", R"({"value":"%server/page")", {{"page", numbers(20'000)}}},
      {"tar",
       R"({"value":"%directory/tree.tar.gz")",
       {{"app/data", "data"}, {"app/sub/long", numbers(20'000)}, {"app/x", "x"}, {"top", "top"}}},
      {"http-tar",
       R"({"value":"%server/tree.tar.gz")",
       {{"app/data", "data"}, {"app/sub/long", numbers(20'000)}, {"app/x", "x"}, {"top", "top"}}},
      {"zip",
       R"({"value":"%directory/pack.zip")",
       {{"pack/data", "packed"}, {"pack/long", numbers(15'000)}, {"lid", "lid"}}},
  };
  return table;
}

const Content& content(const std::string& name) {
  return *std::ranges::find(contents(), name, &Content::name);
}

void make_origins(const std::string& directory) {
  for (const char* each : {"file", "http"}) {
    for (const auto& [name, text] : content(each).files) write(cat(directory, '/', name), text);
  }
  const std::string tree = directory + "/.tree";
  for (const auto& [name, text] : content("tar").files) write(cat(tree, '/', name), text);
  check(run_program({"tar", "-caf", directory + "/tree.tar.gz", "-C", tree, "app", "top"}));
  const std::string pack = directory + "/.pack";
  for (const auto& [name, text] : content("zip").files) write(cat(pack, '/', name), text);
  RunOptions there;
  there.cwd = pack;
  check(run_program({"zip", "-qr", directory + "/pack.zip", "pack", "lid"}, there));
}

Expected expected_of(const Scenario& scenario, const Origins& origins, const std::string& probe,
                     const std::string& volume) {
  Expected expected;
  std::string uris;
  expected.words = {"probe"};
  const auto ask = [&](const std::string& file, const std::string& text) {
    expected.words.insert(expected.words.end(), {"read", file});
    expected.out += cat("read: ", text, '\n');
  };
  const bool cached = scenario.cache != CacheUse::kNone;
  for (const auto& name : scenario.contents) {
    const Content& each = content(name);
    uris +=
        cat(uris.empty() ? "" : ",", filled(each.uri, origins), cached ? R"(,"cache":true})" : "}");
    for (const auto& [file, text] : each.files) {
      expected.files[file] = text;
      ask(file, text);
    }
    // An archive that is not cached stays beside what it held.
    const std::string own = fs::path(each.uri.substr(0, each.uri.rfind('"'))).filename();
    if (!cached) expected.files[own] = read_file(origins.directory + "/" + own);
  }
  std::string rest;
  if (scenario.volumes == Volumes::kReadOnlyAndReadWrite) {
    ask("volume/file", "of a volume");
    ask("/slipway-test/x/file", "of a volume");
    // Where it is not read-only, nothing shall run.
    expected.words.insert(expected.words.end(), {"writable", "volume"});
    expected.out += "create: EROFS\nchmod: EROFS\nutimes: EROFS\n";
    rest = cat(R"("volume_mounts":[{"mode":"RO","container_path":"volume","host_path":")", volume,
               R"("},{"mode":"RW","container_path":"/slipway-test/x","host_path":")", volume,
               R"("}])");
  }
  expected.entry = program_entry(probe, quoted(expected.words), uris, rest);
  return expected;
}

}  // namespace slipway::tests
