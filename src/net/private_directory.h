// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// A directory whose files belong to one user, opened by one process at a time.
///
/// All access uses the directory's descriptor and follows no symbolic link, so that no other user
/// can replace one of these files. Errors are texts with the file's name. Threads: one. Source:
/// open(2), flock(2).
class PrivateDirectory {
 public:
  /// The mode of files that only their owner may read, and of those that all may read.
  static constexpr mode_t kPrivate = 0600;
  static constexpr mode_t kPublic = 0644;

  /// Opens a directory and locks it; waits for the lock at most 5 s. Creates a missing directory
  /// with mode 0700, and a `.gitignore` for the files of an authority.
  /// Errors: the directory belongs to another user, other users may write to it, the lock is not
  /// free in time, or an error of the system.
  [[nodiscard]] static Result<PrivateDirectory, std::string> open(const std::string& path);

  /// Returns the path of a file in it.
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// Returns the names of the files that end with `suffix`, sorted.
  [[nodiscard]] std::vector<std::string> names(std::string_view suffix) const;

  /// Reads a file of at most 1 MiB. Errors: it is not a regular file, is too large, or cannot be
  /// read.
  [[nodiscard]] Result<std::string, std::string> read(const std::string& name) const;
  /// Reads a file with a secret. Errors: also, it belongs to another user, or other users may read
  /// or write it.
  [[nodiscard]] Result<std::string, std::string> read_private(const std::string& name) const;

  /// Replaces a file atomically: a reader gets the old one or the new one, also after a crash.
  [[nodiscard]] Result<void, std::string> write(const std::string& name, std::string_view text,
                                                mode_t mode) const;
  /// Removes a file if it exists.
  void remove(const std::string& name) const;

 private:
  PrivateDirectory(std::string path, Descriptor directory);
  [[nodiscard]] Result<void, std::string> check_owner() const;
  [[nodiscard]] Result<void, std::string> lock();
  [[nodiscard]] Result<void, std::string> write_ignore_file() const;

  std::string path_;
  Descriptor directory_;
  Descriptor lock_;  // released with the descriptor
};

}  // namespace inlet53::net
