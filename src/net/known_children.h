#pragma once

#include <sys/types.h>
#include <sys/wait.h>

/// The children that this process has started itself, so that StrayChildren reaps no other's.
namespace inlet53::net {

/// fork(2); the child is known until it is reaped. Threads: any.
[[nodiscard]] pid_t fork_known();

/// Reaps a known child if it has ended; `how` as of waitid(2). Returns whether it did.
bool reap_known(pid_t child, siginfo_t& how) noexcept;

/// Waits for the end of a known child, and reaps it.
void wait_for_known(pid_t child) noexcept;

/// Makes a child unknown that nobody waits for any more.
void forget_known(pid_t child) noexcept;

/// Reaps children that have ended and are not known, a thousand at most. Returns whether there may
/// be more: behind a known one that has ended, the kernel shows no other.
[[nodiscard]] bool reap_strays() noexcept;

}  // namespace inlet53::net
