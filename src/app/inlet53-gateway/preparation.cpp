// SPDX-License-Identifier: Apache-2.0
#include "preparation.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "inlet53/base/file.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/gateway_worker.h"
#include "inlet53/lambda/runtimes.h"
#include "inlet53/topology/endpoint_names.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

std::variant<GatewayOptions, int> parse_gateway_options(int argc, char** argv) {
  CLI::App app{
      "inlet53-gateway serves private REST APIs over HTTPS at the addresses of VPC endpoints, as\n"
      "API Gateway does behind AWS PrivateLink.\n"
      "It stays in the foreground. Signals: TERM and INT end it after at most 3 s, HUP reads the\n"
      "configuration and the certificate again, USR1 opens the logs again.\n"
      "Exit codes: 0 stopped on request, 1 failure, 2 usage, 3 configuration invalid, 4 cannot "
      "bind.",
      "inlet53-gateway"};
  app.set_version_flag("--version", "inlet53-gateway " INLET53_VERSION);
  GatewayOptions options;
  app.add_option("--config", options.config, "the configuration file (TOML)")
      ->type_name("FILE")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has its own codes from 100 on; ours is kExitUsage.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  // A reload may run in another working directory.
  options.config = absolute_path(options.config);
  return options;
}

namespace {

// A call or a reload on the loop may be the last owner; freeing 50,000 routes there would delay
// calls.
std::shared_ptr<const gateway::GatewayState> free_on(
    net::BackgroundThread& thread, std::unique_ptr<const gateway::GatewayState> state) {
  return {state.release(), [&thread](const gateway::GatewayState* last) {
            thread.post([owned = std::shared_ptr<const gateway::GatewayState>(last)] {});
          }};
}

// Logs which functions cannot run as configured.
void log_problems(const config::Config& config, const lambda::Interpretation& interpreters) {
  const auto log_problem = [](std::string_view function, std::string_view problem) {
    log_warning(concat("function ", function, ": ", problem));
  };
  for (const topology::Function& function : config.topology.functions) {
    const std::string missing = lambda::missing_code(function);
    if (!missing.empty()) log_problem(function.name, missing);
  }
  for (const auto& problem : interpreters.missing) log_problem(problem.function, problem.message);
  for (const auto& problem : interpreters.different) log_problem(problem.function, problem.message);
}

// Logs how functions are isolated and which are not. Returns false when the configuration requires
// isolation that is missing.
bool isolate(const config::Config& config, const lambda::PrivateFiles& files,
             lambda::Isolation& isolation) {
  const bool required = isolation.wanted() == settings::Isolation::Required;
  if (!config.topology.functions.empty()) {
    log_info(concat("isolation of functions: ", isolation.description()));
  }
  const std::vector<std::string> problems = isolation.problems(config.topology.functions, files);
  for (const std::string& problem : problems) {
    if (required) {
      log_error(concat(problem, "; [lambda] isolation = \"required\" does not allow that"));
    } else {
      log_warning(problem);
    }
  }
  return problems.empty() || !required;
}

}  // namespace

std::unique_ptr<Prepared> prepare(const PreparationContext& context) {
  const std::string& file = context.options.config;
  auto config = config::load_config(file);
  if (!config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return nullptr;
  }
  auto state = gateway::GatewayState::build(config->topology, file);
  if (!state) {
    for (const gateway::StateError& error : state.error()) log_error(error.to_text());
    return nullptr;
  }
  if (!topology::calls_for_gateway(config->topology)) {
    log_error(concat(file, ": no REST API has a stage: there is nothing to serve"));
    return nullptr;
  }
  if ((*state)->addresses().empty()) {
    log_error(concat(file, ": no execute-api VPC endpoint has a network interface"));
    return nullptr;
  }
  auto interpreters =
      lambda::find_interpreters(config->topology.functions, config->settings.https.lambda);
  log_problems(*config, interpreters);
  (*state)->set_interpreter_versions(std::move(interpreters.versions));
  auto isolation = context.isolation
                       ? context.isolation
                       : std::make_shared<lambda::Isolation>(lambda::isolation_options(
                             config->settings, config->topology, config->file));
  const auto private_files =
      lambda::private_files(config->settings, config->topology, config->file);
  if (!isolate(*config, private_files, *isolation)) return nullptr;
  isolation->hide(private_files, config->topology.functions);  // before a key is made
  topology::CertificateNames names = topology::certificate_names(config->topology);
  auto certificate =
      gateway::load_server_certificate(config->settings, names, context.previous_tls.get());
  if (!certificate) {
    log_error(certificate.error());
    return nullptr;
  }
  if (const auto opened = (*state)->open_logs(context.logs); !opened) {
    log_error(opened.error());
    return nullptr;
  }
  // No function runs at start: files that functions created must not end any at the first reload.
  if (!context.isolation) isolation->look_again(config->topology.functions);
  return std::make_unique<Prepared>(Prepared{
      std::move(config->settings),
      {free_on(context.background, std::move(*state)), std::move(*certificate), std::move(names)},
      std::move(isolation)});
}

std::unique_ptr<RenewedCertificate> renew_certificate(const settings::Settings& settings,
                                                      const gateway::ServedConfiguration& served) {
  auto certificate =
      gateway::load_server_certificate(settings, served.names, served.certificate.tls.get());
  if (!certificate) {
    log_error(concat("the certificate cannot be renewed: ", certificate.error()));
    return nullptr;
  }
  return std::make_unique<RenewedCertificate>(
      RenewedCertificate{served.state, std::move(*certificate)});
}

}  // namespace inlet53::app
