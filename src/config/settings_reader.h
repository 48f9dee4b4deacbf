#pragma once

#include "table_reader.h"

#include "inlet53/settings/settings.h"

namespace inlet53::config {

/// Reads the sections of the daemons, as `settings::kDnsTable` and `settings::kHttpsTable` describe
/// them.
void read_settings(TableReader& root, settings::Settings& settings);

}  // namespace inlet53::config
