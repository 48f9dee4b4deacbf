#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>

#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

/// Waits for any of some sockets to have something to read, with nanoseconds' resolution.
///
/// `Often` registers the sockets once, so that waiting costs little however many there are; but
/// then the kernel notes every datagram that arrives, and over loopback that is the server's time.
/// `Seldom` names the sockets at each wait, for those who mostly look by themselves.
class ReadySet {
 public:
  enum class Use : uint8_t { Often, Seldom };
  ReadySet(Use use, size_t size);

  /// Watches `descriptor` as socket `index`, in place of an earlier one (which is closed by now).
  void watch(size_t index, int descriptor) noexcept;
  /// Requires: closed right after, or before.
  void forget(size_t index) noexcept;
  /// The indexes of those that can be read or have failed. Lifetime: until the next call.
  std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept;

 private:
  std::span<const uint32_t> wait_registered(const timespec& timeout) noexcept;
  std::span<const uint32_t> wait_named(const timespec& timeout) noexcept;

  net::Descriptor epoll_;
  std::vector<pollfd> named_;
  std::vector<uint32_t> ready_;
  std::array<epoll_event, 64> events_{};
};

}  // namespace inlet53::loadgen
