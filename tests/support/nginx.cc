#include "tests/support/nginx.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "sandbox/base/fd.h"
#include "tests/support/run_program.h"

namespace slipway::tests {

namespace {

constexpr char kProgram[] = "/usr/sbin/nginx";
// What requests() asks for itself, to know that the log is complete.
constexpr char kMarker[] = "/log-is-complete-up-to-here-";

struct Server {
  const char* certificate;  // nullptr: plain http
};
constexpr std::array<Server, 5> kServers{
    {{nullptr}, {"good"}, {"expired"}, {"wrong-host"}, {"self-signed"}}};
enum Which : std::size_t { kHttp, kHttps, kExpired, kWrongHost, kSelfSigned };

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// Listens already, so that nobody else can take the port before nginx runs.
Fd listen_anywhere() {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(0);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("bind");
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) fail("listen");
  return socket;
}

int port_of(const Fd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

// Sends one request by hand; true where nginx answered.
bool ask(int port, const std::string& target) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{10, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return false;
  }
  const std::string request = "HEAD " + target + " HTTP/1.0\r\n\r\n";
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
  char answer[1024];
  ssize_t count = 0;
  bool answered = false;
  while ((count = ::recv(socket.get(), answer, sizeof answer, 0)) > 0) answered = true;
  return answered;
}

std::string server_block(const Server& server, int port, const std::string& locations) {
  std::ostringstream out;
  out << "  server {\n    listen 127.0.0.1:" << port << (server.certificate ? " ssl" : "") << ";\n";
  if (server.certificate != nullptr) {
    out << "    ssl_certificate " << server.certificate << ".pem;\n"
        << "    ssl_certificate_key " << server.certificate << ".key;\n";
  }
  out << "    root www;\n    " << locations << "\n  }\n";
  return out.str();
}

}  // namespace

// The listening sockets, handed over the way nginx does it when it replaces its own program: their
// numbers in the variable NGINX.
class Nginx::Sockets {
 public:
  Sockets() {
    for (std::size_t i = 0; i < kServers.size(); ++i) sockets_.push_back(listen_anywhere());
  }
  [[nodiscard]] std::vector<int> ports() const {
    std::vector<int> ports;
    for (const Fd& socket : sockets_) ports.push_back(port_of(socket));
    return ports;
  }
  [[nodiscard]] std::string variable() const {
    std::string text = "NGINX=";
    for (const Fd& socket : sockets_) text += std::to_string(socket.get()) + ";";
    return text;
  }
  void keep_over_exec() const {
    for (const Fd& socket : sockets_) ::fcntl(socket.get(), F_SETFD, 0);
  }

 private:
  std::vector<Fd> sockets_;
};

Nginx::Nginx(const std::string& locations) {
  dir_.make_directory("www");
  make_certificates();
  start(locations);
}

Nginx::~Nginx() {
  ::kill(pid_, SIGTERM);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Nginx::make_certificates() const {
  // One shell, because each start of openssl counts: an authority, three certificates it signs, and
  // one that signs itself. The dates of `openssl ca` are the only way into the past.
  static constexpr char kScript[] = R"(set -e
new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$1.key" "${@:3}"; }
touch index.txt
cat > ca.cnf <<END
[ca]
default_ca = one
[one]
dir = .
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END
new ca 'slipway test authority' -x509 -out ca.pem -days 2
sign() {
  new "$1" "$1" -out "$1.csr"
  echo "subjectAltName=$2" > "$1.ext"
  openssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in "$1.csr" -out "$1.pem" \
    -extfile "$1.ext" -startdate "$3" -enddate "$4"
}
here=DNS:localhost,IP:127.0.0.1
sign good $here 20200101000000Z 20491231000000Z
sign expired $here 20200101000000Z 20210101000000Z
sign wrong-host DNS:other.example 20200101000000Z 20491231000000Z
new self-signed self-signed -x509 -out self-signed.pem -days 2 -addext "subjectAltName=$here"
)";
  RunOptions options;
  options.cwd = dir_.path();
  const RunResult result = run_program({"bash", "-c", kScript}, options);
  if (result.exit_code != 0) throw std::runtime_error("openssl: " + result.err);
}

void Nginx::start(const std::string& locations) {
  const Sockets sockets;
  ports_ = sockets.ports();
  // In the foreground: what is started here is what is ended later. One worker: requests are logged
  // in the order of their answers. (No single process: nginx 1.22 crashes with sockets it is
  // given.)
  std::string config =
      "daemon off;\nworker_processes 1;\nuser root root;\nerror_log error.log;\npid nginx.pid;\n"
      "events {}\nhttp {\n  log_format counted '$request_method $request_uri $status "
      "$body_bytes_sent';\n  access_log access.log counted;\n";
  for (const char* temporary : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    config += std::string("  ") + temporary + "_temp_path tmp;\n";
  }
  for (std::size_t i = 0; i < kServers.size(); ++i) {
    config += server_block(kServers[i], ports_[i], locations);
  }
  // The certificates are looked for beside this file, everything else below -p.
  const std::string file = dir_.write("nginx.conf", config + "}\n");
  const std::string variable = sockets.variable();
  const std::string prefix = dir_.path() + "/";
  const char* argv[] = {kProgram,     "-p", prefix.c_str(), "-c",
                        file.c_str(), "-e", "error.log",    nullptr};
  const char* env[] = {variable.c_str(), nullptr};
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // it ends its worker
    sockets.keep_over_exec();
    ::execve(kProgram, const_cast<char**>(argv), const_cast<char**>(env));
    ::_exit(127);
  }
  // The sockets listen already: the first request waits until nginx is there to answer it.
  if (!ask(ports_[kHttp], kMarker) || ::waitpid(pid_, nullptr, WNOHANG) != 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error("nginx does not serve: " + read_file(dir_ / "error.log"));
  }
}

std::string Nginx::write(std::string_view name, std::string_view content, mode_t mode) const {
  return dir_.write("www/" + std::string(name), content, mode);
}

std::string Nginx::uri(std::size_t which, std::string_view path) const {
  return std::string(which == kHttp ? "http" : "https") +
         "://127.0.0.1:" + std::to_string(ports_.at(which)) + std::string(path);
}
std::string Nginx::http(std::string_view path) const {
  return uri(kHttp, path);
}
std::string Nginx::https(std::string_view path) const {
  return uri(kHttps, path);
}
std::string Nginx::https_expired(std::string_view path) const {
  return uri(kExpired, path);
}
std::string Nginx::https_wrong_host(std::string_view path) const {
  return uri(kWrongHost, path);
}
std::string Nginx::https_self_signed(std::string_view path) const {
  return uri(kSelfSigned, path);
}

std::vector<std::string> Nginx::requests() const {
  // nginx logs a request after its last byte has left. It has one worker: what was answered before
  // this marker is logged before it.
  const std::string marker = kMarker + std::to_string(++markers_);
  if (!ask(ports_[kHttp], marker)) throw std::runtime_error("nginx does not answer any more");
  std::vector<std::string> lines;
  for (int tries = 0; tries < 1000; ++tries, ::usleep(1000)) {
    lines.clear();
    std::istringstream log(read_file(dir_ / "access.log"));
    bool complete = false;
    for (std::string line; std::getline(log, line);) {
      complete = complete || line.find(marker + " ") != std::string::npos;
      if (line.find(kMarker) == std::string::npos) lines.push_back(line);
    }
    if (complete) return lines;
  }
  throw std::runtime_error("nginx did not log the marker");
}

std::size_t Nginx::count(std::string_view prefix) const {
  const auto lines = requests();
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(prefix); }));
}

}  // namespace slipway::tests
