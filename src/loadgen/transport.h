// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ledger.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

/// Sockets of a run: moves messages between the ledger and the server. A channel is one socket,
/// numbered from 0. Threads: one.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Sets the ledger. Requires: called before the methods below. Lifetime: the ledger outlives this
  /// object.
  virtual void attach(Ledger& ledger) noexcept = 0;
  [[nodiscard]] virtual size_t channels() const noexcept = 0;
  /// Sends up to `count` further queries, each on the next channel, and returns how many were sent.
  /// The number is smaller when a socket is full or an error occurs.
  virtual size_t send(size_t count) noexcept = 0;
  /// Receives messages from a channel, up to a limit, and returns their number.
  virtual size_t receive(size_t channel) noexcept = 0;
  /// Waits until a channel is readable or the timeout ends. Returns the readable channels; valid
  /// until the next call.
  virtual std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept = 0;
  /// Returns true when no connection is left that works. The report covers the answers until then.
  [[nodiscard]] virtual bool gave_up() const noexcept { return false; }
  /// Reason why the server cannot be reached; empty unless that shows before the first answer.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

 protected:
  std::string failure_;
};

/// Waits until any of a set of sockets is readable, with nanosecond resolution.
///
/// `Often` registers the sockets once, so that the cost of a wait does not depend on their number.
/// But then the kernel records every datagram that arrives, and over loopback the server pays for
/// that. `Seldom` passes the sockets with each wait and suits callers that mostly poll.
class ReadySet {
 public:
  enum class Use : uint8_t { Often, Seldom };
  ReadySet(Use use, size_t size);

  /// Watches `descriptor` as socket `index`. Requires: the former socket `index` is closed.
  void watch(size_t index, int descriptor) noexcept;
  /// Stops watching socket `index`. Requires: the caller closes it right before or after.
  void forget(size_t index) noexcept;
  /// Returns the indexes of sockets that are readable or failed. Lifetime: until the next call.
  std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept;

 private:
  std::span<const uint32_t> wait_registered(const timespec& timeout) noexcept;
  std::span<const uint32_t> wait_named(const timespec& timeout) noexcept;

  net::Descriptor epoll_;
  std::vector<pollfd> named_;
  std::vector<uint32_t> ready_;
  std::array<epoll_event, 64> events_{};
};

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
  void record_error(int error) noexcept;

  SocketAddress server_;
  std::vector<net::Descriptor> sockets_;
  ReadySet ready_;
  std::unique_ptr<Messages> messages_;
  Ledger* ledger_ = nullptr;
  size_t next_ = 0;
};

/// Queries over TCP, pipelined on persistent connections; answers may arrive in any order. Queries
/// in flight on a connection that ends are lost. The connection is opened again when its turn
/// comes: at once if it has received an answer, else after 100 ms. If connections keep ending and
/// no message arrives for `give_up_ns`, the transport gives up. Source: RFC 7766 §6.2, §8.
class TcpTransport final : public Transport {
 public:
  struct Options {
    size_t connections = 10;
    size_t share = 1;  // maximum number of queries in flight per connection
    ReadySet::Use use = ReadySet::Use::Seldom;
    uint64_t give_up_ns = 2'000'000'000;  // maximum time without a message
  };
  /// Starts to connect. Errors: text of the system error.
  [[nodiscard]] static Result<std::unique_ptr<TcpTransport>, std::string> open(
      const SocketAddress& server, const Options& options);
  ~TcpTransport() override;

  void attach(Ledger& ledger) noexcept override { ledger_ = &ledger; }
  [[nodiscard]] size_t channels() const noexcept override { return connections_.size(); }
  size_t send(size_t count) noexcept override;
  size_t receive(size_t channel) noexcept override;
  std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept override;
  [[nodiscard]] bool gave_up() const noexcept override { return gave_up_; }

 private:
  struct Connection {
    [[nodiscard]] bool has_pending() const noexcept { return out_begin < out_end; }
    void reset() noexcept;

    net::Descriptor socket;
    std::vector<uint8_t> out = std::vector<uint8_t>(size_t{64} << 10);
    size_t out_begin = 0;
    size_t out_end = 0;
    // Holds the largest message and more data after it.
    std::vector<uint8_t> in = std::vector<uint8_t>(size_t{128} << 10);
    size_t in_end = 0;
    bool brought_answers = false;
    uint64_t retry_at_ns = 0;
  };
  TcpTransport(const SocketAddress& server, const Options& options);
  [[nodiscard]] int connect(size_t channel) noexcept;
  bool append_query(size_t channel, uint64_t now) noexcept;
  bool reopen(size_t channel, uint64_t now) noexcept;
  void flush(size_t channel) noexcept;
  size_t parse_messages(size_t channel) noexcept;
  void end(size_t channel, int error) noexcept;
  [[nodiscard]] std::string error_text(int error) const;

  SocketAddress server_;
  size_t share_;
  std::vector<Connection> connections_;
  ReadySet ready_;
  Ledger* ledger_ = nullptr;
  size_t next_ = 0;
  uint64_t give_up_ns_;
  uint64_t last_message_ns_ = 0;  // of the last message or, before one, of the first end
  bool gave_up_ = false;
};

}  // namespace inlet53::loadgen
