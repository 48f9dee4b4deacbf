// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "supervisor.h"
#include <unistd.h>

#include "inlet53/base/file.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"

namespace inlet53::app {

namespace {

// Finds a program in the directory of our executable, else in PATH, so that a build directory and
// an installation use their own daemons. Returns the bare name when it is not found.
std::string find_program(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const std::string beside = (self.parent_path() / name).string();
    if (access(beside.c_str(), X_OK) == 0) return beside;
  }
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string found = concat(folder, "/", name);
    if (!folder.empty() && access(found.c_str(), X_OK) == 0) return absolute_path(found);
  }
  return name;
}

std::vector<DaemonCommand> daemons_for(const config::Config& config, const std::string& file) {
  std::vector<DaemonCommand> commands;
  if (topology::calls_for_dns(config.topology)) {
    commands.push_back({"inlet53d", {find_program("inlet53d"), "--config", file}});
  }
  if (topology::calls_for_gateway(config.topology)) {
    commands.push_back({"inlet53-gateway", {find_program("inlet53-gateway"), "--config", file}});
  }
  return commands;
}

constexpr std::string_view kNoDaemon =
    ": calls for no daemon: no resolver endpoint is enabled and no REST API has a stage";

// Daemons that the configuration requires after a reload.
std::optional<std::vector<DaemonCommand>> daemons_now(const std::string& file) {
  const auto config = config::load_config(file);
  if (!config) {
    log_error(concat("reload: ", file, " has faults: no daemon is started or stopped"));
    return std::nullopt;
  }
  std::vector<DaemonCommand> commands = daemons_for(*config, file);
  if (!commands.empty()) return commands;
  log_error(concat("reload: ", file, kNoDaemon, "; none is started or stopped"));
  return std::nullopt;
}

}  // namespace

int run_up(const UpOptions& options) {
  const auto config = config::load_config(options.file);
  if (!config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return kExitConfiguration;
  }
  // The daemons may have another working directory when they read the files.
  const std::string file = absolute_path(options.file);
  const std::vector<DaemonCommand> commands = daemons_for(*config, file);
  if (commands.empty()) {
    log_error(concat(options.file, kNoDaemon));
    return kExitConfiguration;
  }
  return Supervisor(commands, [&file] { return daemons_now(file); }).run();
}

}  // namespace inlet53::app
