#include "launcher/doctor/doctor_authorities.h"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "fetcher/transfer/authorities.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

constexpr char kSubject[] = "authorities";
constexpr char kByHash[] = "authorities-by-hash";
constexpr std::size_t kMostBytes = std::size_t{16} << 20;  // of a file of authorities
constexpr std::size_t kMostNames = 10'000;
constexpr char kInstall[] =
    "install ca-certificates, or name authorities by ca under [fetch] in the settings";
// Where distributions have the file that libcurl was built with.
constexpr const char* kBuiltIn[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

// A file of authorities, or a directory: how many are in it.
Result<std::size_t> count_in_file(const std::string& path) {
  const Fd file = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!S_ISREG(TRY(sys::stat_fd(file.get())).st_mode)) {
    return Error(cat(quote(path), " is no file"));
  }
  const std::string text = TRY(sys::read_to_end(file.get(), kMostBytes));
  std::size_t count = 0;
  for (const std::string_view mark :
       {"-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"}) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) ++count;
  }
  if (count == 0) return Error(cat(quote(path), " holds no certificate in PEM"));
  return count;
}

Result<std::size_t> count_in_directory(const std::string& path) {
  const Fd dir = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  std::size_t count = 0;
  for (const auto& entry : TRY(sys::list(dir.get(), kMostNames))) {
    if (!fetcher::is_hash_name(entry.name)) continue;
    TRY(sys::open_at(dir.get(), entry.name, O_RDONLY | O_NONBLOCK | O_NOCTTY).context(quote(path)));
    ++count;
  }
  if (count > 0) return count;
  return Error(cat(quote(path), " has no names by hash, which TLS looks for"))
      .hint(cat("as root: openssl rehash ", shell_quote(path)));
}

std::string said_by(const std::string& origin) {
  if (origin.empty()) return "";
  return origin == "ca" ? " (ca under [fetch])" : cat(" (", origin, ")");
}

// What libcurl was built with is not known here; what distributions build it with is.
Finding judge_built_in() {
  for (const char* path : kBuiltIn) {
    if (const auto count = count_in_file(path)) {
      return ok(kSubject,
                cat(quote(path), ", as distributions build libcurl: ", *count, " certificates"));
    }
  }
  return fail(kSubject,
              cat("none found: neither ", fetcher::kSystemAuthorities,
                  " by hash nor a file that libcurl is built with; https:// cannot be verified"),
              kInstall);
}

Finding judge(std::string_view subject, const std::string& what, const Result<std::size_t>& count) {
  if (count) return ok(subject, cat(what, ": ", *count, " certificates"));
  const std::string& remedy = count.error().remedy();
  return fail(subject, cat(what, ": ", count.error().message()),
              remedy.empty() ? kInstall : remedy);
}

}  // namespace

std::vector<Finding> examine_authorities(const HostView& host) {
  const auto chosen =
      fetcher::choose_authorities(host.settings.transfers.network.ca, [&](const char* name) {
        const auto found = host.environment.find(name);
        return found == host.environment.end() ? std::string() : found->second;
      });
  std::vector<Finding> findings;
  if (!chosen.file.empty()) {
    findings.push_back(judge(kSubject, cat(quote(chosen.file), said_by(chosen.origin)),
                             count_in_file(chosen.file)));
  }
  if (!chosen.directory.empty()) {
    findings.push_back(judge(kByHash, cat(quote(chosen.directory), said_by(chosen.origin)),
                             count_in_directory(chosen.directory)));
    // Where there is a file too, that one is enough.
    Verdict& verdict = findings.back().verdict;
    if (verdict == Verdict::kFail && !chosen.file.empty()) verdict = Verdict::kWarn;
  }
  if (findings.empty()) findings.push_back(judge_built_in());
  return findings;
}

}  // namespace slipway::launcher
