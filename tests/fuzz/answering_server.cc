#include "tests/fuzz/answering_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "sandbox/base/text.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

constexpr int kPatience = 1000;  // milliseconds, for a request

// Up to the empty line, or until nothing comes any more.
void read_head(int socket) {
  std::string head;
  char piece[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    pollfd ready{socket, POLLIN, 0};
    if (::poll(&ready, 1, kPatience) <= 0) return;
    const ssize_t count = ::recv(socket, piece, sizeof piece, 0);
    if (count <= 0) return;
    head.append(piece, static_cast<std::size_t>(count));
  }
}

}  // namespace

AnsweringServer::AnsweringServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  hold(::bind(listener_.get(), any, size) == 0 && ::listen(listener_.get(), 16) == 0 &&
           ::getsockname(listener_.get(), any, &size) == 0,
       "a server on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

AnsweringServer::~AnsweringServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::string AnsweringServer::serve(std::vector<std::string> answers) {
  const std::lock_guard lock(mutex_);
  answers_ = std::move(answers);
  served_ = 0;
  ++address_;
  return cat("127.", 1 + address_ / 65536 % 250, '.', address_ / 256 % 256, '.', address_ % 256,
             ':', port_);
}

std::size_t AnsweringServer::served() const {
  const std::lock_guard lock(mutex_);
  return served_;
}

void AnsweringServer::accept_all() {
  for (;;) {
    const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) return;
    answer(connection);
  }
}

void AnsweringServer::answer(const Fd& connection) {
  read_head(connection.get());
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    if (served_ < answers_.size()) bytes = answers_[served_++];
  }
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count =
        ::send(connection.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
  ::shutdown(connection.get(), SHUT_WR);
}

}  // namespace slipway::fuzz
