// To be loaded in front of libc (LD_PRELOAD): a name service to which case means nothing, as some
// directories are. Whoever asks it for "Nobody" gets "nobody".
#include <dlfcn.h>
#include <pwd.h>
#include <strings.h>

extern "C" int getpwnam_r(const char* name, passwd* found, char* buffer, size_t size,
                          passwd** result) {
  using Function = int(const char*, passwd*, char*, size_t, passwd**);
  auto* real = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, "getpwnam_r"));
  return real(::strcasecmp(name, "nobody") == 0 ? "nobody" : name, found, buffer, size, result);
}
