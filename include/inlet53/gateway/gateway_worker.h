#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "inlet53/base/result.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/net/loop.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

namespace inlet53::gateway {

/// Why a configuration can't be served.
struct ServeError {
  std::string message;       // for people
  bool cannot_bind = false;  // an address can't be had
};

/// The gateway: its addresses, its calls, its logs, on one loop. A configuration is taken up whole
/// or not at all. Threads: the loop's. Lifetime: the loop outlives it.
class GatewayWorker {
 public:
  GatewayWorker(net::Loop& loop, const settings::Settings& settings);
  /// Closes every connection, ends every function's process, writes out the logs.
  ~GatewayWorker();
  GatewayWorker(const GatewayWorker&) = delete;
  GatewayWorker& operator=(const GatewayWorker&) = delete;

  /// Serves `state` from now on: loads the certificate, opens sockets and logs, and changes over
  /// when all of it could be had. Calls under way end as they began. `topology`: what `state` was
  /// built from, for the certificate's names.
  [[nodiscard]] Result<void, ServeError> serve(std::shared_ptr<const GatewayState> state,
                                               const topology::Topology& topology);
  /// What is served. Requires: `serve` has succeeded.
  [[nodiscard]] const GatewayState& state() const noexcept;

  void reopen_logs();
  /// Takes no more connections and calls; what is under way ends.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept;

  /// All counts on one line, `name=value` each.
  [[nodiscard]] std::string counts_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
