// without_calls ERRNO NUMBER[,NUMBER…] PROGRAM [WORD…]: runs the program on a kernel that lacks
// these system calls, or under a filter that does not know them.
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/support/seccomp.h"

int main(int argc, char** argv) {
  if (argc < 4) return 99;
  std::vector<long> calls;
  for (char* at = argv[2]; *at != '\0'; at += *at == ',') calls.push_back(std::strtol(at, &at, 10));
  // Without privilege a filter needs it (seccomp(2)); it changes nothing else for such a user here.
  if (::geteuid() != 0) ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  slipway::tests::deny_calls(calls, static_cast<int>(std::strtol(argv[1], nullptr, 10)));
  ::execv(argv[3], argv + 3);
  std::perror(argv[3]);
  return 99;
}
