// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "buffer_ring.h"
#include "log_file.h"

namespace inlet53::querylog {

/// Returns the number of line ends in `text`. Cost: about 15 ns per line of 500 bytes.
[[nodiscard]] size_t count_lines(std::string_view text) noexcept;

/// Returns the length of the longest prefix of `text` that consists of complete lines and has at
/// most `limit` bytes.
[[nodiscard]] size_t whole_lines(std::string_view text, size_t limit) noexcept;

/// Window over the content of the log file; the bytes from `written` to `end` are not written yet.
///
/// A byte of the file is stored in the window at its file offset modulo the size of the window. So
/// memory and file have the same alignment, and records of any length form whole blocks. The window
/// also keeps the bytes that were written last, so that a record that is in the file only in part
/// is complete in memory.
///
/// Threads: one.
class LogStage {
 public:
  /// Block size of writes under load.
  static constexpr size_t kBlock = size_t{1} << 20;

  LogStage() : window_(kWindow) {}

  /// File offset after the last byte that is written.
  [[nodiscard]] uint64_t written() const noexcept { return written_; }

  /// File offset after the last byte that was appended.
  [[nodiscard]] uint64_t end() const noexcept { return end_; }

  /// File offset of the last block boundary at or before `end`.
  [[nodiscard]] uint64_t end_of_blocks() const noexcept { return end_ - end_ % kBlock; }

  [[nodiscard]] bool pending() const noexcept { return written_ != end_; }

  /// Number of bytes that can be appended.
  [[nodiscard]] size_t room() const noexcept {
    const auto pending = static_cast<size_t>(end_ - written_);
    return pending < kMostPending ? kMostPending - pending : 0;
  }

  /// Appends complete records. Requires: `records.size()` <= `room()`.
  void append(std::string_view records) noexcept;

  /// Writes up to file offset `until`, or until the disk fails. Returns 0 or errno. Requires:
  /// `until` <= `end()`; the file ends at `written()`.
  [[nodiscard]] int write(LogFile& file, uint64_t until) noexcept;

  /// Moves `written` back to the start of a record that is in the file only in part. The caller
  /// then truncates the file to `written()`.
  void discard_torn_record() noexcept;

  /// Continues with another file that is `offset` bytes long; unwritten records go there. Requires:
  /// no torn record.
  void restart(uint64_t offset);

  /// Returns the number of unwritten records. Cost: about 15 ns each.
  [[nodiscard]] uint64_t pending_records() const noexcept;

  /// Returns the number of bytes written to all files.
  [[nodiscard]] uint64_t written_octets() const noexcept { return written_octets_; }

 private:
  static constexpr size_t kMostPending = 2 * kBlock;  // a block's rest and a whole buffer
  static constexpr size_t kWindow = 2 * kMostPending;

  void copy_in(std::string_view records) noexcept;
  [[nodiscard]] std::string_view piece(uint64_t from, uint64_t to) const noexcept;

  PageMemory window_;
  uint64_t start_ = 0;  // size of the file when the stage started: a record boundary
  uint64_t written_ = 0;
  uint64_t end_ = 0;
  uint64_t written_octets_ = 0;
};

}  // namespace inlet53::querylog
