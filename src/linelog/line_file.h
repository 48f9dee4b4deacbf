// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "inlet53/base/result.h"
#include "inlet53/linelog/line_logs.h"

namespace inlet53::linelog {

/// Result of one attempt to write.
struct WriteStep {
  size_t bytes = 0;      // that the file accepted
  bool is_busy = false;  // the file accepts no more now: wait until it is writable
  int error = 0;         // errno
};

/// File that is open for appending. Threads: one.
class LineFile {
 public:
  /// Opens or creates `path`, with the directories above it. Errors: the reason.
  [[nodiscard]] static Result<LineFile, std::string> open(const std::string& path);
  /// Duplicates a descriptor. If it is closed, the file accepts nothing.
  [[nodiscard]] static LineFile duplicate(int descriptor);

  /// Makes a file that is not open yet.
  LineFile() = default;

  LineFile(LineFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        is_regular_(other.is_regular_),
        ends_within_line_(other.ends_within_line_) {}
  LineFile& operator=(LineFile&& other) noexcept;
  ~LineFile();

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Writes the first part of `lines`. Writes a line end first if the file ended within a line when
  /// it was opened (its process was killed). Blocks only for a regular file: a full pipe or a
  /// stopped terminal is busy. Requires: `lines` is not empty.
  [[nodiscard]] WriteStep write(std::string_view lines, const LineLogs::Write& write);

  /// Declares that the next bytes continue the file's last line.
  void continue_line() noexcept { ends_within_line_ = false; }

  [[nodiscard]] bool is_same(const LineFile& other) const noexcept;
  /// Returns whether no directory has the file any more. A renamed file is not deleted.
  [[nodiscard]] bool is_deleted() const noexcept;

 private:
  explicit LineFile(int descriptor);

  int descriptor_ = -1;
  bool is_regular_ = false;
  bool ends_within_line_ = false;
};

}  // namespace inlet53::linelog
