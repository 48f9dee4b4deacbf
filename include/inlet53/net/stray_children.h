// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Reaps children that this process did not start: a process can make its own parent the parent of
/// a new child (CLONE_PARENT), and process 1 of a container gets all orphans. Otherwise they remain
/// as zombies and use up process numbers. ChildProcess and try_confinement reap their own children.
/// A process with this object starts no other children.
/// Threads: the loop's. Source: clone(2); pid_namespaces(7).
class StrayChildren {
 public:
  explicit StrayChildren(Loop& loop);

 private:
  void reap();

  Timer again_;
  SignalWatcher ended_;
};

//--- Known children: those that this process started. StrayChildren does not reap them.

/// Calls fork(2). The child stays known until it is reaped. Threads: any.
[[nodiscard]] pid_t fork_known();

/// Reaps a known child if it has ended. Returns true when it has. `how`: as of waitid(2).
bool reap_known(pid_t child, siginfo_t& how) noexcept;

/// Waits until a known child ends, and reaps it.
void wait_for_known(pid_t child) noexcept;

/// Makes a child unknown, so that StrayChildren reaps it.
void forget_known(pid_t child) noexcept;

/// Reaps at most 1,000 unknown children that have ended. Returns true when there may be more. The
/// kernel does not report them while a known child that has ended is first in its list.
[[nodiscard]] bool reap_strays() noexcept;

}  // namespace inlet53::net
