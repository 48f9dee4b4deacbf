// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>
#include <sys/wait.h>

#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Blocks access of other processes of the same user: they cannot trace this process or read its
/// memory, environment, descriptors or root directory in /proc. Also disables core files.
/// Call once, at start. Source: prctl(2), PR_SET_DUMPABLE.
void deny_tracing() noexcept;

/// Gives the calling thread the file access rights of another user until it is destroyed: open(2),
/// faccessat(2) with AT_EACCESS, and links in /proc use that user's rights.
/// Requires: the thread may change its user (CAP_SETUID and CAP_SETGID); otherwise nothing changes.
/// Source: setfsuid(2), setfsgid(2).
class FileSystemUser {
 public:
  /// `id` is the user id and the group id.
  explicit FileSystemUser(uint32_t id) noexcept;
  ~FileSystemUser();
  FileSystemUser(const FileSystemUser&) = delete;
  FileSystemUser& operator=(const FileSystemUser&) = delete;

 private:
  int group_;
  int user_;
};

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

/// Maximum number of bytes that `program_output` keeps. It drops the rest.
inline constexpr size_t kMaxProgramOutput = 4096;

/// Runs a program without input and returns its output from stdout and stderr. Waits until the
/// program has closed both, at most `timeout_ms`, then kills it with its process group.
/// `arguments` starts with the program's name; a name without a slash is looked up in PATH.
/// Errors: the reason why it cannot run, with its name. Threads: any, but the calling thread waits.
[[nodiscard]] Result<std::string, std::string> program_output(
    const std::vector<std::string>& arguments, uint64_t timeout_ms);

}  // namespace inlet53::net
