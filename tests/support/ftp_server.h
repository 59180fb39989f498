// Real FTP servers on loopback.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/running_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {

// Serves a directory of its own: to anonymous, and without TLS to the user "me" with the password
// "secret".
class FtpServer {
 public:
  // What is odd about a server without TLS.
  enum class Habit {
    kNone,
    kSlow,          // 100 KB a second
    kSlowNoSize,    // and does not know SIZE
    kSilentAtEnd,   // never says that the transfer is complete
    kSilentAtQuit,  // neither answers QUIT nor hangs up
  };

  // `tls`: a file with a key and its certificate for implicit TLS; empty: none.
  explicit FtpServer(const std::string& tls = "", Habit habit = Habit::kNone);

  // Gives its path back.
  std::string write(std::string_view name, std::string_view content) const;
  // "SCHEME://" + userinfo + "HOST:PORT" + path.
  [[nodiscard]] std::string uri(std::string_view path, std::string_view userinfo = "") const;
  // Ends it at once (SIGKILL).
  void kill() const;

 private:
  TempDir dir_;
  std::string scheme_;
  std::unique_ptr<RunningProgram> server_;
  int port_ = 0;
};

}  // namespace slipway::tests
