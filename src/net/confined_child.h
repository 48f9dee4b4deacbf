// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

#include "inlet53/base/result.h"
#include "inlet53/net/confinement.h"

namespace inlet53::net {

/// Reason why a child could not confine itself. Trivially copyable, so that it can pass through a
/// pipe.
struct ConfinementError {
  enum class Step : int { None, Session, Namespaces, UserMap, Mount, ReadOnly, User, Privileges };
  Step step = Step::None;
  size_t mount = 0;  // which one, for Step::Mount
  int error = 0;     // errno
};

/// Returns `cannot hide /etc/inlet53: Operation not permitted`.
[[nodiscard]] std::string to_text(const ConfinementError& error, const Confinement& confinement);

/// Confinement prepared for a child: no allocation is permitted after a fork. Lifetime:
/// `confinement` outlives it.
class ConfinedChild {
 public:
  explicit ConfinedChild(const Confinement& confinement);

  /// Confines the calling process. It has one thread; its stdin, stdout and stderr are set. Safe
  /// between fork and exec. The caller sets the parent-death signal after it, because a change of
  /// the user clears it.
  [[nodiscard]] ConfinementError enter();

 private:
  [[nodiscard]] int enter_namespaces();
  [[nodiscard]] int map_user();
  [[nodiscard]] ConfinementError mount_all();
  [[nodiscard]] int mount_one(size_t index);
  [[nodiscard]] int change_user();
  [[nodiscard]] int drop_privileges();
  void bound_capabilities() const;
  [[nodiscard]] bool stays_root() const;

  const Confinement& confinement_;
  std::string user_map_;
  std::string group_map_;
  std::vector<std::string> paths_;  // of the mounts; modified while directories are created
  std::vector<int> trees_;          // of the mounts: the tree that Expose shows, else -1
};

}  // namespace inlet53::net
