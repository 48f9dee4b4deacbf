// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "inlet53/config/config.h"
#include "inlet53/net/background_thread.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/tls_contexts.h"

namespace inlet53::app {

/// Command-line options of `inlet53d`. Absent values come from the configuration.
struct Options {
  std::string config;                    // absolute
  std::optional<std::string> query_log;  // absolute; empty: off
  std::optional<uint32_t> workers;
  std::optional<std::vector<uint32_t>> cpus;
};

/// Parses the command line. Returns an exit code after help, version or a usage error; the text is
/// printed already.
[[nodiscard]] std::variant<Options, int> parse_options(int argc, char** argv);

/// Configuration and the state that is built from it.
struct Prepared {
  config::Config config;
  std::shared_ptr<const resolver::ResolverState> state;
  server::TlsContexts tls;
  std::vector<std::string> warnings;  // texts for the operator, not logged yet
};

/// Reads the configuration file, builds the state and loads the required certificates, before a
/// worker gets any of it. `previous`: the current state, null at start; `tls_before`: its
/// certificates, whose session tickets stay valid. Errors: all that are found, with their places.
/// May throw: see net::run_preparation. Cost: loads every zone. Threads: any, one at a time.
[[nodiscard]] net::PreparationResult<Prepared> prepare(const Options& options, zone::HashSeed seed,
                                                       const resolver::ResolverState* previous,
                                                       const server::TlsContexts& tls_before);

/// Renewed certificates and the state for whose names they are valid.
struct RenewedCertificate {
  std::shared_ptr<const resolver::ResolverState> state;
  server::TlsContexts tls;
};

/// Loads the certificates again; the local authority renews those that are due. `previous`:
/// certificates whose session tickets stay valid. Threads: any.
[[nodiscard]] net::PreparationResult<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, std::shared_ptr<const resolver::ResolverState> state,
    const server::TlsContexts& previous);

}  // namespace inlet53::app
