// A real squid on loopback, as a proxy for everything there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/running_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {

class Squid {
 public:
  enum class Login { kNone, kRequired };  // of "me" with the password "secret"

  explicit Squid(Login login = Login::kNone);
  ~Squid();

  // "http://" + userinfo + "127.0.0.1:PORT".
  [[nodiscard]] std::string uri(const std::string& userinfo = "") const;
  // Whether a line of the log, "METHOD TARGET STATUS", holds that text. Waits for it: a request is
  // logged some time after its answer.
  [[nodiscard]] bool has_logged(std::string_view text) const;

 private:
  TempDir dir_{0777};
  int port_ = 0;
  std::unique_ptr<RunningProgram> squid_;
};

}  // namespace slipway::tests
