#pragma once

#include <memory>
#include <vector>

#include "ready_set.h"
#include "transport.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

class Ledger;

/// Queries over UDP, from sockets that are connected to the server: the kernel passes on nothing
/// that another source sent, and tells when ICMP says that nobody listens.
///
/// With more than four sockets, successive queries leave from different ones, one system call each,
/// so that a server never sees two in a row from one port. With up to four, each sends batches
/// (`QueryBatch`). Answers come by recvmmsg.
class UdpTransport final : public Transport {
 public:
  struct Options {
    size_t sockets = 1;
    ReadySet::Use use = ReadySet::Use::Seldom;
    bool segments = false;  // batches may leave as one message
  };
  /// Opens the sockets, each with a port of its own. The error says what the system said.
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
  [[nodiscard]] size_t take_turn() noexcept;
  void note(int error) noexcept;

  SocketAddress server_;
  std::vector<net::Descriptor> sockets_;
  ReadySet ready_;
  std::unique_ptr<Messages> messages_;
  Ledger* ledger_ = nullptr;
  size_t next_ = 0;
};

}  // namespace inlet53::loadgen
