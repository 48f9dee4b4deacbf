#pragma once

#include <cstddef>
#include <string>

#include "inlet53/base/result.h"

namespace inlet53::config {

/// The octets of a file, at most `most`; of a pipe, too, which may keep its reader waiting.
/// Errors: why there are none, for people, without the file's name.
[[nodiscard]] Result<std::string, std::string> read_text_file(const std::string& path, size_t most);

/// The same of a regular file (or of what leads to one) only: nothing else can keep us.
[[nodiscard]] Result<std::string, std::string> read_regular_file(const std::string& path,
                                                                 size_t most);

}  // namespace inlet53::config
