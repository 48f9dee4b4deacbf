#include "options.h"

#include <CLI/CLI.hpp>

#include "inlet53/base/absolute_path.h"
#include "inlet53/base/exit_code.h"

namespace inlet53::app {

std::variant<GatewayOptions, int> parse_gateway_options(int argc, char** argv) {
  CLI::App app{
      "inlet53-gateway serves private REST APIs over HTTPS at the addresses of VPC endpoints, as\n"
      "API Gateway does behind AWS PrivateLink.\n"
      "It stays in the foreground. Signals: TERM and INT end it after at most 3 s, HUP reads the\n"
      "configuration and the certificate again, USR1 opens the logs again.\n"
      "Exit codes: 0 ended as asked, 1 failure, 2 usage, 3 configuration invalid, 4 cannot bind.",
      "inlet53-gateway"};
  app.set_version_flag("--version", "inlet53-gateway " INLET53_VERSION);
  GatewayOptions options;
  app.add_option("--config", options.config, "the configuration file (TOML)")
      ->type_name("FILE")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own from 100 on; ours says "usage".
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  // The working directory may be another one, or none, when it is read again.
  options.config = absolute_path(options.config);
  return options;
}

}  // namespace inlet53::app
