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
  net::RenewalTimes renewal{};  // when to load the certificate again
};

/// Name of the certificate's file in the authority's directory, without `.pem`.
inline constexpr std::string_view kCertificateLabel = "gateway";
/// The authority also issues an RSA certificate: AWS has RSA certificates, and some clients accept
/// no others.
inline constexpr bool kWithRsa = true;

/// Loads the certificate of `settings.https.gateway`: that of a file, or of the local authority,
/// which issues or renews it. `previous`: the context whose session tickets remain valid; may be
/// null. Logs the notices of the authority. Errors: a text with the name of the file. Threads: any.
[[nodiscard]] Result<ServerCertificate, std::string> load_server_certificate(
    const settings::Settings& settings, const topology::CertificateNames& names,
    const net::TlsServerContext* previous);

/// Configuration of a worker with all data that it needs: to serve it, the worker reads no file.
struct ServedConfiguration {
  std::shared_ptr<const GatewayState> state;  // its logs are open
  ServerCertificate certificate;
  topology::CertificateNames names;  // names that the certificate covers
};

/// Serves calls at the addresses of the gateway, on one loop. Threads: the loop's. Lifetime: the
/// loop and the logs outlive it.
class GatewayWorker {
 public:
  /// `isolation`: of the processes of functions; null: none.
  GatewayWorker(net::Loop& loop, const settings::HttpsDaemon& settings, linelog::LineLogs& logs,
                std::shared_ptr<lambda::Isolation> isolation);
  /// Closes all connections and ends the processes of all functions.
  ~GatewayWorker();
  GatewayWorker(const GatewayWorker&) = delete;
  GatewayWorker& operator=(const GatewayWorker&) = delete;

  /// Opens the sockets of new addresses, and serves `configuration` from now on. Calls in progress
  /// keep the state with which they began. Errors: why an address cannot be served; then nothing
  /// has changed. Cost: independent of the number of routes.
  [[nodiscard]] Result<void, std::string> serve(ServedConfiguration configuration);
  /// Uses `certificate` for new connections. Requires: `serve` has succeeded.
  void show(ServerCertificate certificate);
  /// Calls lambda::FunctionService::retire_exposed.
  void retire_exposed_functions();
  /// Returns the configuration that the worker serves. Requires: `serve` has succeeded.
  [[nodiscard]] const ServedConfiguration& served() const noexcept;

  /// Accepts no more connections and calls. Calls in progress continue to their end.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept;

  /// Returns all counters except those of logs on one line, as `name=value`.
  [[nodiscard]] std::string counts_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
