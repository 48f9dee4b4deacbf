// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "inlet53/base/result.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/server_certificate.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/loop.h"
#include "inlet53/settings/https_daemon.h"
#include "inlet53/topology/certificate_names.h"

namespace inlet53::gateway {

/// All that a worker serves, ready: taking it up reads no file.
struct ServedConfiguration {
  std::shared_ptr<const GatewayState> state;  // its logs are open
  ServerCertificate certificate;
  topology::CertificateNames names;  // what the certificate is for
};

/// The gateway: its addresses and its calls, on one loop. A configuration is taken up whole or not
/// at all. Threads: the loop's. Lifetime: the loop and the logs outlive it.
class GatewayWorker {
 public:
  /// `isolation` is that of functions; null: none.
  GatewayWorker(net::Loop& loop, const settings::HttpsDaemon& settings, linelog::LineLogs& logs,
                std::shared_ptr<lambda::Isolation> isolation);
  /// Closes every connection and ends every function's process.
  ~GatewayWorker();
  GatewayWorker(const GatewayWorker&) = delete;
  GatewayWorker& operator=(const GatewayWorker&) = delete;

  /// Opens the sockets of new addresses and serves `configuration` from now on. Calls under way
  /// end with the state that they began with. Errors: why an address cannot be served, for people;
  /// nothing has changed then. Cost: does not grow with the number of routes.
  [[nodiscard]] Result<void, std::string> serve(ServedConfiguration configuration);
  /// Shows another certificate to the connections that come after. Requires: `serve` has succeeded.
  void show(ServerCertificate certificate);
  /// lambda::FunctionService::retire_exposed.
  void retire_exposed_functions();
  /// Returns the state that the worker serves. Requires: `serve` has succeeded.
  [[nodiscard]] const ServedConfiguration& served() const noexcept;

  /// Takes no more connections and calls; what is under way ends.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept;

  /// All counts but those of logs on one line, `name=value` each.
  [[nodiscard]] std::string counts_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
