// A launch of one cached file by a program that has libcurl and libarchive in itself, as the
// fetchers of others do: it starts both libraries, copies the file and executes the program. usage:
// bench_stand_in CACHED-FILE DESTINATION PROGRAM
#include <archive.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  if (::curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || ::archive_version_number() == 0) {
    return 1;
  }
  const int from = ::open(argv[1], O_RDONLY | O_CLOEXEC);
  const int to = ::open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  constexpr std::size_t kMost = 1 << 20;
  if (::sendfile(to, from, nullptr, kMost) < 0) {
    std::perror(argv[1]);
    return 1;
  }
  ::execv(argv[3], argv + 3);
  std::perror(argv[3]);
  return 1;
}
