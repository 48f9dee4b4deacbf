// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inlet53/settings/dns_daemon.h"
#include "inlet53/settings/https_daemon.h"

namespace inlet53::settings {

/// The settings of both daemons, which one file holds. Threads: const access any.
struct Settings {
  DnsDaemon dns;
  HttpsDaemon https;

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// Copies the settings that a reload changes (`At::Reload`) from `wanted` to `now`. Returns the
/// names of the other settings that differ, which need a restart: `[tcp] backlog`.
[[nodiscard]] std::vector<std::string> apply_reload(DnsDaemon& now, const DnsDaemon& wanted);
[[nodiscard]] std::vector<std::string> apply_reload(HttpsDaemon& now, const HttpsDaemon& wanted);

}  // namespace inlet53::settings
