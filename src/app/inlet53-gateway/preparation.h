// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "inlet53/gateway/gateway_worker.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/background_thread.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/settings.h"

namespace inlet53::app {

/// Command-line options of `inlet53-gateway`.
struct GatewayOptions {
  std::string config;  // absolute
};

/// Parses the command line. Returns an exit code after help, version or a usage error; the text is
/// printed already.
[[nodiscard]] std::variant<GatewayOptions, int> parse_gateway_options(int argc, char** argv);

/// Configuration and the objects that are built from it. It has no topology, because freeing one
/// takes long.
struct Prepared {
  settings::Settings settings;
  gateway::ServedConfiguration served;
  std::shared_ptr<lambda::Isolation> isolation;  // of functions
  std::vector<std::string> warnings;             // texts for the operator, not logged yet
};

/// Input of `prepare` in addition to the file. Another thread may use all of it.
struct PreparationContext {
  const GatewayOptions& options;
  linelog::LineLogs& logs;
  /// Frees the state when its last owner releases it.
  net::BackgroundThread& background;
  /// Context whose session tickets stay valid; null: none.
  std::shared_ptr<const net::TlsServerContext> previous_tls;
  /// Current isolation of functions; null: not determined yet.
  std::shared_ptr<lambda::Isolation> isolation;
};

/// Reads the configuration file and its policies, builds the routers, determines the isolation of
/// functions, hides the configuration's files from them, loads the certificate and opens the logs.
/// Errors: all that are found, with their places. May throw: see net::run_preparation. Threads:
/// any, one at a time.
[[nodiscard]] net::PreparationResult<Prepared> prepare(const PreparationContext& context);

/// Renewed certificate and the state at the time of the renewal.
struct RenewedCertificate {
  std::shared_ptr<const gateway::GatewayState> state;
  gateway::ServerCertificate certificate;
};

/// Loads the current certificate again; the local authority renews it if it is due.
/// Threads: any.
[[nodiscard]] net::PreparationResult<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, const gateway::ServedConfiguration& served);

}  // namespace inlet53::app
