#pragma once

#include <string>

#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

/// Its holder owns the socket at a path, from before the socket is made until after it was removed.
/// It is a lock on the file `PATH.lock`, which holds the process's number and goes with the lock. A
/// process that is stopped or hangs keeps it; one that dies loses it. Threads: one.
class PathLock {
 public:
  /// Errors: a text with the path: another process has the lock, or the file cannot be had.
  [[nodiscard]] static Result<PathLock, std::string> take(const std::string& path);
  ~PathLock();
  PathLock(PathLock&&) noexcept = default;
  PathLock& operator=(PathLock&&) = delete;

 private:
  PathLock(std::string file, net::Descriptor descriptor)
      : file_(std::move(file)), descriptor_(std::move(descriptor)) {}
  [[nodiscard]] bool is_at_its_path() const noexcept;
  void write_owner() const noexcept;

  std::string file_;
  net::Descriptor descriptor_;
};

}  // namespace inlet53::control
