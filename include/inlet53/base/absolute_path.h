#pragma once

#include <string>

namespace inlet53 {

/// Makes a path absolute, as the working directory has it now. A path stays as it is when it is
/// empty or the working directory was removed.
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace inlet53
