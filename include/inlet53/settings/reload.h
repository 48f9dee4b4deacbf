// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "inlet53/settings/settings.h"

namespace inlet53::settings {

/// Copies the settings that a reload changes (`At::Reload`) from `wanted` to `now`. Returns the
/// names of the other settings that differ, which need a restart: "[tcp] backlog, [tcp]
/// idle_timeout". Empty: no other setting differs.
[[nodiscard]] std::string apply_reload(DnsDaemon& now, const DnsDaemon& wanted);
[[nodiscard]] std::string apply_reload(HttpsDaemon& now, const HttpsDaemon& wanted);

}  // namespace inlet53::settings
