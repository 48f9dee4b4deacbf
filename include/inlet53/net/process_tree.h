// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace inlet53::net {

/// Tells whether process `root`, or a process that descends from it, has the socket with this inode
/// number open. Descendants are found by their parents, so a process that calls setsid(2) or
/// setpgid(2) is one, too; one whose parent has ended is one if `root` is a child subreaper
/// (ChildOptions::confinement).
///
/// `user`: reads /proc with this user's rights, where the caller may act for others (setfsuid(2))
/// but has no CAP_SYS_PTRACE. Absent: with the caller's own.
/// Looks at 1,024 processes, and at 4,096 descriptors, threads and children together (65,536 where
/// the kernel does not list children); beyond that the answer is false. Also false: /proc cannot be
/// read.
/// Requires: `root` is a child of this process that it has not reaped, or this process, so that the
/// number means no other process. Threads: any.
/// Source: proc(5), /proc/PID/fd and /proc/PID/task/TID/children; prctl(2), PR_SET_CHILD_SUBREAPER.
[[nodiscard]] bool process_tree_has_socket(pid_t root, uint32_t inode,
                                           std::optional<uint32_t> user);

}  // namespace inlet53::net
