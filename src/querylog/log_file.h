// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "inlet53/base/result.h"

namespace inlet53::querylog {

/// Returns the text of an errno.
[[nodiscard]] inline std::string errno_text(int error) {
  return std::generic_category().message(error);
}

/// Open log file with a lock against other processes. Its last line is complete when it is opened.
/// Threads: one.
class LogFile {
 public:
  /// Alignment of direct writes in the file and in memory; sufficient for any disk and file system
  /// of Linux.
  static constexpr size_t kDirectAlignment = 4096;

  /// Opens or creates (mode 0640) the file with its parent directories, locks it and removes an
  /// incomplete last line. Errors: the reason as text.
  [[nodiscard]] static Result<LogFile, std::string> open(const std::string& path);

  LogFile(LogFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        direct_(other.direct_),
        can_direct_(other.can_direct_),
        opened_size_(other.opened_size_),
        opened_modified_(other.opened_modified_) {}
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  /// Size in bytes when the file was opened, after the removal of an incomplete line.
  [[nodiscard]] uint64_t opened_size() const noexcept { return opened_size_; }

  /// Last modification before the file was opened, in seconds since 1970.
  [[nodiscard]] int64_t opened_modified() const noexcept { return opened_modified_; }

  /// Writes the first part of `octets` at `offset`: with O_DIRECT when they are aligned and many,
  /// else through the page cache. Returns the number of bytes written (0: call again), or errno.
  /// Requires: `offset` is the end of the file; the address of `octets` equals `offset` modulo
  /// kDirectAlignment.
  [[nodiscard]] Result<size_t, int> write(std::string_view octets, uint64_t offset) noexcept;

  /// Truncates the file to `size` bytes. Ignores a failure: the next open truncates the file.
  void truncate(uint64_t size) noexcept;

  /// True when `path` still names this file.
  [[nodiscard]] bool is_at(const std::string& path) const noexcept;

 private:
  explicit LogFile(int descriptor) : descriptor_(descriptor) {}

  [[nodiscard]] bool set_direct(bool direct) noexcept;

  int descriptor_;
  bool direct_ = false;     // O_DIRECT is set now
  bool can_direct_ = true;  // until the file system rejects it
  uint64_t opened_size_ = 0;
  int64_t opened_modified_ = 0;
};

/// Renames the log file `path` to `path`.20261122T105252Z, or `…Z-2`, `…Z-3`: a free name that
/// sorts after all earlier rotated files, even if the clock was set back. Returns the new name, or
/// errno. Cost: reads the directory.
[[nodiscard]] Result<std::string, int> move_aside(const std::string& path, int64_t wall_seconds);

/// Removes the oldest rotated files of `path`, so that `keep` remain.
void remove_oldest(const std::string& path, size_t keep);

}  // namespace inlet53::querylog
