#pragma once

#include "table_reader.h"

#include "inlet53/settings/settings.h"

namespace inlet53::config {

/// Reads the sections that are no AWS objects: [server], [tcp], [forward], [query_log], [gateway],
/// [lambda].
void read_settings(TableReader& root, settings::Settings& settings);

}  // namespace inlet53::config
