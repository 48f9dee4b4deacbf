#pragma once

#include <string>

#include "inlet53/settings/settings.h"

namespace inlet53::settings {

/// Takes over into `now` what a reload changes (`At::Reload` in the table). Returns the names of
/// all other settings in which `wanted` differs, which count at the next start: "[tcp] backlog,
/// [tcp] idle_timeout". Empty: none differs.
[[nodiscard]] std::string take_over(DnsDaemon& now, const DnsDaemon& wanted);
[[nodiscard]] std::string take_over(HttpsDaemon& now, const HttpsDaemon& wanted);

}  // namespace inlet53::settings
