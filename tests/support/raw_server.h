// A TCP server on loopback that says what a test tells it to, right or wrong.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tests {

// What a handler sees of one connection, after the head of a request has come in.
class Exchange {
 public:
  Exchange(int socket, int stop, std::string head)
      : socket_(socket), stop_(stop), head_(std::move(head)) {}

  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] std::string method() const;
  [[nodiscard]] std::string target() const;  // as in the request line
  // The header of that name (any case); nothing where the request has none.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;

  // False once the other side has gone away; the same for all below.
  bool send(std::string_view bytes);
  // A whole response with Content-Length. `headers`: lines that end in "\r\n".
  bool respond(std::string_view status, std::string_view body, std::string_view headers = "");
  // Leaves the connection as it is: until the time is over, the client goes, or the server stops.
  bool wait(std::chrono::milliseconds time);
  // Ends the connection with RST instead of FIN.
  void reset();

 private:
  int socket_;
  int stop_;
  std::string head_;
};

class RawServer {
 public:
  using Handler = std::function<void(Exchange&)>;

  // Serves 127.0.0.1, one thread for each connection, one request on each. The handler is called on
  // these threads; its connection is closed when it returns.
  explicit RawServer(Handler handler);
  // Ends what is still running.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] int port() const;
  // "http://HOST:PORT" + path.
  [[nodiscard]] std::string uri(std::string_view path = "/",
                                std::string_view host = "127.0.0.1") const;
  // The heads of all requests so far, in the order of their arrival.
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The header of that name in the head of a request.
std::optional<std::string> header_in(std::string_view head, std::string_view name);

}  // namespace slipway::tests
