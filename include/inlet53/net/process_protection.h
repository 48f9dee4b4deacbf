#pragma once

namespace inlet53::net {

/// Keeps other processes of the same user out of this one: they can neither trace it nor read its
/// memory, environment, descriptors or root folder in /proc. It also leaves no core file.
/// Call once, at start. Source: prctl(2), PR_SET_DUMPABLE.
void deny_tracing() noexcept;

}  // namespace inlet53::net
