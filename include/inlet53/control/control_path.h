// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/control/control_server.h"

/// Where the control socket of a daemon is, and who may use it.
namespace inlet53::control {

struct SocketChoice {
  std::string path;
  bool is_default = false;  // no setting names it
};

/// Returns the path of a daemon's control socket: `configured`, if it is not empty; else
/// `PROGRAM.sock` in the service's runtime directory (the environment variable RUNTIME_DIRECTORY,
/// systemd.exec(5)); else beside the configuration file, `conf/demo.inlet53d.sock` for
/// `conf/demo.toml`. `config_file`: absolute. Threads: one that changes no environment.
[[nodiscard]] SocketChoice choose_socket(const std::string& configured,
                                         const std::string& config_file, std::string_view program);

/// Returns the path where a client finds the socket of the daemon that reads `config_file`: as
/// `choose_socket`, but a socket in `/run/inlet53` counts when there is none beside the file.
[[nodiscard]] std::string find_socket(const std::string& configured, const std::string& config_file,
                                      std::string_view program);

/// Looks up a group by its name or number. Empty: root and the daemon's own user only. Errors: a
/// text that names the group. Threads: any.
[[nodiscard]] Result<ControlAccess, std::string> find_access(const std::string& group);

}  // namespace inlet53::control
