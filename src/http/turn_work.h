#pragma once

#include <cstdint>

namespace inlet53::http {

/// The work that one connection does in a turn of the loop, so that many requests of one client, or
/// heads that expand to a lot, leave room for the others'. A turn ends after so many requests or
/// bytes of heads; the rest waits until each other connection has had its turn.
class TurnWork {
 public:
  /// A request costs some 10 us with its response, a turn of requests less than 1 ms.
  static constexpr uint32_t kMaxRequests = 64;
  /// Bytes of heads, decoded: some 100 us.
  static constexpr uint64_t kMaxHeadBytes = 256U << 10;

  void begin() noexcept { *this = {}; }
  void add_request() noexcept { ++requests_; }
  void add_head_bytes(uint64_t bytes) noexcept { head_bytes_ += bytes; }
  [[nodiscard]] bool over() const noexcept {
    return requests_ >= kMaxRequests || head_bytes_ >= kMaxHeadBytes;
  }

 private:
  uint32_t requests_ = 0;
  uint64_t head_bytes_ = 0;
};

}  // namespace inlet53::http
