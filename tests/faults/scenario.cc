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

void write(const fs::path& root, const std::string& name, const Piece& piece) {
  const fs::path path = root / name;
  fs::create_directories(path.parent_path());
  if (piece.kind == Kind::kLink) return fs::create_symlink(piece.text, path);
  if (piece.kind == Kind::kHardLink) return fs::create_hard_link(root / piece.text, path);
  std::ofstream(path) << piece.text;
  fs::permissions(path, static_cast<fs::perms>(piece.kind == Kind::kExecutable ? 0755 : 0644));
}

// Names come in their order: what a hard link leads to is there.
void write_all(const fs::path& root, const Pieces& pieces) {
  for (const auto& [name, piece] : pieces) write(root, name, piece);
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
  static const std::vector<std::string> overlay{kOverlay};
  static const std::vector<Scenario> table{
      {"file-root", kRoot, kNone, {"file", "program"}, Volumes::kNone, {}},
      {"file-cold-user", kOrdinaryUser, kCold, {"file", "program"}, Volumes::kNone, {}},
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
      {"all-cold-u", kRootForUser, kCold, {"file", "program", "http", "tar", "zip"}, kBoth, {}},
      {"all-warm-user", kOrdinaryUser, kWarm, {"file", "program", "http", "tar", "zip"}, kBoth, {}},
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
  using enum Kind;
  static const Pieces tree{{"app/data", {"data"}},
                           {"app/link", {"sub/long", kLink}},
                           {"app/run", {"#!", kExecutable}},
                           {"app/same", {"app/data", kHardLink}},
                           {"app/sub/long", {numbers(20'000)}},
                           {"top", {"top"}}};
  static const std::vector<Content> table{
      {"file", R"({"value":"%directory/file")", {{"file", {"from this host"}}}},
      {"program",
       R"({"value":"%directory/program","executable":true)",
       {{"program", {"#!", kExecutable}}}},
      {"http", R"({"value":"%server/page")", {{"page", {numbers(20'000)}}}},
      {"tar", R"({"value":"%directory/tree.tar.gz")", tree},
      {"http-tar", R"({"value":"%server/tree.tar.gz")", tree},
      {"zip",
       R"({"value":"%directory/pack.zip")",
       {{"pack/data", {"packed"}},
        {"pack/link", {"long", kLink}},
        {"pack/long", {numbers(15'000)}},
        {"pack/run", {"#!", kExecutable}},
        {"lid", {"lid"}}}},
  };
  return table;
}

const Content& content(const std::string& name) {
  return *std::ranges::find(contents(), name, &Content::name);
}

void make_origins(const std::string& directory) {
  for (const char* each : {"file", "http"}) write_all(directory, content(each).files);
  // What its URI says makes it executable.
  for (const auto& [name, piece] : content("program").files) write(directory, name, {piece.text});
  const std::string tree = directory + "/.tree";
  write_all(tree, content("tar").files);
  check(run_program({"tar", "-caf", directory + "/tree.tar.gz", "-C", tree, "app", "top"}));
  const std::string pack = directory + "/.pack";
  write_all(pack, content("zip").files);
  RunOptions there;
  there.cwd = pack;
  check(run_program({"zip", "-qry", directory + "/pack.zip", "pack", "lid"}, there));
}

Expected expected_of(const Scenario& scenario, const Origins& origins, const std::string& probe,
                     const std::string& volume) {
  Expected expected;
  std::string uris;
  expected.words = {"probe", "ids", "caps", "nnp", "fds", "signals", "umask", "cwd"};
  const auto ask = [&](const char* question, const std::string& file, const std::string& answer) {
    expected.words.insert(expected.words.end(), {question, file});
    expected.out += cat(question, ": ", answer, '\n');
  };
  const std::string owner = scenario.as == As::kRoot ? "0 0" : cat(kNobody, ' ', kNobody);
  const bool cached = scenario.cache != CacheUse::kNone;
  for (const auto& name : scenario.contents) {
    const Content& each = content(name);
    uris +=
        cat(uris.empty() ? "" : ",", filled(each.uri, origins), cached ? R"(,"cache":true})" : "}");
    for (const auto& [file, piece] : each.files) {
      const Piece found =
          piece.kind == Kind::kHardLink ? Piece{each.files.at(piece.text).text} : piece;
      expected.files[file] = found;
      if (found.kind == Kind::kLink) {
        ask("stat", file, cat("link 0777 ", owner));
      } else {
        ask("read", file, found.text);
        ask("stat", file, cat("file ", found.kind == Kind::kExecutable ? "0755 " : "0644 ", owner));
      }
    }
    // An archive that is not cached stays beside what it held.
    const std::size_t end = each.uri.find('"', std::string_view(R"({"value":")").size());
    const std::string own = fs::path(each.uri.substr(0, end)).filename();
    if (!cached) expected.files.try_emplace(own, Piece{read_file(origins.directory + "/" + own)});
  }
  std::string rest;
  if (scenario.volumes == Volumes::kReadOnlyAndReadWrite) {
    ask("read", "volume/file", "of a volume");
    ask("read", "/slipway-test/x/file", "of a volume");
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
