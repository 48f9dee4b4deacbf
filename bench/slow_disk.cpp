// SPDX-License-Identifier: Apache-2.0

// A library for LD_PRELOAD that imitates a slow disk: a write to the file SLOW_DISK_FILE takes
// SLOW_DISK_MS milliseconds while the file SLOW_DISK_SWITCH exists.

#include <cstdlib>
#include <ctime>
#include <string>

#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

/** Returns an environment variable's text, empty when it is not set. */
std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Settings {
  std::string file = setting("SLOW_DISK_FILE");
  std::string switch_file = setting("SLOW_DISK_SWITCH");
  long milliseconds = std::atol(setting("SLOW_DISK_MS").c_str());
};

const Settings& settings() {
  static const Settings instance;
  return instance;
}

/** Returns whether `descriptor` is open at the file that is slow. */
bool is_slow_file(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = readlink(link.c_str(), path, sizeof path);
  return length > 0 && settings().file == std::string(path, static_cast<size_t>(length));
}

void delay(int descriptor) {
  if (settings().file.empty() || access(settings().switch_file.c_str(), F_OK) != 0 ||
      !is_slow_file(descriptor)) {
    return;
  }
  timespec left{settings().milliseconds / 1000, settings().milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0) {
  }
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  delay(descriptor);
  return real(descriptor, data, size);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
  delay(descriptor);
  return real(descriptor, parts, count);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  delay(descriptor);
  return real(descriptor, data, size, offset);
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
  static auto* const real = next<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  delay(descriptor);
  return real(descriptor, parts, count, offset);
}

}  // extern "C"
