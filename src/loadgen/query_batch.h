#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ledger.h"
#include <netinet/in.h>
#include <sys/socket.h>

namespace inlet53::loadgen {

/// Queries that leave one socket with one system call. Those of one size that follow each other go
/// as one message that the kernel cuts into datagrams (UDP_SEGMENT, udp(7)), where it can and is
/// asked to: the server gets the same datagrams, and the generator has time for more of them. Over
/// loopback they are cut at the receiving socket, so that all go to the one that the first of them
/// chooses among those of SO_REUSEPORT. Threads: one. Cost: no allocation.
class QueryBatch {
 public:
  // A batch has one time stamp, and sending takes some µs for each datagram at worst. A prime: IDs
  // go up by one, and those of first queries shall differ modulo any number of workers.
  static constexpr size_t kQueries = 17;

  explicit QueryBatch(bool segments) noexcept;

  /// Where query `index` is composed: `Ledger::kMaxQuery` octets.
  [[nodiscard]] uint8_t* place(size_t index) noexcept { return queries_[index].data(); }
  void set_size(size_t index, size_t octets) noexcept { octets_[index].iov_len = octets; }

  /// Sends the first `count` on a connected socket; returns how many of them left. When none did,
  /// errno says why. Requires: `count` is 1 to `kQueries`.
  size_t send(int descriptor, size_t count) noexcept;

 private:
  [[nodiscard]] size_t line_up(size_t count) noexcept;
  [[nodiscard]] size_t run_length(size_t first, size_t count) const noexcept;
  void fill(size_t message, size_t first, size_t queries) noexcept;

  bool segments_;  // until the kernel or the path refuses
  std::array<mmsghdr, kQueries> messages_{};
  std::array<iovec, kQueries> octets_{};
  std::array<std::array<uint8_t, Ledger::kMaxQuery>, kQueries> queries_{};
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> octets;
  };
  std::array<Control, kQueries> controls_{};
};

}  // namespace inlet53::loadgen
