// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inlet53/base/result.h"

namespace inlet53::net {

/// One step that changes which files a confined process sees.
struct MountStep {
  enum class Kind : uint8_t {
    Hide,           // an empty directory covers a directory, /dev/null covers any other file
    PrivateFolder,  // an empty private directory, which it may write to, covers it
    Expose,         // shows the original content where an earlier step covered it
  };
  Kind kind = Kind::Hide;
  std::string path;  // absolute, without symbolic links

  friend bool operator==(const MountStep&, const MountStep&) = default;
};

/// Rights and visible files of a child process that runs untrusted code. Every confined process
///  - is in a session of its own, without a terminal;
///  - gains no privileges by programs that it executes (PR_SET_NO_NEW_PRIVS), and has no
///    capabilities, unless it runs as root;
///  - has a umask of 077, no core files, and 1,024 descriptors;
///  - adopts its orphaned descendants (PR_SET_CHILD_SUBREAPER).
struct Confinement {
  /// User and group that it runs as, without supplementary groups; absent: the caller's.
  std::optional<uint32_t> user{};
  /// Private user namespace, with the caller's ids: the process cannot trace processes outside.
  bool user_namespace = false;
  /// Private mount namespace, in which everything except private directories is read-only.
  bool mount_namespace = false;
  std::vector<MountStep> mounts{};  // in this order; requires `mount_namespace`
};

/// Confines a child process that then ends. Returns whether this worked. Errors: a text with the
/// operation that the system refuses.
/// Cost: a fork; waits for the child.
[[nodiscard]] Result<void, std::string> try_confinement(const Confinement& confinement);

}  // namespace inlet53::net
