// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "prefetch.h"

#include "inlet53/net/datagram_listener.h"
#include "inlet53/net/loop.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/server/worker_counts.h"

namespace inlet53::server {

/// Objects that the services of one worker share. Lifetime: they outlive the services.
struct AnsweringParts {
  Responder& responder;
  QueryForwarder& forwarder;
  WorkerCounts& counts;
  /// Called after a batch of messages was answered.
  std::function<void()> batch_done;
};

/// DNS over UDP at one endpoint IP address: answers each batch of datagrams in place.
/// Threads: the worker's.
class UdpService final : public Replier {
 public:
  /// `fell_behind`: see DatagramListener. Lifetime: `address` until the next `set_address` or the
  /// end.
  UdpService(net::Loop& loop, std::unique_ptr<net::DatagramSource> source,
             BatchPrefetcher& prefetcher, const AnsweringParts& parts,
             const resolver::EndpointAddress& address, std::function<void()> fell_behind);
  ~UdpService();
  UdpService(const UdpService&) = delete;
  UdpService& operator=(const UdpService&) = delete;

  void set_address(const resolver::EndpointAddress& address) noexcept { address_ = &address; }
  [[nodiscard]] int descriptor() const noexcept { return listener_.source().descriptor(); }

  //--- Replier
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return *address_;
  }
  void reply(const ReplyTo& to, Bytes response) override;

 private:
  void answer(std::span<net::Datagram> batch) noexcept;
  void forward(const net::Datagram& datagram, SocketAddress source, Reply reply);
  /// Adds the counters of the source since the last call to the worker's counters.
  void count_sent() noexcept;

  BatchPrefetcher& prefetcher_;
  const AnsweringParts parts_;
  const resolver::EndpointAddress* address_;
  net::DatagramListener listener_;
  net::DatagramSource::Counts counted_;
};

}  // namespace inlet53::server
