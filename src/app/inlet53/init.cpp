// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <iostream>

#include "commands.h"
#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/program.h"
#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

int init_error(std::string_view file, std::string_view reason) {
  print_error(concat(file, ": ", reason));
  return kExitFailure;
}

// Returns 0 or the system's error.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (written == 0) {
      return EIO;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Returns 0 or the system's error.
int write_and_close(int descriptor, std::string_view text) {
  const int error = write_all(descriptor, text);
  // Some file systems report a full disk only here.
  if (close(descriptor) != 0 && error == 0 && errno != EINTR) return errno;
  return error;
}

}  // namespace

int run_init(const InitOptions& options) {
  const std::string& file = options.file;
  if (file == "-") {
    std::cout << kStarterConfiguration;
    return kExitOk;
  }
  // O_EXCL: no existing file and no symbolic link is followed or changed.
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor == -1) {
    if (errno == EEXIST) return init_error(file, "exists, and init does not overwrite it");
    return init_error(file, concat("cannot be created: ", std::strerror(errno)));
  }
  if (const int error = write_and_close(descriptor, kStarterConfiguration); error != 0) {
    unlink(file.c_str());
    return init_error(file, concat("cannot be written: ", std::strerror(error)));
  }
  std::cout << file << ": written; edit it, then\n  inlet53 check " << file << "\n  inlet53 up "
            << file << '\n';
  return kExitOk;
}

}  // namespace inlet53::app
