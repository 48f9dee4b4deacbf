// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inlet53/settings/dns_daemon.h"
#include "inlet53/settings/https_daemon.h"

namespace inlet53::settings {

/// The settings of both daemons, which one file holds. Threads: const access any.
struct Settings {
  DnsDaemon dns;
  HttpsDaemon https;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace inlet53::settings
