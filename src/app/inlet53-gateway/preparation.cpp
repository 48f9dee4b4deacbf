#include "preparation.h"

#include <utility>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/server_certificate.h"
#include "inlet53/lambda/function_code.h"
#include "inlet53/lambda/interpreter_versions.h"
#include "inlet53/topology/certificate_names.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

namespace {

// The last owner is a call or a reload, on the loop; freeing 50,000 routes there would stop calls.
std::shared_ptr<const gateway::GatewayState> free_on(
    net::BackgroundThread& thread, std::unique_ptr<const gateway::GatewayState> state) {
  return {state.release(), [&thread](const gateway::GatewayState* last) {
            thread.post([owned = std::shared_ptr<const gateway::GatewayState>(last)] {});
          }};
}

// Tells the operator which functions cannot run as their configuration says.
void tell_problems(const config::Config& config, const lambda::Interpretation& interpreters) {
  const auto tell = [](std::string_view function, std::string_view problem) {
    log_warning(concat("function ", function, ": ", problem));
  };
  for (const topology::Function& function : config.topology.functions) {
    const std::string missing = lambda::missing_code(function);
    if (!missing.empty()) tell(function.name, missing);
  }
  for (const auto& problem : interpreters.missing) tell(problem.function, problem.message);
  for (const auto& problem : interpreters.different) tell(problem.function, problem.message);
}

// Tells the operator how functions are isolated, and which are not; false when the configuration
// requires it.
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
  tell_problems(*config, interpreters);
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
  // No function runs at the start: files that it made must not end any at the first reload.
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
