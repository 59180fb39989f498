// In tests the only file that includes Boost.Process: it takes its time to compile.
#include "tests/support/run_program.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cerrno>

#include "tests/support/sanitizer_report.h"
#include "tests/support/surroundings.h"

namespace slipway::tests {

namespace {

namespace asio = boost::asio;
namespace bp = boost::process::v2;
using Clock = std::chrono::steady_clock;
using boost::system::error_code;

// What happens between fork and exec, beyond stdio, environment and cwd.
struct ChildSetup {
  const RunOptions& options;

  template <class Launcher>
  error_code on_exec_setup(Launcher&, const bp::filesystem::path&, const char* const*(&)) const {
    reset_signals();
    if (options.umask) ::umask(*options.umask);
    bool good = ::setpgid(0, 0) == 0;
    // Boost 1.81 leaves gaps in what it closes.
    good = good && ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
    if (good && options.user) {
      good = ::setgroups(0, nullptr) == 0 && ::setgid(options.user->gid) == 0 &&
             ::setuid(options.user->uid) == 0;
    }
    return good ? error_code() : error_code(errno, boost::system::system_category());
  }
};

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The program with its pipes, and the one loop that serves them all.
class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options) {}

  RunResult operator()(const std::vector<std::string>& argv) {
    const auto executable = find(argv.at(0));
    if (executable.empty() || !start(executable, argv)) return result_;
    const auto deadline = Clock::now() + options_.timeout;
    // The program may be gone before it has read all of its stdin.
    const auto previous = ::signal(SIGPIPE, SIG_IGN);
    read(out_, result_.out);
    read(err_, result_.err);
    asio::async_write(in_, asio::buffer(options_.stdin_text),
                      [this](error_code, std::size_t) { in_.close(); });
    context_.run_until(deadline);
    ::signal(SIGPIPE, previous);
    if (!context_.stopped() || !ended_before(deadline)) {
      ADD_FAILURE() << argv.at(0) << " was still busy after " << options_.timeout.count()
                    << " ms\nstdout: " << result_.out << "\nstderr: " << result_.err;
    }
    result_.exit_code = exit_code_of(reap());
    return result_;
  }

 private:
  static bp::filesystem::path find(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    auto found = bp::environment::find_executable(name);
    if (found.empty()) ADD_FAILURE() << name << " is not in PATH";
    return found;
  }

  bool start(const bp::filesystem::path& executable, const std::vector<std::string>& argv) {
    const std::vector<std::string> arguments(argv.begin() + 1, argv.end());
    std::vector<const char*> env;
    bp::posix::default_launcher launcher;
    if (options_.env) {
      for (const std::string& line : *options_.env) env.push_back(line.c_str());
      env.push_back(nullptr);
      launcher.env = env.data();
    }
    error_code error;
    // Not launcher(context, error, …): Boost 1.81 throws from that one.
    auto process = launcher(context_.get_executor(), error, executable, arguments,
                            bp::process_stdio{in_, out_.pipe, err_.pipe},
                            bp::process_start_dir(options_.cwd.empty() ? "." : options_.cwd),
                            ChildSetup{options_});
    if (error) {
      ADD_FAILURE() << "cannot start " << executable << ": " << error.message();
      return false;
    }
    pid_ = process.id();
    process.detach();  // waited for by pid, which needs no handler of SIGCHLD
    return true;
  }

  // Waits without reaping, so that the number of its group stays taken.
  bool ended_before(Clock::time_point deadline) const {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd waited{handle, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const int ready = ::poll(&waited, 1, static_cast<int>(std::max<long>(0, left.count())));
    ::close(handle);
    return ready == 1;
  }

  int reap() const {
    // The whole group: a grandchild may live on although the program is gone.
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  struct Reader {
    asio::readable_pipe pipe;
    std::array<char, 16384> chunk{};
  };

  // Chunk by chunk: what has come is there, too, where the end never comes.
  void read(Reader& from, std::string& into) {
    from.pipe.async_read_some(asio::buffer(from.chunk),
                              [this, &from, &into](error_code error, std::size_t count) {
                                into.append(from.chunk.data(), count);
                                if (!error) read(from, into);
                              });
  }

  const RunOptions& options_;
  asio::io_context context_;
  asio::writable_pipe in_{context_};
  Reader out_{asio::readable_pipe(context_)};
  Reader err_{asio::readable_pipe(context_)};
  pid_t pid_ = -1;
  RunResult result_;
};

}  // namespace

RunResult run_program(const std::vector<std::string>& argv, const RunOptions& options) {
  RunResult result = Run(options)(argv);
  expect_no_sanitizer_report(result.err);
  return result;
}

}  // namespace slipway::tests
