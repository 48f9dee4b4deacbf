#pragma once

#include <string>
#include <string_view>

#include "table_reader.h"

#include "inlet53/config/config.h"

namespace inlet53::config {

/// Reads and validates `text` into `config`, and everything that is wrong into `reading.errors`, in
/// the order of their lines. `path` names the file.
void read_config(std::string_view text, const std::string& path, Config& config, Reading& reading);

}  // namespace inlet53::config
