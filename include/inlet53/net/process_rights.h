// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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

}  // namespace inlet53::net
