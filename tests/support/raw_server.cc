#include "tests/support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "sandbox/base/fd.h"

namespace slipway::tests {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));  // NOLINT
}

Fd listen_on_loopback() {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("bind");
  if (::listen(socket.get(), SOMAXCONN) != 0) fail("listen");
  return socket;
}

// True where `socket` is ready for `events`, false once the server stops or the time is over.
bool wait_for(int socket, int stop, short events, int milliseconds) {
  pollfd both[2] = {{socket, events, 0}, {stop, POLLIN, 0}};
  return ::poll(both, 2, milliseconds) > 0 && both[1].revents == 0 && both[0].revents != 0;
}

// Up to the empty line; what has come so far where the client goes away.
std::string read_head(int socket, int stop) {
  std::string head;
  char piece[4096];
  while (head.find("\r\n\r\n") == std::string::npos && wait_for(socket, stop, POLLIN, -1)) {
    const ssize_t count = ::recv(socket, piece, sizeof piece, 0);
    if (count <= 0) break;
    head.append(piece, static_cast<std::size_t>(count));
  }
  return head;
}

}  // namespace

std::optional<std::string> header_in(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const std::size_t colon = line.find(':');
    if (colon != name.size() || ::strncasecmp(line.data(), name.data(), colon) != 0) continue;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    return value == std::string_view::npos ? "" : std::string(line.substr(value));
  }
  return std::nullopt;
}

std::string Exchange::method() const {
  return head_.substr(0, head_.find(' '));
}

std::string Exchange::target() const {
  const std::size_t start = head_.find(' ') + 1;
  return head_.substr(start, head_.find(' ', start) - start);
}

std::optional<std::string> Exchange::header(std::string_view name) const {
  return header_in(head_, name);
}

bool Exchange::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(socket_, stop_, POLLOUT, -1)) return false;
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Exchange::respond(std::string_view status, std::string_view body, std::string_view headers) {
  return send("HTTP/1.1 " + std::string(status) +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) +
              "\r\n" + std::string(body));
}

bool Exchange::wait(std::chrono::milliseconds time) {
  pollfd both[2] = {{socket_, POLLRDHUP, 0}, {stop_, POLLIN, 0}};
  return ::poll(both, 2, static_cast<int>(time.count())) == 0;
}

void Exchange::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

struct RawServer::State {
  explicit State(Handler given) : handler(std::move(given)) {}

  void accept_all() {
    while (wait_for(listener.get(), stop.get(), POLLIN, -1)) {
      const int socket = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      connections.emplace_back([this, socket] { serve(Fd(socket)); });
    }
  }

  void serve(Fd socket) {
    Exchange exchange(socket.get(), stop.get(), read_head(socket.get(), stop.get()));
    if (exchange.head().empty()) return;
    {
      const std::lock_guard lock(mutex);
      heads.push_back(exchange.head());
    }
    handler(exchange);
  }

  Handler handler;
  Fd listener = listen_on_loopback();
  Fd stop{::eventfd(0, EFD_CLOEXEC)};
  mutable std::mutex mutex;
  std::vector<std::string> heads;
  std::list<std::jthread> connections;  // touched by `acceptor`, then by the destructor
  std::thread acceptor;
};

RawServer::RawServer(Handler handler) : state_(std::make_unique<State>(std::move(handler))) {
  state_->acceptor = std::thread([this] { state_->accept_all(); });
}

RawServer::~RawServer() {
  if (::eventfd_write(state_->stop.get(), 1) != 0) std::terminate();
  state_->acceptor.join();
  state_->connections.clear();
}

int RawServer::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(state_->listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

std::string RawServer::uri(std::string_view path, std::string_view host) const {
  return "http://" + std::string(host) + ":" + std::to_string(port()) + std::string(path);
}

std::vector<std::string> RawServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->heads;
}

}  // namespace slipway::tests
