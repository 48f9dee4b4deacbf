// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "inlet53/net/tcp_listener.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/worker_counts.h"

namespace inlet53::server {

/// What `settings::Tcp` and `settings::Tls` say of a listener.
template <class Settings>
[[nodiscard]] net::TcpListener::Options listener_options(const Settings& settings) {
  net::TcpListener::Options options;
  options.backlog = settings.backlog;
  options.max_connections = settings.max_connections;
  options.max_connections_per_client = settings.max_connections_per_client;
  options.max_unsent = settings.max_pipelined_octets;
  options.write_timeout_ms = settings.idle_timeout_ms;
  return options;
}

/// The TCP listener of one endpoint IP address: the sources that its security groups do not admit
/// get no handshake. Threads: the worker's.
class EndpointListener {
 public:
  /// `socket`: bound, not listening. `connections` counts those that are let in; `accept` makes
  /// their clients, and sets their timeouts.
  /// Lifetime: `counts` outlives this, `address` until the next `set_address`.
  EndpointListener(net::Loop& loop, net::Descriptor socket,
                   const net::TcpListener::Options& options, WorkerCounts& counts,
                   Counter& connections, const resolver::EndpointAddress& address,
                   net::TcpListener::Accept accept);
  ~EndpointListener();
  EndpointListener(const EndpointListener&) = delete;
  EndpointListener& operator=(const EndpointListener&) = delete;

  /// From now on admits whom `address` does. Connections that stand are kept, as AWS keeps tracked
  /// ones.
  void set_address(const resolver::EndpointAddress& address);
  /// Accepts no more connections, and has each client drain.
  void drain() { listener_.drain(); }
  [[nodiscard]] size_t open_connections() const noexcept { return listener_.counts().open; }
  /// What the listener refused goes to the worker's counts.
  void count_refused();

 private:
  std::unique_ptr<net::TcpClient> admit(net::TcpConnection& connection);

  WorkerCounts& counts_;
  Counter& connections_;
  const resolver::EndpointAddress* address_;
  const net::TcpListener::Accept accept_;
  uint64_t refused_counted_ = 0;
  net::TcpListener listener_;
};

}  // namespace inlet53::server
