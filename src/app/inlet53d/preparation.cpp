#include "preparation.h"

#include <utility>

#include <malloc.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

namespace {

void apply(const Options& options, settings::DnsDaemon& settings) {
  if (options.workers) settings.server.workers = *options.workers;
  if (options.cpus) settings.server.cpus = *options.cpus;
  if (options.query_log) settings.query_log.file = *options.query_log;
}

resolver::UncoveredNames uncovered_names(const settings::Server& settings) {
  return settings.uncovered_names == settings::UncoveredNames::NXDomain
             ? resolver::UncoveredNames::NXDomain
             : resolver::UncoveredNames::Refused;
}

}  // namespace

std::unique_ptr<Prepared> prepare(const Options& options, zone::HashSeed seed,
                                  const resolver::ResolverState* previous,
                                  const server::TlsContexts& tls_before) {
  auto config = config::load_config(options.config);
  if (!config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return nullptr;
  }
  if (!topology::calls_for_dns(config->topology)) {
    log_error(concat(options.config, ": no resolver endpoint has an enabled IP address"));
    return nullptr;
  }
  auto state = resolver::build_state(config->topology, seed, previous,
                                     uncovered_names(config->settings.dns.server));
  // What building took is nearly as much as the tables themselves, and the next time is far off.
  malloc_trim(0);
  if (!state) {
    for (const FileError& fault : state.error()) log_error(fault.to_text());
    return nullptr;
  }
  for (const config::ConfigError& warning : config->warnings) log_warning(warning.to_text());
  for (const FileError& record : (*state)->ignored_records) log_warning(record.to_text());
  for (const FileError& error : (*state)->unreadable_lists) {
    log_warning(concat(error.to_text(), "; DNS Firewall fails open where a rule needs this list"));
  }
  auto tls = server::load_tls_contexts(config->settings, **state, tls_before);
  if (!tls) {
    log_error(concat(options.config, ": tls: ", tls.error()));
    return nullptr;
  }
  apply(options, config->settings.dns);
  return std::make_unique<Prepared>(
      Prepared{std::move(*config), std::move(*state), std::move(*tls)});
}

std::unique_ptr<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, std::shared_ptr<const resolver::ResolverState> state,
    const server::TlsContexts& previous) {
  auto tls = server::load_tls_contexts(settings, *state, previous);
  if (!tls) {
    log_error(concat("the certificate cannot be renewed: tls: ", tls.error()));
    return nullptr;
  }
  return std::make_unique<RenewedCertificate>(
      RenewedCertificate{std::move(state), std::move(*tls)});
}

}  // namespace inlet53::app
