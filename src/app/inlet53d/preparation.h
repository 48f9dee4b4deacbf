#pragma once

#include <memory>

#include "options.h"

#include "inlet53/config/config.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/tls_contexts.h"

namespace inlet53::app {

/// A configuration with the state that was built from it.
struct Prepared {
  config::Config config;
  std::shared_ptr<const resolver::ResolverState> state;
  server::TlsContexts tls;
};

/// Reads the configuration file, builds the state and loads the certificates that it calls for,
/// whole, before any worker gets it. `previous`: the state that is served now, null at the start;
/// `tls_before`: its certificates, whose session tickets stay valid. Logs every error; null when
/// there was one. It may throw: see net::run_preparation. Cost: loads every zone. Threads: any, one
/// at a time.
[[nodiscard]] std::unique_ptr<Prepared> prepare(const Options& options, zone::HashSeed seed,
                                                const resolver::ResolverState* previous,
                                                const server::TlsContexts& tls_before);

/// A certificate that was loaded again, with the state whose names it is for.
struct RenewedCertificate {
  std::shared_ptr<const resolver::ResolverState> state;
  server::TlsContexts tls;
};

/// Loads the certificates again, and has the local authority renew what is due. Logs the error;
/// null when there was one. `previous`: whose session tickets stay valid. Threads: any.
[[nodiscard]] std::unique_ptr<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, std::shared_ptr<const resolver::ResolverState> state,
    const server::TlsContexts& previous);

}  // namespace inlet53::app
