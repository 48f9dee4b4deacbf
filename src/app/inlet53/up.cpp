#include "up.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "supervisor.h"
#include <unistd.h>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"

namespace inlet53::app {

namespace {

// A program beside our own executable, else its bare name, to be looked up in PATH: a build
// directory and an installation both work, and neither picks up the other's daemon.
std::string find_program(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return name;
  const std::string beside = (self.parent_path() / name).string();
  return access(beside.c_str(), X_OK) == 0 ? beside : name;
}

std::vector<DaemonCommand> daemons_for(const config::Config& config) {
  std::vector<DaemonCommand> commands;
  if (topology::calls_for_dns(config.topology)) {
    commands.push_back({"inlet53d", {find_program("inlet53d"), "--config", config.file}});
  }
  if (topology::calls_for_gateway(config.topology)) {
    commands.push_back(
        {"inlet53-gateway", {find_program("inlet53-gateway"), "--config", config.file}});
  }
  return commands;
}

}  // namespace

int run_up(const UpOptions& options) {
  const auto config = config::load_config(options.file);
  if (!config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return kExitConfiguration;
  }
  std::vector<DaemonCommand> commands = daemons_for(*config);
  if (commands.empty()) {
    log_error(concat(options.file,
                     ": calls for no daemon: no resolver endpoint is enabled and no REST API has a "
                     "stage"));
    return kExitConfiguration;
  }
  return Supervisor(std::move(commands)).run();
}

}  // namespace inlet53::app
