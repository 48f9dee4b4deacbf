// SPDX-License-Identifier: Apache-2.0
#include "preparation.h"

#include <utility>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include "inlet53/base/file.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

std::variant<Options, int> parse_options(int argc, char** argv) {
  CLI::App app{
      "inlet53d answers DNS queries as a Route 53 Resolver inbound endpoint does.\n"
      "It stays in the foreground. Signals: TERM and INT end it after at most 3 s, HUP reads the\n"
      "configuration again, USR1 opens the query log's file again.\n"
      "Exit codes: 0 stopped on request, 1 failure, 2 usage, 3 configuration invalid, 4 cannot "
      "bind.",
      "inlet53d"};
  app.set_version_flag("--version", "inlet53d " INLET53_VERSION);

  Options options;
  std::string query_log;
  uint32_t workers = 0;
  std::vector<uint32_t> cpus;
  app.add_option("--config", options.config, "the configuration file (TOML)")
      ->type_name("FILE")
      ->required();
  auto* log_option = app.add_option("--query-log", query_log, "file of the query log, or off")
                         ->type_name("FILE|off");
  auto* workers_option = app.add_option("--workers", workers, "number of worker threads")
                             ->type_name("N")
                             ->check(CLI::Range(1, 256));
  auto* cpus_option = app.add_option("--cpus", cpus, "CPUs of the workers, such as 0,2")
                          ->type_name("LIST")
                          ->delimiter(',');
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has its own codes from 100 on; ours is kExitUsage.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  // A reload may run in another working directory.
  options.config = absolute_path(options.config);
  if (*log_option) options.query_log = query_log == "off" ? "" : absolute_path(query_log);
  if (*workers_option) options.workers = workers;
  if (*cpus_option) options.cpus = cpus;
  return options;
}

namespace {

void apply(const Options& options, settings::DnsDaemon& settings) {
  if (options.workers) settings.server.workers = *options.workers;
  if (options.cpus) settings.server.cpus = *options.cpus;
  if (options.query_log) settings.query_log.file = *options.query_log;
}

// Each of these has a place in a file.
template <class Errors>
std::vector<std::string> texts_of(const Errors& errors) {
  std::vector<std::string> texts;
  for (const auto& error : errors) texts.push_back(error.to_text());
  return texts;
}

resolver::UncoveredNames uncovered_names(const settings::Server& settings) {
  return settings.uncovered_names == settings::UncoveredNames::NXDomain
             ? resolver::UncoveredNames::NXDomain
             : resolver::UncoveredNames::Refused;
}

}  // namespace

net::PreparationResult<Prepared> prepare(const Options& options, zone::HashSeed seed,
                                         const resolver::ResolverState* previous,
                                         const server::TlsContexts& tls_before) {
  using Problems = std::vector<std::string>;
  auto config = config::load_config(options.config);
  if (!config) return Unexpected(texts_of(config.error()));
  if (!topology::calls_for_dns(config->topology)) {
    return Unexpected(
        Problems{concat(options.config, ": no resolver endpoint has an enabled IP address")});
  }
  auto state = resolver::build_state(config->topology, seed, previous,
                                     uncovered_names(config->settings.dns.server));
  // Building needs temporary memory of nearly the size of the tables, and the next build is far
  // off.
  malloc_trim(0);
  if (!state) return Unexpected(texts_of(state.error()));
  std::vector<std::string> warnings = texts_of(config->warnings);
  for (std::string& text : texts_of((*state)->ignored_records)) warnings.push_back(std::move(text));
  for (const FileError& error : (*state)->unreadable_lists) {
    warnings.push_back(
        concat(error.to_text(), "; DNS Firewall fails open where a rule needs this list"));
  }
  auto tls = server::load_tls_contexts(config->settings, **state, tls_before);
  if (!tls) return Unexpected(Problems{concat(options.config, ": tls: ", tls.error())});
  apply(options, config->settings.dns);
  return std::make_unique<Prepared>(
      Prepared{std::move(*config), std::move(*state), std::move(*tls), std::move(warnings)});
}

net::PreparationResult<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, std::shared_ptr<const resolver::ResolverState> state,
    const server::TlsContexts& previous) {
  auto tls = server::load_tls_contexts(settings, *state, previous);
  if (!tls) {
    return Unexpected(
        std::vector<std::string>{concat("the certificate cannot be renewed: tls: ", tls.error())});
  }
  return std::make_unique<RenewedCertificate>(
      RenewedCertificate{std::move(state), std::move(*tls)});
}

}  // namespace inlet53::app
