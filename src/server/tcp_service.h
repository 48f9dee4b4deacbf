// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "endpoint_listener.h"
#include "stream_session.h"

#include "inlet53/net/tcp_listener.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// DNS over TCP at one endpoint IP address (RFC 7766). Threads: its worker's loop.
class TcpService final {
 public:
  /// `socket`: bound, not listening. `address` as for `set_address`. `batch_done` is called after
  /// the messages that one read brought were answered.
  /// Lifetime: `responder`, `forwarder` and `counts` outlive this.
  TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
             Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
             const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~TcpService();

  /// From now on answers from `address`, and admits the sources that its security groups do.
  /// Lifetime: `address` until the next `set_address` or the end.
  void set_address(const resolver::EndpointAddress& address);

  /// Takes no more connections; those that stand get answers to what has arrived, and end when they
  /// have been idle for 100 ms.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept { return listener_.open_connections(); }

 private:
  class Client;

  const settings::Tcp settings_;
  StreamSessions sessions_;
  EndpointListener listener_;  // last: its connections use the rest
};

}  // namespace inlet53::server
