// What the tests of volumes share.
#pragma once

#include <filesystem>
#include <functional>

#include "tests/mesos/mesos_fixture.h"

namespace slipway::tests {

// What the shell says of a file that it may not write.
inline constexpr char kReadOnly[] = "Read-only file system";

// One of an entry's volume_mounts.
inline std::string volume(std::string_view mode, std::string_view host,
                          std::string_view container) {
  return cat(R"({"mode":")", mode, R"(","host_path":")", host, R"(","container_path":")", container,
             R"("})");
}

class MesosVolumes : public MesosTest {
 protected:
  MesosVolumes() {
    host_ = dir_.make_directory("host", 0777);
    dir_.make_directory("host/dir", 0777);
    dir_.write("host/file", "of the host", 0666);
  }

  // As root and as an ordinary user, each in a sandbox of its own.
  void each(const std::function<void(As)>& body) {
    for (const As as : {As::kRoot, As::kOrdinaryUser}) {
      SCOPED_TRACE(name_of(as));
      ++sandbox_number_;
      body(as);
    }
  }
  // What a shell says with these volumes.
  RunResult with(As as, std::string_view volumes, std::string_view line,
                 std::string_view uris = "") {
    return run(shell_entry(line, uris, cat(R"("volume_mounts":[)", volumes, "]")), as, {"-q"});
  }
  std::string now() const { return sandbox(sandbox_number_); }

  std::string host_;
};

}  // namespace slipway::tests
