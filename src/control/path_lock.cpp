// SPDX-License-Identifier: Apache-2.0
#include "path_lock.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/file.h"
#include "inlet53/base/text.h"

namespace inlet53::control {

namespace {

constexpr size_t kMaxNumber = 20;  // digits

// Returns ` (process 1234)` from the file; empty when the owner has not written it yet.
std::string owner_text(int descriptor) {
  char octets[kMaxNumber];
  const ssize_t got = pread(descriptor, octets, sizeof octets, 0);
  const std::string number(octets, got > 0 ? static_cast<size_t>(got) : 0);
  const bool is_number =
      !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? concat(" (process ", number, ")") : "";
}

}  // namespace

Result<PathLock, std::string> PathLock::acquire(const std::string& path) {
  const std::string file = path + ".lock";
  for (;;) {
    const auto opened = open_own_file(file, O_RDWR | O_NOFOLLOW, 0600);
    if (!opened) return Unexpected(concat(file, ": cannot be opened: ", opened.error()));
    PathLock lock(file, net::Descriptor(*opened));
    if (flock(*opened, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      const std::string owner = owner_text(*opened);
      lock.descriptor_.reset();  // the file is the other's
      if (error == EINTR) continue;
      if (error != EWOULDBLOCK) {
        return Unexpected(
            concat(file, ": cannot be locked: ", std::generic_category().message(error)));
      }
      return Unexpected(concat(path, ": cannot listen: another daemon", owner,
                               " uses it; stop that daemon, or configure another path"));
    }
    if (lock.is_at_its_path()) {
      lock.write_owner();
      return lock;
    }
    lock.descriptor_.reset();  // its last owner has removed it meanwhile
  }
}

PathLock::~PathLock() {
  // Removes the file before the lock: a process that waits for the lock then sees that the file is
  // not at its path.
  if (descriptor_.valid() && is_at_its_path()) unlink(file_.c_str());
}

bool PathLock::is_at_its_path() const noexcept { return is_at_path(descriptor_.get(), file_); }

void PathLock::write_owner() const noexcept {
  const std::string number = std::to_string(getpid());
  if (ftruncate(descriptor_.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written =
      pwrite(descriptor_.get(), number.data(), number.size(), 0);
}

}  // namespace inlet53::control
