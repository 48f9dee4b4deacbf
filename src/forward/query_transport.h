#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/forward/target.h"
#include "inlet53/net/send_error.h"

namespace inlet53::forward {

/// How queries leave, as the FetchRunner sees it: the forwarder has sockets behind it, a test has
/// a script. Targets are known by numbers. What comes back goes to the FetchRunner, with the token
/// of the query, and never within one of these calls.
class QueryTransport {
 public:
  virtual void add_target(uint32_t target, const Target& address,
                          const std::vector<IpAddress>& sources) = 0;
  /// Nothing more is sent to it, and nothing of it is waited for.
  virtual void remove_target(uint32_t target) = 0;
  /// Sends a query over UDP from a port that cannot be foreseen, with such an id in place of its
  /// first two octets. The query is copied. Returns our address.
  virtual Result<SocketAddress, net::SendError> send_datagram(uint32_t target, Bytes query,
                                                              uint64_t token) = 0;
  /// Sends a query over TCP, or TLS to a DoT target, on a connection that may be shared.
  virtual void send_stream(uint32_t target, Bytes query, uint64_t token) = 0;

 protected:
  ~QueryTransport() = default;
};

}  // namespace inlet53::forward
