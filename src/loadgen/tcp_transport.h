// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "transport.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

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
  [[nodiscard]] std::string complaint(int error) const;

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
