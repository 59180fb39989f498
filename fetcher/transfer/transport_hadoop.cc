#include "fetcher/transfer/transport_hadoop.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <vector>

#include "fetcher/transfer/transport_file.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/near_name.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

namespace asio = boost::asio;
namespace bp = boost::process::v2;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptOutput = 2000;  // bytes, the last ones
constexpr std::chrono::milliseconds kTick{1000};

TransferFailure failure(FailureClass kind, Error error) {
  if (kind == FailureClass::kTransient) return {kind, 0, std::move(error)};
  return {kind, 0, std::move(error).as(MessageCode::kFetchHadoop)};
}

// In the child, between fork and exec: a group of its own, which ends with us and can be ended.
struct ChildSetup {
  template <class Launcher>
  error_code on_exec_setup(Launcher&, const bp::filesystem::path&, const char* const*(&)) const {
    const bool good = ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
                      ::signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
                      ::signal(SIGXFSZ, SIG_DFL) != SIG_ERR;
    return good ? error_code() : error_code(errno, boost::system::system_category());
  }
};

// The client's process, its output, and its end.
class Client {
 public:
  static Result<Client, TransferFailure> start(const std::string& program,
                                               const std::vector<std::string>& arguments) {
    auto pipe = sys::make_pipe();
    auto null = sys::open_at(AT_FDCWD, "/dev/null", O_RDONLY);
    if (!pipe) return failure(FailureClass::kLocal, std::move(pipe).error());
    if (!null) return failure(FailureClass::kLocal, std::move(null).error());
    asio::io_context context;
    error_code error;
    const int output = pipe->second.get();
    // Not launcher(context, error, …): Boost 1.81 throws from that one.
    auto process = bp::posix::default_launcher()(
        context.get_executor(), error, bp::filesystem::path(program), arguments,
        bp::process_stdio{null->get(), output, output}, ChildSetup());
    if (error) {
      return failure(FailureClass::kLocal,
                     Error::system(error.value(), cat("start ", quote(program)))
                         .hint("hadoop_home under [fetch] in the settings says where it is"));
    }
    const pid_t pid = process.id();
    process.detach();  // waited for by pid
    Client client(pid, std::move(pipe->first));
    if (!client.handle_) {
      const int number = errno;
      ::kill(-pid, SIGKILL);
      (void)sys::wait_for(pid).has_value();
      return failure(FailureClass::kLocal, Error::system(number, "pidfd_open"));
    }
    return client;
  }

  Client(Client&&) = default;
  ~Client() {
    // In nobody's way after a failure: the group's number is taken until its leader is waited for.
    if (!handle_) return;
    ::kill(-pid_, SIGKILL);
    (void)sys::wait_for(pid_).has_value();
  }

  // True when it has ended, after at most `patience`. Takes what it says meanwhile.
  bool ended_within(std::chrono::milliseconds patience) {
    const auto end = Clock::now() + patience;
    for (;;) {
      pollfd waited[] = {{handle_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      if (left.count() <= 0) return false;
      constexpr std::chrono::milliseconds kLongest = std::chrono::minutes(1);  // poll(2): an int
      if (::poll(waited, 2, static_cast<int>(std::min(left, kLongest).count())) <= 0) continue;
      if (waited[1].revents != 0) listen();
      if ((waited[0].revents & POLLIN) != 0) return true;
    }
  }

  // Of one that has ended: as waitpid(2) has it.
  Result<int> status() {
    while (output_ && pending()) listen();
    ::kill(-pid_, SIGKILL);  // what it has left behind
    handle_.reset();
    return sys::wait_for(pid_);
  }

  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  Client(pid_t pid, Fd output)
      : pid_(pid),
        handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        output_(std::move(output)) {}

  [[nodiscard]] bool pending() const {
    pollfd waited{output_.get(), POLLIN, 0};
    return ::poll(&waited, 1, 0) == 1 && (waited.revents & POLLIN) != 0;
  }

  void listen() {
    std::byte buffer[4096];
    const auto count = sys::read(output_.get(), buffer);
    if (!count || *count == 0) return output_.reset();
    said_.append(reinterpret_cast<const char*>(buffer), *count);
    if (said_.size() > kKeptOutput) said_.erase(0, said_.size() - kKeptOutput);
  }

  pid_t pid_;
  Fd handle_;
  Fd output_;
  std::string said_;
};

// What it said, in one line; not where it may hold a part of the URI that is secret.
std::string shown_output(std::string said, const Uri& uri) {
  while (!said.empty() && (said.back() == '\n' || said.back() == ' ')) said.pop_back();
  if (uri.redacted() != uri.target()) {
    return "its output is not repeated, because it may hold what is secret in the URI";
  }
  return said.empty() ? "it said nothing" : cat("it said: ", quote(said));
}

Error ended_badly(std::string_view what, int status, const Client& client, const Uri& uri) {
  return Error(cat(what, WIFSIGNALED(status) ? " was killed by signal " : " ended with status ",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), ": ",
                   shown_output(client.said(), uri)));
}

std::string remedy_for(std::string_view scheme) {
  std::vector<std::string_view> own;
  for (const SchemeRow& row : kSchemes) own.push_back(row.name);
  if (const auto meant = near_name(scheme, own)) return cat("did you mean ", *meant, "://?");
  return "install one, and name it by hadoop_home under [fetch] in the settings";
}

Result<std::string, TransferFailure> find_client(const std::string& home, const Uri& uri) {
  if (!home.empty()) return cat(home, "/bin/hadoop");
  auto found = bp::environment::find_executable("hadoop");
  if (!found.empty()) return found.string();
  return failure(
      FailureClass::kLocal,
      Error(cat("there is no hadoop client in PATH, which has to fetch ", uri.scheme_name(), "://"))
          .hint(remedy_for(uri.scheme_name())));
}

// Waits for the client for as long as `progress` grows: how many bytes are there.
template <class Progress>
Result<void, TransferFailure> wait_for(Client& client, const Progress& progress, BodySink& sink,
                                       const HadoopCall& call) {
  std::uint64_t size = 0;
  for (auto last_growth = Clock::now(); !client.ended_within(std::min(kTick, call.stall));) {
    if (sink.watcher() != nullptr) sink.watcher()->waiting();
    const auto now = Clock::now();
    const std::uint64_t grown = progress();
    if (grown != size) last_growth = now;
    size = grown;
    if (size > sink.max_bytes()) return BodySink::too_large(sink.max_bytes());
    if (call.end && now >= *call.end) {
      return failure(FailureClass::kTransient, Error("it was not complete in time"));
    }
    if (now - last_growth >= call.stall) {
      return failure(
          FailureClass::kTransient,
          Error(cat("the hadoop client has brought nothing for ", duration_text(call.stall))));
    }
  }
  return {};
}

// Asked before each download, as Mesos does: a client without its Java says why.
Result<void, TransferFailure> probe(const std::string& program, BodySink& sink,
                                    const HadoopCall& call, const Uri& uri) {
  Client client = TRY(Client::start(program, {"version"}));
  if (auto ended = wait_for(
          client, [] { return std::uint64_t{0}; }, sink, call);
      !ended) {
    const FailureClass kind = ended.error().kind;
    return failure(kind, std::move(ended).error().error.context("'hadoop version' does not end"));
  }
  auto status = client.status();
  if (!status) return failure(FailureClass::kLocal, std::move(status).error());
  if (*status == 0) return {};
  return failure(FailureClass::kLocal, ended_badly("the hadoop client is not available: 'hadoop "
                                                   "version'",
                                                   *status, client, uri));
}

std::uint64_t size_of(int directory, const std::string& name) {
  // The client writes NAME._COPYING_ first, then renames it.
  std::uint64_t size = 0;
  for (const std::string& each : {name, name + "._COPYING_"}) {
    if (const auto found = sys::find_at(directory, each); found && *found) {
      size = std::max(size, static_cast<std::uint64_t>((*found)->st_size));
    }
  }
  return size;
}

Result<void, TransferFailure> copy_to_local(const std::string& program, const Uri& uri,
                                            const std::string& name, BodySink& sink,
                                            const HadoopCall& call) {
  auto place = sys::read_link(AT_FDCWD, sys::path_of(call.scratch));
  if (!place) return failure(FailureClass::kLocal, std::move(place).error());
  Client client =
      TRY(Client::start(program, {"fs", "-copyToLocal", uri.target(), cat(*place, '/', name)}));
  TRY(wait_for(
      client, [&] { return size_of(call.scratch, name); }, sink, call));
  auto status = client.status();
  if (!status) return failure(FailureClass::kLocal, std::move(status).error());
  if (*status == 0) return {};
  return failure(FailureClass::kUser,
                 ended_badly("'hadoop fs -copyToLocal'", *status, client, uri));
}

Result<Received, TransferFailure> take(const std::string& name, BodySink& sink,
                                       const HadoopCall& call) {
  auto received = fetch_file(cat(sys::path_of(call.scratch), '/', name), sink, call.end);
  if (!received) {
    return failure(received.error().kind == FailureClass::kNotFound ? FailureClass::kUser
                                                                    : received.error().kind,
                   std::move(received).error().error.context("what the hadoop client left"));
  }
  received->validators = {};  // of the client's file: they say nothing about the URI
  received->mode.reset();
  return received;
}

}  // namespace

Result<Received, TransferFailure> fetch_hadoop(const Uri& uri, BodySink& sink,
                                               const HadoopCall& call) {
  const std::string program = TRY(find_client(call.home, uri));
  TRY(probe(program, sink, call, uri));
  const std::string name = cat("hadoop.", ::gettid());
  const auto discard = [&] {
    // The whole scratch directory goes at the end anyway.
    for (const std::string& each : {name, name + "._COPYING_"}) {
      (void)sys::unlink(call.scratch, each).has_value();
    }
  };
  discard();
  auto copied = copy_to_local(program, uri, name, sink, call);
  auto received = copied ? take(name, sink, call)
                         : Result<Received, TransferFailure>(std::move(copied).error());
  discard();
  return received;
}

}  // namespace slipway::fetcher
