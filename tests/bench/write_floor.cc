// The least that unpacking can cost on one thread: an uncompressed tar, mapped, and for every
// member the system calls that make it; no checks. Understands what GNU tar writes by default.
// usage: bench_write_floor PLAIN-TAR DIRECTORY
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kBlock = 512;

// ustar's header, as far as it is needed (tar(5)).
struct Header {
  char name[100];
  char mode[8];
  char owner[16];
  char size[12];
  char time[12];
  char sum[8];
  char type;
  char link[100];
};

void must(long result, const std::string& what) {
  if (result >= 0) return;
  std::perror(what.c_str());
  std::exit(1);
}

template <std::size_t kSize>
std::string text(const char (&field)[kSize]) {
  return {field, ::strnlen(field, kSize)};
}

template <std::size_t kSize>
long octal(const char (&field)[kSize]) {
  return std::strtol(text(field).c_str(), nullptr, 8);
}

struct Member {
  std::string name;
  std::string link;
  mode_t mode;
  timespec times[2];
  std::string_view data;
};

// Whether `directory` ("" is the one we write into) is `name` or one of those above it.
bool is_at_or_above(const std::string& directory, std::string_view name) {
  if (!name.starts_with(directory)) return false;
  return directory.empty() || name.size() == directory.size() || name[directory.size()] == '/';
}

// Members of one directory stand side by side: the descriptors of the last one and of those above
// it do.
class Writer {
 public:
  explicit Writer(const char* root) {
    open_.push_back({"", ::open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)});
    must(open_.back().descriptor, root);
  }

  void file(const Member& member) {
    const char* name = enter(member.name);
    const int made = ::openat(parent(), name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, member.mode);
    must(made, member.name);
    for (std::string_view rest = member.data; !rest.empty();) {
      const ssize_t count = ::write(made, rest.data(), rest.size());
      must(count, member.name);
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    must(::futimens(made, member.times), member.name);
    ::close(made);
  }
  void directory(const Member& member) {
    const char* name = enter(member.name);
    must(::mkdirat(parent(), name, member.mode), member.name);
    directories_.push_back(member);
  }
  void symbolic_link(const Member& member) {
    const char* name = enter(member.name);
    must(::symlinkat(member.link.c_str(), parent(), name), member.name);
    must(::utimensat(parent(), name, member.times, AT_SYMLINK_NOFOLLOW), member.name);
  }
  void hard_link(const Member& member) {
    const char* name = enter(member.name);
    must(::linkat(root(), member.link.c_str(), parent(), name, 0), member.name);
  }
  // Last: what is made inside changes them.
  void set_times_of_directories() {
    for (const Member& member : directories_) {
      must(::utimensat(root(), member.name.c_str(), member.times, 0), member.name);
    }
  }

 private:
  // Makes parent() the directory that the name lies in; gives its last component back.
  const char* enter(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    const std::string_view wanted(name.data(), slash == std::string::npos ? 0 : slash);
    while (!is_at_or_above(open_.back().name, wanted)) {
      ::close(parent());
      open_.pop_back();
    }
    if (const std::size_t known = open_.back().name.size(); known != wanted.size()) {
      const std::string rest(wanted.substr(known == 0 ? 0 : known + 1));
      const int next = ::openat(parent(), rest.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      must(next, name);
      open_.push_back({std::string(wanted), next});
    }
    return name.c_str() + (slash == std::string::npos ? 0 : slash + 1);
  }
  [[nodiscard]] int parent() const { return open_.back().descriptor; }
  [[nodiscard]] int root() const { return open_.front().descriptor; }

  struct Directory {
    std::string name;
    int descriptor;
  };
  std::vector<Directory> open_;
  std::vector<Member> directories_;
};

class Reader {
 public:
  explicit Reader(std::string_view archive) : rest_(archive) {}

  void give_all_to(Writer& writer) {
    while (rest_.size() >= kBlock && rest_[0] != '\0') {
      const auto* header = reinterpret_cast<const Header*>(rest_.data());
      rest_.remove_prefix(kBlock);
      const auto size = static_cast<std::size_t>(octal(header->size));
      const std::string_view data = rest_.substr(0, size);
      rest_.remove_prefix(std::min(rest_.size(), (size + kBlock - 1) / kBlock * kBlock));
      if (header->type == 'L' || header->type == 'K') {
        (header->type == 'L' ? long_name_ : long_link_) = data.substr(0, data.find('\0'));
      } else {
        make(header->type, member(*header, data), writer);
      }
    }
    writer.set_times_of_directories();
  }

 private:
  Member member(const Header& header, std::string_view data) {
    std::string name = std::exchange(long_name_, "");
    std::string link = std::exchange(long_link_, "");
    if (name.empty()) name = text(header.name);
    if (link.empty()) link = text(header.link);
    if (name.ends_with('/')) name.pop_back();
    const timespec time{octal(header.time), 0};
    const auto mode = static_cast<mode_t>(octal(header.mode) & 0777);
    return {std::move(name), std::move(link), mode, {time, time}, data};
  }

  static void make(char type, const Member& member, Writer& writer) {
    switch (type) {
      case '0':
        return writer.file(member);
      case '1':
        return writer.hard_link(member);
      case '2':
        return writer.symbolic_link(member);
      case '5':
        return writer.directory(member);
      default:
        std::fprintf(stderr, "%s: a member of a kind that is not known\n", member.name.c_str());
        std::exit(1);
    }
  }

  std::string_view rest_;
  std::string long_name_;
  std::string long_link_;
};

std::string_view map(const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  must(file, path);
  struct stat found {};
  must(::fstat(file, &found), path);
  const auto size = static_cast<std::size_t>(found.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) must(-1, path);
  ::close(file);
  return {static_cast<const char*>(bytes), size};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  ::umask(022);
  Writer writer(argv[2]);
  Reader(map(argv[1])).give_all_to(writer);
}
