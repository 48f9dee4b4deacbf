// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/control/control_server.h"
#include "inlet53/net/loop.h"

namespace inlet53::control {

/// Result of a reload. Texts for the operator.
struct ReloadReport {
  std::vector<std::string> errors = {};  // with file, line and column; none: the reload succeeded
  std::vector<std::string> warnings = {};
  std::vector<std::string> needs_restart = {};  // `[tcp] backlog`: changed keys that it ignores
  std::string summary = {};                     // of the new configuration

  /// `{"reloaded":true,"errors":[],…}`.
  [[nodiscard]] std::string to_json() const;
  /// Writes it to the operator log, as the result of reloading `config_file`.
  void log(std::string_view config_file) const;
};

/// Functions of a daemon that its control interface calls, on the loop's thread.
struct DaemonActions {
  std::function<std::string()> status;  // returns a JSON object with the daemon's own members
  std::function<uint64_t()> reload;     // requests a run and returns its number
  std::function<void()> stop;
};

/// A daemon and its configured socket.
struct DaemonIdentity {
  std::string program;
  std::string version;
  std::string config_file;  // absolute
  std::string socket;       // as configured; empty: see `choose_socket`
  std::string group;        // as configured; empty: none
};

/// Control interface of a daemon, with the requests that all daemons have:
///
///   GET  /v1/status   program, version, process id, start, configuration, last reload, and what
///                     the daemon adds
///   POST /v1/reload   reads the configuration again; the response, 200 or 422, comes when the new
///                     configuration is in use or rejected
///   POST /v1/stop     ends the daemon as TERM does; the response comes before
///
/// Threads: the loop's. Lifetime: the loop outlives it.
class DaemonInterface {
 public:
  /// Why a daemon does not start.
  struct Error {
    int exit_code = 0;  // kExitConfiguration or kExitCannotBind
    std::string message;
  };

  /// Opens the socket and serves the common requests and those of `routes`. Null, with a warning in
  /// the operator log: no socket can be opened at the default path.
  [[nodiscard]] static Result<std::unique_ptr<DaemonInterface>, Error> open(
      net::Loop& loop, DaemonIdentity identity, DaemonActions actions,
      std::vector<ControlRoute> routes);

  /// Responds to the requests that wait for this run of the reload, or for an earlier one.
  void reloaded(uint64_t run, ReloadReport report);
  /// Responds to a request of one of the daemon's own routes; see ControlServer::respond.
  void respond(RequestId id, http::Response&& response);

 private:
  /// The last reload that has ended.
  struct LastReload {
    int64_t at = 0;  // Unix seconds
    ReloadReport report;
  };

  DaemonInterface(DaemonIdentity identity, DaemonActions actions);
  [[nodiscard]] std::vector<ControlRoute> common_routes();
  [[nodiscard]] std::string status_json() const;

  const DaemonIdentity identity_;
  const DaemonActions actions_;
  const int64_t started_at_;               // Unix seconds
  int64_t configured_at_;                  // when the current configuration came into use
  std::optional<LastReload> last_reload_;  // absent: none has ended
  std::vector<std::pair<uint64_t, RequestId>> reloading_;  // a run, and a request that waits for it
  std::unique_ptr<ControlServer> server_;
};

}  // namespace inlet53::control
