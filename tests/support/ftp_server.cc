#include "tests/support/ftp_server.h"

#include <signal.h>

#include "sandbox/base/text.h"
#include "tests/support/port.h"

namespace slipway::tests {

namespace {

// Debian's python3-pyftpdlib.
constexpr char kScript[] = R"(import logging, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler, ThrottledDTPHandler
from pyftpdlib.servers import FTPServer

logging.disable(logging.CRITICAL)
authorizer = DummyAuthorizer()
authorizer.add_user("me", "secret", sys.argv[1], perm="elr")
authorizer.add_anonymous(sys.argv[1])
FTPHandler.authorizer = authorizer
FTPHandler.auth_failed_timeout = 0
habit = sys.argv[2]
if habit.startswith("slow"):
    ThrottledDTPHandler.write_limit = 100_000
    FTPHandler.dtp_handler = ThrottledDTPHandler
if habit == "slow, no size":
    FTPHandler.ftp_SIZE = lambda self, path: self.respond("502 not implemented.")
class Unended(DTPHandler):
    def close(self):
        self._resp = ()
        super().close()

if habit == "silent at end":
    FTPHandler.dtp_handler = Unended
if habit == "silent at quit":
    FTPHandler.ftp_QUIT = lambda self, line: None
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print("port", server.socket.getsockname()[1], flush=True)
server.serve_forever()
)";

// vsftpd, because data connections of the other one do not survive a session of TLS that goes on.
// `bin` has a home that is there, and no rights.
constexpr char kTlsConfig[] = R"(
listen=YES
listen_address=127.0.0.1
background=NO
anonymous_enable=YES
local_enable=NO
ftp_username=bin
nopriv_user=nobody
ssl_enable=YES
implicit_ssl=YES
allow_anon_ssl=YES
force_anon_data_ssl=YES
force_anon_logins_ssl=YES
require_ssl_reuse=NO
ssl_tlsv1=NO
ssl_ciphers=HIGH
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=NO
)";

const char* name_of(FtpServer::Habit habit) {
  switch (habit) {
    case FtpServer::Habit::kNone:
      break;
    case FtpServer::Habit::kSlow:
      return "slow";
    case FtpServer::Habit::kSlowNoSize:
      return "slow, no size";
    case FtpServer::Habit::kSilentAtEnd:
      return "silent at end";
    case FtpServer::Habit::kSilentAtQuit:
      return "silent at quit";
  }
  return "none";
}

}  // namespace

FtpServer::FtpServer(const std::string& tls, Habit habit) : scheme_(tls.empty() ? "ftp" : "ftps") {
  const std::string files = dir_.make_directory("files");
  if (tls.empty()) {
    server_ = std::make_unique<RunningProgram>(
        std::vector<std::string>{"/usr/bin/python3", "-W", "ignore",
                                 dir_.write("server.py", kScript), files, name_of(habit)});
    port_ = std::stoi(server_->line("port "));
    return;
  }
  port_ = free_port();
  server_ = std::make_unique<RunningProgram>(std::vector<std::string>{
      "/usr/sbin/vsftpd",
      dir_.write("vsftpd.conf",
                 cat(std::string_view(kTlsConfig).substr(1), "listen_port=", port_,
                     "\nanon_root=", files, "\nsecure_chroot_dir=", dir_.make_directory("empty"),
                     "\nrsa_cert_file=", tls, "\nrsa_private_key_file=", tls, "\n"))});
  await_server(port_);
}

std::string FtpServer::write(std::string_view name, std::string_view content) const {
  return dir_.write(cat("files/", name), content);
}

std::string FtpServer::uri(std::string_view path, std::string_view userinfo) const {
  return cat(scheme_, "://", userinfo, "127.0.0.1:", port_, path);
}

void FtpServer::kill() const {
  server_->signal(SIGKILL);
}

}  // namespace slipway::tests
