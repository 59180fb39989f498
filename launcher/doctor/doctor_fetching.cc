#include "launcher/doctor/doctor_fetching.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "launcher/doctor/doctor_authorities.h"
#include "launcher/doctor/doctor_host.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

constexpr char kHadoop[] = "hadoop-client";
constexpr char kNeededFor[] = "only hdfs://, s3:// and schemes that are not slipway's own need it";

std::string said_by(const std::string& origin) {
  return origin == "proxy" ? "proxy under [fetch]" : origin;
}

bool can_execute(const std::string& path) {
  const auto found = sys::find_at(AT_FDCWD, path, 0);
  if (!found || !*found || !S_ISREG((*found)->st_mode)) return false;
  const auto allowed = sys::may_access(AT_FDCWD, path, X_OK);
  return allowed && *allowed;
}

// The first of that name in PATH; "" where there is none.
std::string find_in(std::string_view path, std::string_view name) {
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string_view directory = path.substr(0, colon);
    std::string program = cat(directory.empty() ? "." : directory, '/', name);
    if (can_execute(program)) return program;
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
  }
  return {};
}

}  // namespace

Finding judge_proxy(std::string_view scheme, const ProxyChoice& choice) {
  const std::string subject = cat("proxy-", scheme);
  if (choice.text.empty() && choice.origin.empty()) return ok(subject, "none");
  if (choice.text.empty()) {
    return warn(subject, cat("none: ", choice.origin, " is passed over, as curl does"),
                "set http_proxy instead, or proxy under [fetch] in the settings");
  }
  const auto shown = shown_proxy(choice.text);
  if (!shown) {
    return fail(subject,
                cat(said_by(choice.origin), " is no proxy's URL: ", shown.error().message()),
                "write it as http://HOST:PORT");
  }
  return ok(subject, cat(*shown, " (", said_by(choice.origin), ")"));
}

Finding judge_exceptions(const ProxyChoice& choice) {
  constexpr char kSubject[] = "no-proxy";
  if (choice.text.empty()) return ok(kSubject, "none");
  // A URL has its password behind "://": nothing of it is shown.
  if (choice.text.find("://") != std::string::npos || choice.text.find('@') != std::string::npos) {
    return warn(kSubject, cat(choice.origin, " holds a URL, which no host is called"),
                "write hosts, domains and addresses, separated by commas");
  }
  return ok(kSubject, cat(quote(choice.text), " (", choice.origin, ")"));
}

std::vector<Finding> examine_network(const Options& options) {
  const auto host = look_around(options);
  if (!host) return {};
  if (const auto became = take_task_rights(host->people); !became) {
    return {fail("authorities", became.error().message(), "run slipway doctor as the task's user")};
  }
  std::vector<Finding> findings = examine_authorities(*host);
  const auto& network = host->settings.transfers.network;
  for (const std::string_view scheme : {"http", "https"}) {
    findings.push_back(judge_proxy(scheme, choose_proxy(network, host->environment, scheme)));
  }
  findings.push_back(judge_exceptions(choose_exceptions(network, host->environment)));
  return findings;
}

std::vector<Finding> examine_hadoop(const Options& options) {
  const auto host = look_around(options);
  if (!host) return {};
  if (const auto became = take_task_rights(host->people); !became) {
    return {fail(kHadoop, became.error().message(), "run slipway doctor as the task's user")};
  }
  const std::string& home = host->settings.transfers.network.hadoop_home;
  if (!home.empty()) {
    const std::string program = cat(home, "/bin/hadoop");
    if (can_execute(program)) return {ok(kHadoop, cat(quote(program), " (hadoop_home)"))};
    return {
        fail(kHadoop,
             cat(quote(program), " is none that ", shown(host->people.task_user), " can execute"),
             "correct hadoop_home under [fetch] in the settings")};
  }
  const auto path = host->environment.find("PATH");
  const std::string program =
      path == host->environment.end() ? "" : find_in(path->second, "hadoop");
  if (program.empty()) return {ok(kHadoop, cat("none in PATH: ", kNeededFor))};
  return {ok(kHadoop, cat(quote(program), " (PATH)"))};
}

}  // namespace slipway::launcher
