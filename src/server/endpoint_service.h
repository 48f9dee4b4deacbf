// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "inlet53/net/tcp_listener.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/tls_contexts.h"
#include "inlet53/server/worker_counts.h"

namespace inlet53::server {

/// Service of one worker for one endpoint IP address and protocol. Threads: the worker's.
class EndpointService {
 public:
  virtual ~EndpointService() = default;

  [[nodiscard]] virtual const resolver::EndpointAddress& address() const noexcept = 0;
  /// Uses `address` and its security groups from now on.
  /// Lifetime: `address` until the next `set_address` or the end.
  virtual void set_address(const resolver::EndpointAddress& address) = 0;
  /// Sets the certificates for new connections.
  virtual void set_tls(const TlsContexts&) {}
  /// Lets the kernel distribute datagrams over the first `workers` workers.
  virtual void spread_queries(uint32_t /*workers*/) {}
  /// Stops accepting connections. Open connections get answers to queries that have arrived, and
  /// are closed after 100 ms without data.
  virtual void drain() = 0;
  [[nodiscard]] virtual size_t open_connections() const noexcept = 0;
};

/// Makes the options of a listener from `settings::Tcp` or `settings::Tls`.
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

/// TCP listener of one endpoint IP address. Sources that its security groups do not admit get no
/// handshake. Threads: the worker's.
class EndpointListener {
 public:
  /// `socket`: bound, not listening. `connections`: counter of accepted connections. `accept` makes
  /// their clients and sets their timeouts.
  /// Lifetime: `counts` outlives this object; `address` until the next `set_address`.
  EndpointListener(net::Loop& loop, net::Descriptor socket,
                   const net::TcpListener::Options& options, WorkerCounts& counts,
                   Counter& connections, const resolver::EndpointAddress& address,
                   net::TcpListener::Accept accept);
  ~EndpointListener();
  EndpointListener(const EndpointListener&) = delete;
  EndpointListener& operator=(const EndpointListener&) = delete;

  /// Applies the security groups of `address` to new connections. Open connections stay open, as at
  /// AWS, where they are tracked.
  void set_address(const resolver::EndpointAddress& address);
  /// Stops accepting and drains each client.
  void drain() { listener_.drain(); }
  [[nodiscard]] size_t open_connections() const noexcept { return listener_.counts().open; }
  /// Adds the refused connections since the last call to the worker's counters.
  void count_refused();

 private:
  std::unique_ptr<net::TcpClient> accept_client(net::TcpConnection& connection);

  WorkerCounts& counts_;
  Counter& connections_;
  const resolver::EndpointAddress* address_;
  const net::TcpListener::Accept accept_;
  uint64_t refused_counted_ = 0;
  net::TcpListener listener_;
};

}  // namespace inlet53::server
