// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inlet53/lambda/isolation.h"
#include "inlet53/net/confinement.h"

namespace inlet53::lambda {

/// Paths that a function's mount namespace hides and shows.
struct MountRequest {
  PrivateFiles hidden;
  std::vector<std::string> kept;   // directories that always stay visible
  std::optional<uint32_t> user{};  // user that must be able to reach them; absent: this process's
};

/// Composes the mounts, from the root of the file system downwards. The parent directory of a
/// private file or directory is covered, so that a new file of the same name is hidden, too. If the
/// parent contains a kept directory, its other entries stay visible. A system directory (/etc) or a
/// directory above the user's home is not covered: there only the file itself is. Versions of a
/// private file (`query.log.1`, `inlet53.toml~`) are hidden like the file, up to 256 in a
/// directory. Terminals are hidden.
/// Cost: reads 10,000 entries of each directory with private files, and compares their names with
/// the private names; some system calls for each entry that is hidden or shown.
[[nodiscard]] std::vector<net::MountStep> plan_mounts(const MountRequest& request);

/// Returns each private path, without symbolic links. If its parent directory has no cover, the
/// text also contains the inode number of the file and its birth time (on a file system without it:
/// the last change, except for directories). The same applies to the logs of a log directory
/// without a cover. When the result changes, a process that was confined by an earlier
/// `plan_mounts` may see private files. Cost: reads 10,000 entries of the log directory.
[[nodiscard]] std::vector<std::string> private_paths(const MountRequest& request);

/// Returns the private directory that a path is or is inside, after resolving links; empty: none.
[[nodiscard]] std::string hidden_folder_of(const std::string& path, const PrivateFiles& hidden);

/// Returns true when another user may access a file: `mode` as for access(2). Requires: this
/// process may change its file system user. Source: setfsuid(2).
[[nodiscard]] bool user_may(uint32_t user, const std::string& path, int mode);

/// Returns the first entry of a directory, or the directory itself, that the user may not read;
/// empty: the user may read all. Ignores the directory's own path, symbolic links and files that
/// interpreters write. Checks at most 1,000 entries, not their contents.
[[nodiscard]] std::string unreadable_entry(uint32_t user, const std::string& folder);

}  // namespace inlet53::lambda
