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

/// DNS over TCP at one endpoint IP address (RFC 7766). Threads: the worker's.
class TcpService final {
 public:
  /// `socket`: bound, not listening. `address`: as for `set_address`. `batch_done` is called after
  /// the messages of one read were answered.
  /// Lifetime: `responder`, `forwarder` and `counts` outlive this object.
  TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
             Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
             const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~TcpService();

  /// Uses `address` and its security groups from now on.
  /// Lifetime: `address` until the next `set_address` or the end.
  void set_address(const resolver::EndpointAddress& address);

  /// Stops accepting connections. Open connections get answers to queries that have arrived, and
  /// are closed after 100 ms without data.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept { return listener_.open_connections(); }

 private:
  class Client;

  const settings::Tcp settings_;
  StreamSessions sessions_;
  EndpointListener listener_;  // last: its connections use the rest
};

}  // namespace inlet53::server
