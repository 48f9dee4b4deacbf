// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "inlet53/net/datagram_listener.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// Slots of one batch, shared by all sockets of one thread, which are polled one after the other. A
/// slot has 4 KiB: the largest response size that EDNS clients usually request. Lifetime: longer
/// than its sources.
class UdpBatch {
 public:
  static constexpr size_t kSlots = DatagramSource::kMaxBatch;
  static constexpr size_t kSlotSize = 4096;

  /// `group_responses`: passes responses of equal size to one peer to the kernel as one message,
  /// where the kernel supports it (UDP_SEGMENT, udp(7)). Peers receive the same datagrams.
  explicit UdpBatch(bool group_responses = true);
  ~UdpBatch();
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

 private:
  friend class UdpSource;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The datagrams of a UDP socket: `poll` is recvmmsg, `send` is sendmmsg.
///
/// When the send buffer is full, `send` waits a few milliseconds at most, then counts and drops the
/// rest of the batch. `poll` discards ICMP errors on the socket.
/// Threads: the loop's. Cost: as a rule one system call for each of `poll` and `send`.
class UdpSource final : public DatagramSource {
 public:
  /// Owns `socket` (see open_udp).
  UdpSource(Loop& loop, Descriptor socket, UdpBatch& batch);
  ~UdpSource() override;

  //--- DatagramSource
  [[nodiscard]] std::span<Datagram> poll() noexcept override;
  void send(std::span<const Datagram> answered) noexcept override;
  void send_late(const SocketAddress& peer, Bytes bytes) noexcept override;
  [[nodiscard]] const Counts& counts() const noexcept override;
  [[nodiscard]] int descriptor() const noexcept override;
  [[nodiscard]] size_t half_of_buffer() const noexcept override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
