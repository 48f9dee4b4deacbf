// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/forward/target.h"
#include "inlet53/net/send_error.h"

namespace inlet53::forward {

/// Interface through which the FetchRunner sends queries: sockets in the forwarder, a script in a
/// test. Targets are numbers. Responses and errors go to the FetchRunner with the token of the
/// query, and never within one of these calls.
class QueryTransport {
 public:
  virtual void add_target(uint32_t target, const Target& address,
                          const std::vector<IpAddress>& sources) = 0;
  /// Removes a target: nothing more is sent to it or expected from it.
  virtual void remove_target(uint32_t target) = 0;
  /// Sends a copy of a query over UDP from an unpredictable port and with an unpredictable id in
  /// its first two bytes. Returns our address.
  virtual Result<SocketAddress, net::SendError> send_datagram(uint32_t target, Bytes query,
                                                              uint64_t token) = 0;
  /// Sends a query over TCP, or TLS to a DoT target, on a connection that may be shared.
  virtual void send_stream(uint32_t target, Bytes query, uint64_t token) = 0;

 protected:
  ~QueryTransport() = default;
};

}  // namespace inlet53::forward
