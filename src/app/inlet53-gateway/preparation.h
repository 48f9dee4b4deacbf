#pragma once

#include <memory>

#include "options.h"

#include "inlet53/gateway/gateway_worker.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/background_thread.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/settings.h"

namespace inlet53::app {

/// A configuration with what was built from it. The topology is gone: freeing it takes long.
struct Prepared {
  settings::Settings settings;
  gateway::ServedConfiguration served;
  std::shared_ptr<lambda::Isolation> isolation;  // of functions
};

/// Input of `prepare` besides the file. All of it may be used on another thread.
struct PreparationContext {
  const GatewayOptions& options;
  linelog::LineLogs& logs;
  /// Frees the state when its last owner lets it go.
  net::BackgroundThread& background;
  /// Whose session tickets go on to be taken; null: none.
  std::shared_ptr<const net::TlsServerContext> previous_tls;
  /// How functions are isolated already; null: that is to be found out.
  std::shared_ptr<lambda::Isolation> isolation;
};

/// Reads the configuration file and its policies, builds the routers, decides about the isolation
/// of functions, hides the configuration's files from them, loads the certificate and opens the
/// logs. Every error is logged; null when there was one. It may throw: see net::run_preparation.
/// Threads: any, one at a time.
[[nodiscard]] std::unique_ptr<Prepared> prepare(const PreparationContext& context);

/// A certificate that was loaded again, with the state that was served then.
struct RenewedCertificate {
  std::shared_ptr<const gateway::GatewayState> state;
  gateway::ServerCertificate certificate;
};

/// Loads the certificate of what is served again, and has the local authority renew what is due.
/// Logs the error; null when there was one. Threads: any.
[[nodiscard]] std::unique_ptr<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, const gateway::ServedConfiguration& served);

}  // namespace inlet53::app
