#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "log_file.h"
#include "page_memory.h"

namespace inlet53::querylog {

/// What is on its way to the file: a window over the file's octets, of which those from `written`
/// to `end` are still to be written.
///
/// An octet of the file stands in the window at its offset modulo the window's size. So everything
/// is aligned in memory as it is in the file, and records of any length make whole blocks. The
/// window also keeps what was written last, so that a record of which a part is in the file is
/// whole in memory.
///
/// Threads: one.
class LogStage {
 public:
  /// Files are written by whole blocks of this size when there is much to write.
  static constexpr size_t kBlock = size_t{1} << 20;

  LogStage() : window_(kWindow) {}

  /// File offset behind the last octet that is in the file.
  [[nodiscard]] uint64_t written() const noexcept { return written_; }

  /// File offset behind the last octet that was appended.
  [[nodiscard]] uint64_t end() const noexcept { return end_; }

  /// File offset of the last block's edge at or before `end`.
  [[nodiscard]] uint64_t end_of_blocks() const noexcept { return end_ - end_ % kBlock; }

  [[nodiscard]] bool pending() const noexcept { return written_ != end_; }

  /// How many octets can be appended.
  [[nodiscard]] size_t room() const noexcept {
    const auto pending = static_cast<size_t>(end_ - written_);
    return pending < kMostPending ? kMostPending - pending : 0;
  }

  /// Appends whole records. Requires: `records.size()` <= `room()`.
  void append(std::string_view records) noexcept;

  /// Writes up to file offset `until`, or as far as the disk lets. Returns 0 or errno.
  /// Requires: `until` <= `end()`; the file ends at `written()`.
  [[nodiscard]] int write(LogFile& file, uint64_t until) noexcept;

  /// Takes back the part of a record that is in the file without its rest. The file is then to be
  /// cut to `written()`.
  void take_back_torn_record() noexcept;

  /// Goes on with another file that is `offset` octets long; what was not written goes there.
  /// Requires: no torn record.
  void restart(uint64_t offset);

  /// Records that are still to be written. Cost: about 15 ns each.
  [[nodiscard]] uint64_t pending_records() const noexcept;

  /// Octets that were written to all files.
  [[nodiscard]] uint64_t written_octets() const noexcept { return written_octets_; }

 private:
  static constexpr size_t kMostPending = 2 * kBlock;  // a block's rest and a whole buffer
  static constexpr size_t kWindow = 2 * kMostPending;

  void copy_in(std::string_view records) noexcept;
  [[nodiscard]] std::string_view piece(uint64_t from, uint64_t to) const noexcept;

  PageMemory window_;
  uint64_t start_ = 0;  // the file's size when it became ours: a record's edge
  uint64_t written_ = 0;
  uint64_t end_ = 0;
  uint64_t written_octets_ = 0;
};

}  // namespace inlet53::querylog
