// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

/// Exclusive ownership of the socket at a path, from before the socket is created until after it is
/// removed. It is a lock on the file `PATH.lock`, which contains the process id and is removed with
/// the lock. A process that is stopped or hangs keeps the lock; one that ends loses it. Threads:
/// one.
class PathLock {
 public:
  /// Errors: a text with the path: another process has the lock, or the file cannot be opened.
  [[nodiscard]] static Result<PathLock, std::string> acquire(const std::string& path);
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
