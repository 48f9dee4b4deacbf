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

using Texts = std::vector<std::string>;

// A call or a reload on the loop may be the last owner; freeing 50,000 routes there would delay
// calls.
std::shared_ptr<const gateway::GatewayState> free_on(
    net::BackgroundThread& thread, std::unique_ptr<const gateway::GatewayState> state) {
  return {state.release(), [&thread](const gateway::GatewayState* last) {
            thread.post([owned = std::shared_ptr<const gateway::GatewayState>(last)] {});
          }};
}

// Adds the functions that cannot run as configured.
void add_function_problems(const config::Config& config, const lambda::Interpretation& interpreters,
                           Texts& warnings) {
  const auto tell = [&warnings](std::string_view function, std::string_view problem) {
    warnings.push_back(concat("function ", function, ": ", problem));
  };
  for (const topology::Function& function : config.topology.functions) {
    const std::string missing = lambda::missing_code(function);
    if (!missing.empty()) tell(function.name, missing);
  }
  for (const auto& problem : interpreters.missing) tell(problem.function, problem.message);
  for (const auto& problem : interpreters.different) tell(problem.function, problem.message);
}

// Returns why a configuration that requires isolation cannot have it. Adds a warning for isolation
// that is missing and not required.
Texts isolation_errors(const config::Config& config, const lambda::PrivateFiles& files,
                       lambda::Isolation& isolation, Texts& warnings) {
  const bool required = isolation.wanted() == settings::Isolation::Required;
  if (!config.topology.functions.empty()) {
    log_info(concat("isolation of functions: ", isolation.description()));
  }
  const std::vector<std::string> problems = isolation.problems(config.topology.functions, files);
  Texts errors;
  for (const std::string& problem : problems) {
    if (required) {
      errors.push_back(concat(problem, "; [lambda] isolation = \"required\" does not allow that"));
    } else {
      warnings.push_back(problem);
    }
  }
  return errors;
}

template <class Errors>
Texts texts_of(const Errors& errors) {
  Texts texts;
  for (const auto& error : errors) texts.push_back(error.to_text());
  return texts;
}

}  // namespace

net::PreparationResult<Prepared> prepare(const PreparationContext& context) {
  const std::string& file = context.options.config;
  auto config = config::load_config(file);
  if (!config) return Unexpected(texts_of(config.error()));
  auto state = gateway::GatewayState::build(config->topology, file);
  if (!state) return Unexpected(texts_of(state.error()));
  if (!topology::calls_for_gateway(config->topology)) {
    return Unexpected(Texts{concat(file, ": no REST API has a stage: there is nothing to serve")});
  }
  if ((*state)->addresses().empty()) {
    return Unexpected(Texts{concat(file, ": no execute-api VPC endpoint has a network interface")});
  }
  auto interpreters =
      lambda::find_interpreters(config->topology.functions, config->settings.https.lambda);
  Texts warnings;
  add_function_problems(*config, interpreters, warnings);
  (*state)->set_interpreter_versions(std::move(interpreters.versions));
  auto isolation = context.isolation
                       ? context.isolation
                       : std::make_shared<lambda::Isolation>(lambda::isolation_options(
                             config->settings, config->topology, config->file));
  const auto private_files =
      lambda::private_files(config->settings, config->topology, config->file);
  Texts errors = isolation_errors(*config, private_files, *isolation, warnings);
  if (!errors.empty()) return Unexpected(std::move(errors));
  isolation->hide(private_files, config->topology.functions);  // before a key is made
  topology::CertificateNames names = topology::certificate_names(config->topology);
  auto certificate =
      gateway::load_server_certificate(config->settings, names, context.previous_tls.get());
  if (!certificate) return Unexpected(Texts{certificate.error()});
  if (const auto opened = (*state)->open_logs(context.logs); !opened) {
    return Unexpected(Texts{opened.error()});
  }
  // No function runs at start: files that functions created must not end any at the first reload.
  if (!context.isolation) isolation->look_again(config->topology.functions);
  return std::make_unique<Prepared>(Prepared{
      std::move(config->settings),
      {free_on(context.background, std::move(*state)), std::move(*certificate), std::move(names)},
      std::move(isolation),
      std::move(warnings)});
}

net::PreparationResult<RenewedCertificate> renew_certificate(
    const settings::Settings& settings, const gateway::ServedConfiguration& served) {
  auto certificate =
      gateway::load_server_certificate(settings, served.names, served.certificate.tls.get());
  if (!certificate) {
    return Unexpected(Texts{concat("the certificate cannot be renewed: ", certificate.error())});
  }
  return std::make_unique<RenewedCertificate>(
      RenewedCertificate{served.state, std::move(*certificate)});
}

}  // namespace inlet53::app
