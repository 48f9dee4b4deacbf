#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <sys/socket.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// One datagram in a slot that the batch owns: the query as received, then the response in place.
struct Datagram {
  uint8_t* data = nullptr;  // `capacity` octets
  uint32_t capacity = 0;
  uint32_t received = 0;  // octets of the query
  uint32_t response = 0;  // set by the handler: octets to send back; 0: nothing
  const sockaddr* peer = nullptr;
};

/// Slots for one batch, shared by all listeners of one thread (they run one after the other).
/// 64 slots: enough to spread the cost of two system calls, few enough to stay in the L2 cache; of
/// 4 KiB: the largest response that EDNS sizes in use ask for. Lifetime: outlives its listeners.
class UdpBatch {
 public:
  static constexpr size_t kSlots = 64;
  static constexpr size_t kSlotSize = 4096;

  /// `group_responses`: those of one size to one peer go to the kernel as one message, where it
  /// takes that (UDP_SEGMENT, udp(7)); peers receive the same datagrams.
  explicit UdpBatch(bool group_responses = true);
  ~UdpBatch();
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

 private:
  friend class UdpListener;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Answers the datagrams of one UDP socket: when the loop says readable, and in every turn while
/// datagrams keep coming, receives a batch (recvmmsg), has it answered in place, sends what is to
/// be sent (sendmmsg), and again until the socket is empty or `kMaxBatches` have passed. Nothing
/// else stands between socket and handler, so that another source of datagrams (AF_XDP) can stand
/// in for it.
///
/// A datagram longer than a slot is counted and handed over as an empty one (no query over UDP is
/// longer than 4 KiB). A response that the kernel refuses is counted and left out; while the send
/// buffer is full the listener waits for it, a few milliseconds at most, then counts and leaves out
/// the rest of the batch. Errors that ICMP left on the socket are read and forgotten.
/// Threads: the loop's. Cost: 2 system calls a batch and no allocation.
class UdpListener {
 public:
  static constexpr int kMaxBatches = 16;
  /// As many datagrams waiting at once, or as fill half of the receive buffer where that holds
  /// less than twice as many, mean that the listener has fallen behind.
  static constexpr size_t kBehind = kMaxBatches * UdpBatch::kSlots;
  /// Answers a batch of 1 to `UdpBatch::kSlots`, between receive and send: sets `response` where
  /// something goes back (at most `capacity`). `context` is as given. It must not destroy the
  /// listener.
  using Handler = void (*)(void* context, std::span<Datagram> batch) noexcept;

  /// Takes over `socket` (see open_udp). `fell_behind` is called when it has (`kBehind`), once a
  /// turn at most; it may be empty and must not destroy the listener.
  UdpListener(Loop& loop, Descriptor socket, UdpBatch& batch, Handler handler, void* context,
              std::function<void()> fell_behind = {});
  ~UdpListener();
  UdpListener(const UdpListener&) = delete;
  UdpListener& operator=(const UdpListener&) = delete;

  struct Counts {
    uint64_t received = 0;
    uint64_t oversized = 0;    // longer than a slot, dropped
    uint64_t send_failed = 0;  // responses that the kernel did not take
    uint64_t sent_groups = 0;  // messages that carried more than one response
  };
  [[nodiscard]] const Counts& counts() const noexcept;
  [[nodiscard]] int descriptor() const noexcept;

  /// Sends a response that took its time, with others of this turn of the loop at its end, at the
  /// latest when the listener is destroyed. One that the kernel does not take is counted and left
  /// out. Cost: a copy, and a part of a system call.
  void send(const SocketAddress& peer, Bytes octets) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
