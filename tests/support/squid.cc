#include "tests/support/squid.h"

#include <signal.h>

#include <chrono>
#include <thread>

#include "sandbox/base/text.h"
#include "tests/support/port.h"

namespace slipway::tests {

Squid::Squid(Login login) : port_(free_port()) {
  const std::string helper =
      dir_.write("login",
                 "#!/bin/sh\nwhile read -r user password; do\n"
                 "[ \"$user $password\" = 'me secret' ] && echo OK || echo ERR\ndone\n",
                 0755);
  const std::string access = login == Login::kNone
                                 ? "http_access allow all\n"
                                 : cat("auth_param basic program ", helper,
                                       "\nacl known proxy_auth REQUIRED\nhttp_access allow known\n"
                                       "http_access deny all\n");
  const std::string config = dir_.write(
      "squid.conf",
      cat("http_port 127.0.0.1:", port_, "\n", access, "cache deny all\npid_filename none\n",
          "logformat short %rm %ru %>Hs\naccess_log stdio:", dir_ / "access.log",
          " short\ncache_log ", dir_ / "cache.log", "\ncoredump_dir ", dir_.path(),
          "\nshutdown_lifetime 0 seconds\nvisible_hostname squid.test\n"));
  squid_ = std::make_unique<RunningProgram>(
      std::vector<std::string>{"/usr/sbin/squid", "-N", "-f", config});
  await_server(port_);
}

Squid::~Squid() {
  squid_->signal(SIGTERM);
  squid_->wait();
}

std::string Squid::uri(const std::string& userinfo) const {
  return cat("http://", userinfo, "127.0.0.1:", port_);
}

bool Squid::has_logged(std::string_view text) const {
  const std::string log = dir_ / "access.log";
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!exists(log) || read_file(log).find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace slipway::tests
