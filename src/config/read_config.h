// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "table_reader.h"

#include "inlet53/base/result.h"
#include "inlet53/config/config.h"

namespace inlet53::config {

/// Parses and validates `text` into `config`, and adds all errors to `reading.errors` in the order
/// of their lines. `path` names the file.
void read_config(std::string_view text, const std::string& path, Config& config, Reading& reading);

/// Reads a file of at most `most` bytes. A pipe may block the caller. Errors: the reason for the
/// operator, without the file's name.
[[nodiscard]] Result<std::string, std::string> read_text_file(const std::string& path, size_t most);

/// Reads a regular file (or a link to one) in the same way; rejects others, which could block.
[[nodiscard]] Result<std::string, std::string> read_regular_file(const std::string& path,
                                                                 size_t most);

}  // namespace inlet53::config
