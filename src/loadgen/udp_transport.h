// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ledger.h"
#include "transport.h"
#include <netinet/in.h>
#include <sys/socket.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

/// Queries that one system call sends on one socket. Consecutive queries of equal size are sent as
/// one message that the kernel splits into datagrams (UDP_SEGMENT, udp(7)), if `segments` is true
/// and the kernel supports it. The server receives the same datagrams, and the generator needs less
/// time. Over loopback the kernel splits the message at the receiving socket: of sockets with
/// SO_REUSEPORT, one receives all datagrams of the message. Threads: one. Cost: no allocation.
class QueryBatch {
 public:
  // A batch has one timestamp, and sending takes at most a few µs per datagram. The number is
  // prime: ids increase by one, and the ids of first queries must differ modulo any number of
  // workers.
  static constexpr size_t kQueries = 17;

  explicit QueryBatch(bool segments) noexcept;

  /// Buffer of query `index`: `Ledger::kMaxQuery` bytes.
  [[nodiscard]] uint8_t* place(size_t index) noexcept { return queries_[index].data(); }
  void set_size(size_t index, size_t octets) noexcept { octets_[index].iov_len = octets; }

  /// Sends the first `count` queries on a connected socket and returns how many were sent. If none
  /// was sent, errno has the reason. Requires: `count` is 1 to `kQueries`.
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

class Ledger;

/// Queries over UDP from sockets that are connected to the server. The kernel discards datagrams of
/// other sources and reports ICMP errors such as a closed port.
///
/// With more than four sockets, consecutive queries use different sockets, with one system call
/// each, so that the server never receives two in a row from one port. With up to four, each socket
/// sends batches (`QueryBatch`). Answers are received with recvmmsg.
class UdpTransport final : public Transport {
 public:
  struct Options {
    size_t sockets = 1;
    ReadySet::Use use = ReadySet::Use::Seldom;
    bool segments = false;  // see QueryBatch
  };
  /// Opens the sockets, each with its own port. Errors: text of the system error.
  [[nodiscard]] static Result<std::unique_ptr<UdpTransport>, std::string> open(
      const SocketAddress& server, const Options& options);
  ~UdpTransport() override;

  void attach(Ledger& ledger) noexcept override { ledger_ = &ledger; }
  [[nodiscard]] size_t channels() const noexcept override { return sockets_.size(); }
  size_t send(size_t count) noexcept override;
  size_t receive(size_t channel) noexcept override;
  std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept override;

 private:
  struct Messages;
  UdpTransport(const SocketAddress& server, std::vector<net::Descriptor> sockets,
               const Options& options);
  bool send_one(size_t channel) noexcept;
  size_t send_batch(size_t channel, size_t count) noexcept;
  size_t compose_batch(size_t channel, size_t count) noexcept;
  [[nodiscard]] size_t next_channel() noexcept;
  void note(int error) noexcept;

  SocketAddress server_;
  std::vector<net::Descriptor> sockets_;
  ReadySet ready_;
  std::unique_ptr<Messages> messages_;
  Ledger* ledger_ = nullptr;
  size_t next_ = 0;
};

}  // namespace inlet53::loadgen
