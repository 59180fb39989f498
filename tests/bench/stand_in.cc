// A launch of one local file by a program that has libcurl and libarchive in itself, as
// mesos-fetcher and the fetchers of others do: it starts both libraries, copies the file into the
// directory, and executes the program in its place. (mesos-fetcher is a process of its own, and its
// agent starts the program afterwards: that takes longer.) usage: bench_stand_in FILE DIRECTORY
// PROGRAM [WORDS…], or bench_stand_in --version
#include <archive.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

namespace {

int print_versions() {
  std::printf("libcurl %s\nlibarchive %s\n", ::curl_version_info(CURLVERSION_NOW)->version,
              ::archive_version_string() + std::strlen("libarchive "));
  return 0;
}

// Ready to fetch and to unpack, as before every URI.
bool start_libraries() {
  if (::curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return false;
  const std::unique_ptr<CURL, void (*)(CURL*)> transfer(::curl_easy_init(), ::curl_easy_cleanup);
  const std::unique_ptr<archive, int (*)(archive*)> reader(::archive_read_new(),
                                                           ::archive_read_free);
  return transfer && reader && ::archive_read_support_filter_all(reader.get()) >= ARCHIVE_WARN &&
         ::archive_read_support_format_all(reader.get()) >= ARCHIVE_WARN;
}

bool copy(const char* path, const char* directory) {
  const char* slash = std::strrchr(path, '/');
  const int from = ::open(path, O_RDONLY | O_CLOEXEC);
  const int into = ::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int to = ::openat(into, slash == nullptr ? path : slash + 1,
                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  struct stat found {};
  if (::fstat(from, &found) != 0) return false;
  for (off_t done = 0; done < found.st_size;) {
    if (::sendfile(to, from, &done, static_cast<std::size_t>(found.st_size - done)) <= 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) return print_versions();
  if (argc < 4) return 2;
  if (!start_libraries()) return 1;
  if (!copy(argv[1], argv[2])) {
    std::perror(argv[1]);
    return 1;
  }
  ::execv(argv[3], argv + 3);
  std::perror(argv[3]);
  return 1;
}
