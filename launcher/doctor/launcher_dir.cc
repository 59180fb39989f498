#include "launcher/doctor/launcher_dir.h"

#include <unistd.h>

#include <iterator>
#include <optional>
#include <set>

#include "launcher/base/say.h"
#include "launcher/doctor/ask_version.h"
#include "launcher/doctor/passage.h"
#include "launcher/launch/fetch_stage.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/version.h"

namespace slipway::launcher {

namespace {

constexpr char kFetcher[] = "mesos-fetcher";
constexpr const char* kNeeded[] = {"mesos-containerizer", "mesos-executor", kFetcher};
constexpr std::size_t kMostPrograms = 1000;
constexpr char kMakeIt[] =
    "make the directory with slipway-launcher-dir, or bring it up to date by running that again";

// What others may do and should not, or may not and should.
std::optional<Finding> untrusted(const std::string& name, const Passage& passage) {
  if (const std::string who = who_else_decides(passage, ::geteuid()); !who.empty()) {
    return fail(name, cat(who, ", and the agent runs this as root"),
                "give what is named to root, writable to nobody else");
  }
  if (const std::string who = who_cannot_execute(passage); !who.empty()) {
    return fail(name, cat(who, ", and tasks run it as their users"),
                "give everybody the right to execute (chmod a+x)");
  }
  return std::nullopt;
}

std::string described(const std::string& path, const Passage& passage) {
  const std::string& end = passage.end().path;
  return path == end ? quote(path) : cat(quote(path), " is ", quote(end));
}

Finding examine_program(const std::string& directory, const std::string& name) {
  const std::string path = cat(directory, '/', name);
  const auto passage = walk(path);
  if (!passage) return fail(name, text_of(passage.error()), kMakeIt);
  if (!S_ISREG(passage->end().found.st_mode)) {
    return fail(name, cat(described(path, *passage), ", which is no file"), kMakeIt);
  }
  if (auto finding = untrusted(name, *passage)) return *std::move(finding);
  return {name, Verdict::kOk, described(path, *passage)};
}

// What is run is the fetcher's real path, by `sh -c`, without quotes.
Finding examine_word(const std::string& path) {
  const std::string subject = "path";
  if (shell_quote(path) == path)
    return {subject, Verdict::kOk, cat(quote(path), " is one word of a shell")};
  return fail(subject, cat("the agent gives ", quote(path), " to 'sh -c' without quotes"),
              "install slipway below a path of letters, digits and ./_-+,:@ only");
}

Finding examine_version(const std::string& path, const Passage& passage) {
  const std::string subject = "fetcher";
  const std::string ours = cat("slipway-fetcher ", kVersion);
  const auto beside = fetcher_path();
  const auto beside_us = beside ? walk(*beside) : Result<Passage>(beside.error());
  if (beside_us && beside_us->end().path == passage.end().path) {
    return {subject, Verdict::kOk, cat(quote(path), " is the ", ours, " of this slipway")};
  }
  const auto answer = ask_version(passage.end().path);
  if (!answer) return fail(subject, text_of(answer.error()), kMakeIt);
  if (*answer == ours) return {subject, Verdict::kOk, cat(quote(path), " is another ", ours)};
  if (answer->starts_with("slipway-fetcher ")) {
    return fail(subject, cat(quote(path), " is ", quote(*answer), ", this slipway's is ", ours),
                kMakeIt);
  }
  return fail(subject, cat(quote(path), " is no slipway-fetcher"), kMakeIt);
}

// A program, or what would be one if it led somewhere.
bool may_be_program(const std::string& path) {
  const auto passage = walk(path);
  if (!passage) return true;
  const mode_t mode = passage->end().found.st_mode;
  return S_ISREG(mode) && (mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

// The names of the programs: those that must be there, and whatever others are.
Result<std::set<std::string>> programs_in(const std::string& directory) {
  const Fd opened = TRY(sys::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY));
  std::set<std::string> names(std::begin(kNeeded), std::end(kNeeded));
  for (const auto& entry : TRY(sys::list(opened.get(), kMostPrograms))) {
    if (may_be_program(cat(directory, '/', entry.name))) names.insert(entry.name);
  }
  return names;
}

void examine_fetcher(const std::string& directory, bool trusted, std::vector<Finding>& findings) {
  const std::string path = cat(directory, '/', kFetcher);
  const auto passage = walk(path);
  if (!passage) return;  // said as one of the programs
  findings.push_back(examine_word(passage->end().path));
  if (trusted) {
    findings.push_back(examine_version(path, *passage));
  } else {
    findings.push_back(fail("fetcher", cat(quote(path), " was not asked for its version"),
                            "first see to what is said of mesos-fetcher above"));
  }
}

Result<std::string> absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  return cat(TRY(sys::read_link(AT_FDCWD, "/proc/self/cwd")), '/', path);
}

Finding examine_directory(const std::string& path, const Passage& passage) {
  if (auto finding = untrusted("directory", passage)) return *std::move(finding);
  if (const std::string shared = shared_directory(passage); !shared.empty()) {
    return {"directory", Verdict::kWarn,
            cat(described(path, passage), ", below ", quote(shared), ", where everybody may write"),
            "better have it where only root may write"};
  }
  return {"directory", Verdict::kOk, described(path, passage)};
}

}  // namespace

std::vector<Finding> examine_launcher_dir(const Options& options) {
  const auto named = absolute(options.launcher_dir);
  const auto passage = named ? walk(*named) : Result<Passage>(named.error());
  if (!passage) return {fail("directory", text_of(passage.error()), kMakeIt)};
  const std::string& path = *named;
  if (!S_ISDIR(passage->end().found.st_mode)) {
    return {fail("directory", cat(quote(path), " is no directory"), kMakeIt)};
  }
  std::vector<Finding> findings{examine_directory(path, *passage)};
  const auto names = programs_in(path);
  if (!names) {
    findings.push_back(fail("programs", text_of(names.error()), kMakeIt));
    return findings;
  }
  bool trusted = findings.front().verdict != Verdict::kFail;
  for (const std::string& name : *names) {
    findings.push_back(examine_program(path, name));
    if (name == kFetcher && findings.back().verdict == Verdict::kFail) trusted = false;
  }
  examine_fetcher(path, trusted, findings);
  return findings;
}

}  // namespace slipway::launcher
