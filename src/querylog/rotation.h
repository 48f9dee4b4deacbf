#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "inlet53/base/result.h"

namespace inlet53::querylog {

/// Renames the log file `path` to `path`.20261122T105252Z, or `…Z-2`, `…Z-3` … : a name that was
/// free and that sorts behind those of all files rotated before, even if the clock went back.
/// Returns the new name, or errno. Cost: reads the folder.
[[nodiscard]] Result<std::string, int> move_aside(const std::string& path, int64_t wall_seconds);

/// Removes the oldest of the files that `move_aside` made of `path`, so that `keep` stay.
void remove_oldest(const std::string& path, size_t keep);

}  // namespace inlet53::querylog
