// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inlet53/lambda/isolation.h"
#include "inlet53/net/confinement.h"

namespace inlet53::lambda {

/// The paths that a function's mount namespace hides and shows.
struct MountRequest {
  PrivateFiles hidden;
  std::vector<std::string> kept;   // directories that stay visible, wherever they are
  std::optional<uint32_t> user{};  // who must be able to reach them; absent: this process
};

/// Composes the mounts, from the file system's root downwards. The directory that holds a private
/// file or directory is covered, so that a new one of the same name is hidden, too; where that
/// directory holds what is kept, its other entries stay visible. A directory of the system (/etc)
/// or above the user's home is not covered: there only the file itself is. Versions of a private
/// file (`query.log.1`, `inlet53.toml~`) are hidden as it is, 256 in a directory. Terminals are
/// hidden.
/// Cost: reads 10,000 entries of each directory of private files, and compares their names with
/// those of the private files in it; some system calls for each entry that is hidden or shown.
[[nodiscard]] std::vector<net::MountStep> plan_mounts(const MountRequest& request);

/// Names each private path, without symbolic links. Where no cover is on its directory, its text
/// has the number of the file that is there, too, and the time of its birth (on a file system
/// without that: of its last change, unless it is a directory). The same goes for the logs of a
/// log folder that no cover is on. A process that `plan_mounts` confined before may see private
/// files when the names or their texts change. Cost: looks at 10,000 entries of the log folder.
[[nodiscard]] std::vector<std::string> private_paths(const MountRequest& request);

/// The private directory that a path is or is in, also behind symbolic links; empty: none.
[[nodiscard]] std::string hidden_folder_of(const std::string& path, const PrivateFiles& hidden);

/// Tells whether a user other than this process's may do something with a file: `mode` as for
/// access(2). Requires: this process may change its file system user. Source: setfsuid(2).
[[nodiscard]] bool user_may(uint32_t user, const std::string& path, int mode);

/// The first entry of a directory, or the directory itself, that the user may not read; empty:
/// the user may read all. The directory's own path does not count, nor do symbolic links and what
/// interpreters write. Looks at 1,000 entries at most, not below them.
[[nodiscard]] std::string unreadable_entry(uint32_t user, const std::string& folder);

}  // namespace inlet53::lambda
