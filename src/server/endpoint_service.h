// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "inlet53/resolver/state.h"
#include "inlet53/server/tls_contexts.h"

namespace inlet53::server {

/// One endpoint IP address as a worker serves it by one protocol. Threads: the worker's.
class EndpointService {
 public:
  virtual ~EndpointService() = default;

  [[nodiscard]] virtual const resolver::EndpointAddress& address() const noexcept = 0;
  /// From now on answers from `address`, and admits whom its security groups do.
  /// Lifetime: `address` until the next `set_address` or the end.
  virtual void set_address(const resolver::EndpointAddress& address) = 0;
  /// The certificate for connections that come from now on.
  virtual void set_tls(const TlsContexts&) {}
  /// Has the kernel spread what comes as datagrams over the first `workers` workers.
  virtual void spread_queries(uint32_t /*workers*/) {}
  /// Takes no more connections; those that stand get answers to what has arrived, and end when they
  /// have been idle for 100 ms.
  virtual void drain() = 0;
  [[nodiscard]] virtual size_t open_connections() const noexcept = 0;
};

}  // namespace inlet53::server
