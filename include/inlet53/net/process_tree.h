// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace inlet53::net {

/// Returns true when process `root`, or a descendant of it, has the socket with this inode number
/// open. Descendants are found by their parents, so calls of setsid(2) or setpgid(2) make no
/// difference. A process whose parent has ended is found if `root` is a child subreaper
/// (ChildOptions::confinement).
///
/// `user`: reads /proc with this user's rights, when the caller may use other users' rights
/// (setfsuid(2)) but has no CAP_SYS_PTRACE. Absent: uses the caller's rights.
/// Searches 1,024 processes, and 4,096 descriptors, threads and children together (65,536 where the
/// kernel does not list children). Beyond that the result is false. It is also false when /proc
/// cannot be read.
/// Requires: `root` is this process or a child of it that it has not reaped, so that the number
/// cannot mean another process. Threads: any.
/// Source: proc(5), /proc/PID/fd and /proc/PID/task/TID/children; prctl(2), PR_SET_CHILD_SUBREAPER.
[[nodiscard]] bool process_tree_has_socket(pid_t root, uint32_t inode,
                                           std::optional<uint32_t> user);

}  // namespace inlet53::net
