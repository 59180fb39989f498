// The real nginx on loopback, with an authority and certificates made for the occasion.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temp_dir.h"

namespace slipway::tests {

class Nginx {
 public:
  // Starts it on free ports and waits until it serves. `locations`: more directives for the server
  // blocks, such as "location /x { return 302 http://…; }". Throws where nginx or openssl cannot
  // run, which fails the test.
  explicit Nginx(const std::string& locations = "");
  // Ends it by its pid.
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  // A file below the document root; it gets an ETag and a Last-Modified. Gives its path back.
  std::string write(std::string_view name, std::string_view content, mode_t mode = 0644) const;
  [[nodiscard]] std::string docroot() const { return dir_ / "www"; }

  // All serve the same documents. `path` starts with '/'.
  [[nodiscard]] std::string http(std::string_view path) const;   // on 127.0.0.1
  [[nodiscard]] std::string https(std::string_view path) const;  // for 127.0.0.1 and localhost
  // With certificates that must be refused: of the past, for another name, of no authority.
  [[nodiscard]] std::string https_expired(std::string_view path) const;
  [[nodiscard]] std::string https_wrong_host(std::string_view path) const;
  [[nodiscard]] std::string https_self_signed(std::string_view path) const;
  // The certificate of the authority behind https(): for SSL_CERT_FILE.
  [[nodiscard]] std::string ca_file() const { return dir_ / "ca.pem"; }

  // One line for each request so far, on any of the ports: "GET /path 200 BODYBYTES". All that have
  // been answered are in it.
  [[nodiscard]] std::vector<std::string> requests() const;
  // How many of them start with `prefix` ("GET /path ").
  [[nodiscard]] std::size_t count(std::string_view prefix) const;

 private:
  class Sockets;
  void make_certificates() const;
  void start(const std::string& locations);
  [[nodiscard]] std::string uri(std::size_t which, std::string_view path) const;

  TempDir dir_;
  std::vector<int> ports_;
  pid_t pid_ = -1;
  mutable int markers_ = 0;
};

}  // namespace slipway::tests
