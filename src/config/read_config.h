// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "table_reader.h"

#include "inlet53/base/result.h"
#include "inlet53/config/config.h"

namespace inlet53::config {

/// Reads and validates `text` into `config`, and everything that is wrong into `reading.errors`, in
/// the order of their lines. `path` names the file.
void read_config(std::string_view text, const std::string& path, Config& config, Reading& reading);

/// The octets of a file, at most `most`; of a pipe, too, which may keep its reader waiting.
/// Errors: why there are none, for people, without the file's name.
[[nodiscard]] Result<std::string, std::string> read_text_file(const std::string& path, size_t most);

/// The same of a regular file (or of what leads to one) only: nothing else can keep us.
[[nodiscard]] Result<std::string, std::string> read_regular_file(const std::string& path,
                                                                 size_t most);

}  // namespace inlet53::config
