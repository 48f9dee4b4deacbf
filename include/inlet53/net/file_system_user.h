#pragma once

#include <cstdint>

namespace inlet53::net {

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
