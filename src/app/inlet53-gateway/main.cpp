#include <CLI/CLI.hpp>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/config/config.h"

// The HTTPS daemon has its place and its command line; it serves nothing in this version, and says
// so instead of staying up and looking alive.
int main(int argc, char** argv) {
  using namespace inlet53;
  CLI::App command_line{
      "inlet53-gateway will serve private REST APIs over HTTPS. This version checks its\n"
      "configuration and ends with 1: it serves nothing yet.",
      "inlet53-gateway"};
  command_line.set_version_flag("--version", "inlet53-gateway " INLET53_VERSION);
  std::string file;
  command_line.add_option("--config", file, "the configuration file (TOML)")
      ->type_name("FILE")
      ->required();
  try {
    command_line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return command_line.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  set_log_name("inlet53-gateway");
  if (const auto config = config::load_config(file); !config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return kExitConfiguration;
  }
  log_error("this version serves no REST API yet; inlet53d answers their names");
  return kExitFailure;
}
