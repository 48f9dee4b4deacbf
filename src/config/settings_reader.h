#pragma once

#include "table_reader.h"

#include "inlet53/settings/settings.h"

namespace inlet53::config {

/// Reads the sections that are no AWS objects, as `settings::kDnsTable` and `settings::kHttpsTable`
/// have them.
void read_settings(TableReader& root, settings::Settings& settings);

}  // namespace inlet53::config
