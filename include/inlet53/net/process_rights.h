// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace inlet53::net {

/// Keeps other processes of the same user out of this one: they can neither trace it nor read its
/// memory, environment, descriptors or root folder in /proc. It also leaves no core file.
/// Call once, at start. Source: prctl(2), PR_SET_DUMPABLE.
void deny_tracing() noexcept;

/// Makes the calling thread another user for access to files, until it is destroyed: opening,
/// faccessat(2) with AT_EACCESS, and links in /proc go by that user's rights.
/// Requires: the thread may change its users (CAP_SETUID and CAP_SETGID); else nothing changes.
/// Source: setfsuid(2), setfsgid(2).
class FileSystemUser {
 public:
  /// `id` is the user's and the group's.
  explicit FileSystemUser(uint32_t id) noexcept;
  ~FileSystemUser();
  FileSystemUser(const FileSystemUser&) = delete;
  FileSystemUser& operator=(const FileSystemUser&) = delete;

 private:
  int group_;
  int user_;
};

}  // namespace inlet53::net
