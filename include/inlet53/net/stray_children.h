#pragma once

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Reaps children that this process did not start: a process can give its own parent a child
/// (CLONE_PARENT), and process 1 of a container gets all orphans. Without this they stay as
/// zombies, and take the numbers of processes. Children of ChildProcess and of try_confinement are
/// left to these; a process with this object starts no other children. Threads: the loop's. Source:
/// clone(2); pid_namespaces(7).
class StrayChildren {
 public:
  explicit StrayChildren(Loop& loop);

 private:
  void reap();

  Timer again_;
  SignalWatcher ended_;
};

}  // namespace inlet53::net
