// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/certificate_authority.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/https_daemon.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/endpoint_names.h"

namespace inlet53::gateway {

/// TLS context with the certificate of the HTTPS server.
struct ServerCertificate {
  std::shared_ptr<const net::TlsServerContext> tls;
  net::RenewalTimes renewal{};  // times of the next load
};

/// Name of its file in the authority's directory, without `.pem`.
inline constexpr std::string_view kCertificateLabel = "gateway";
/// AWS's endpoints have RSA certificates, and some clients accept no other.
inline constexpr bool kWithRsa = true;

/// Loads the certificate that `settings.https.gateway` names, or lets the local authority issue or
/// renew one. `previous`: the context whose session tickets stay valid; may be null. Logs the
/// authority's notices. Errors: a text with the file's name. Threads: any.
[[nodiscard]] Result<ServerCertificate, std::string> load_server_certificate(
    const settings::Settings& settings, const topology::CertificateNames& names,
    const net::TlsServerContext* previous);

/// Complete configuration of a worker: serving it reads no file.
struct ServedConfiguration {
  std::shared_ptr<const GatewayState> state;  // with open logs
  ServerCertificate certificate;
  topology::CertificateNames names;  // names in the certificate
};

/// Serves the gateway's addresses and calls on one loop. Applies a configuration completely or not
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

  /// Opens the sockets of new addresses and serves `configuration` from now on. Calls in progress
  /// keep the state with which they started. Errors: the reason why an address cannot be served;
  /// then nothing has changed. Cost: independent of the number of routes.
  [[nodiscard]] Result<void, std::string> serve(ServedConfiguration configuration);
  /// Sets the certificate for new connections. Requires: `serve` has succeeded.
  void show(ServerCertificate certificate);
  /// Calls lambda::FunctionService::retire_exposed.
  void retire_exposed_functions();
  /// Returns the state that the worker serves. Requires: `serve` has succeeded.
  [[nodiscard]] const ServedConfiguration& served() const noexcept;

  /// Stops accepting connections and calls. Calls in progress continue to their end.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept;

  /// Returns all counters except those of logs on one line, as `name=value`.
  [[nodiscard]] std::string counts_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
