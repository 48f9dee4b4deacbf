#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "inlet53/base/result.h"

namespace inlet53::querylog {

/// One open log file, locked against other processes, whose last line is whole when it is opened.
/// Threads: one.
class LogFile {
 public:
  /// Direct writes start at a multiple of this in the file and in memory, as any disk and file
  /// system that Linux has asks for.
  static constexpr size_t kDirectAlignment = 4096;

  /// Opens or creates (mode 0640) the file, with the directories above it, locks it and cuts an
  /// unfinished last line. Errors: a text that gives the reason.
  [[nodiscard]] static Result<LogFile, std::string> open(const std::string& path);

  LogFile(LogFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        direct_(other.direct_),
        can_direct_(other.can_direct_),
        opened_size_(other.opened_size_),
        opened_modified_(other.opened_modified_) {}
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  /// Its size when it was opened, after the cut.
  [[nodiscard]] uint64_t opened_size() const noexcept { return opened_size_; }

  /// When it was last written to before it was opened, seconds since 1970.
  [[nodiscard]] int64_t opened_modified() const noexcept { return opened_modified_; }

  /// Writes some of `octets`, from the first on, at `offset`: by O_DIRECT when they start aligned
  /// and are many, else through the page cache.
  /// Returns how many were written (0: call again), or errno.
  /// Requires: `offset` is the file's end; `octets` lie in memory as they will in the file, modulo
  /// kDirectAlignment.
  [[nodiscard]] Result<size_t, int> write(std::string_view octets, uint64_t offset) noexcept;

  /// Cuts the file to `size` octets. A failure is left to the cut at the next opening.
  void truncate(uint64_t size) noexcept;

  /// True when `path` still names this file.
  [[nodiscard]] bool is_at(const std::string& path) const noexcept;

 private:
  explicit LogFile(int descriptor) : descriptor_(descriptor) {}

  [[nodiscard]] bool set_direct(bool direct) noexcept;

  int descriptor_;
  bool direct_ = false;     // O_DIRECT is set now
  bool can_direct_ = true;  // until the file system says no
  uint64_t opened_size_ = 0;
  int64_t opened_modified_ = 0;
};

}  // namespace inlet53::querylog
