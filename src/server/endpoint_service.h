// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "inlet53/resolver/state.h"
#include "inlet53/server/tls_contexts.h"

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

}  // namespace inlet53::server
