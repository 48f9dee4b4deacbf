// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "preparation.h"

#include "inlet53/control/daemon_interface.h"
#include "inlet53/gateway/gateway_worker.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/background_thread.h"
#include "inlet53/net/certificate_authority.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/settings.h"

namespace inlet53::app {

/// HTTPS daemon: reads the configuration, runs the gateway, handles signals. A reload is prepared
/// on another thread, and an invalid configuration changes nothing. Threads: the main thread's.
class GatewayDaemon {
 public:
  explicit GatewayDaemon(GatewayOptions options);
  ~GatewayDaemon();
  GatewayDaemon(const GatewayDaemon&) = delete;
  GatewayDaemon& operator=(const GatewayDaemon&) = delete;

  /// Starts, serves until TERM or INT, and ends. Returns the exit code; errors are logged.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] int start();
  [[nodiscard]] PreparationContext context(
      std::shared_ptr<const net::TlsServerContext> previous_tls);
  void apply_reload(uint64_t run, net::PreparationResult<Prepared> prepared);
  /// Logs the result of a reload and responds to the requests for it.
  void conclude_reload(uint64_t run, control::ReloadReport report);
  [[nodiscard]] int open_control();
  [[nodiscard]] std::string status_json() const;
  [[nodiscard]] Result<void, std::string> serve(Prepared& prepared);
  void install_certificate(net::PreparationResult<RenewedCertificate> renewed);
  void end();
  void check_drained();
  [[nodiscard]] int finish();
  void log_statistics() const;
  [[nodiscard]] std::string line_counts_text() const;

  const GatewayOptions options_;
  net::Loop loop_;
  // A reload replaces `dns`, and in `https` the settings that a reload can change.
  settings::Settings settings_;
  net::BackgroundThread background_{"reload"};  // outlives all owners of a state
  linelog::LineLogs logs_{{}};
  std::shared_ptr<lambda::Isolation> isolation_;
  std::unique_ptr<gateway::GatewayWorker> worker_;
  net::Timer drain_timer_;
  net::Preparation<Prepared> reload_;
  net::Preparation<RenewedCertificate> renewal_;
  net::RenewalTimer renewal_timer_;                    // asks for `renewal_`
  std::unique_ptr<control::DaemonInterface> control_;  // null: there is no control socket
  uint64_t drain_until_ms_ = 0;
  bool ending_ = false;
};

}  // namespace inlet53::app
