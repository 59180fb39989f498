// Nobody else's files in /tmp, /var/tmp and /dev/shm: what is found there afterwards is ours.
#pragma once

#include <string>
#include <vector>

namespace slipway::tests {

// While it lives, this process and what it starts have empty ones, in memory, but for the directory
// `kept` below /tmp, which stays where it is. In a mount namespace of the process's own only.
// Throws.
class PrivateTemp {
 public:
  explicit PrivateTemp(const std::string& kept);
  ~PrivateTemp();
  PrivateTemp(const PrivateTemp&) = delete;
  PrivateTemp& operator=(const PrivateTemp&) = delete;

  // The paths of everything there, `kept` left out.
  [[nodiscard]] std::vector<std::string> left() const;

 private:
  void hide(const char* place);

  std::string kept_;
  std::vector<std::string> mounted_;  // in the order of mounting
};

}  // namespace slipway::tests
