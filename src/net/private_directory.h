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
/// All access goes through the directory's descriptor and follows no symbolic link, so that nobody
/// can put another file in the place of one of these. Errors are for people and name the file.
/// Threads: one. Source: open(2), flock(2).
class PrivateDirectory {
 public:
  /// The mode of files that only their owner may read, and of those that all may read.
  static constexpr mode_t kPrivate = 0600;
  static constexpr mode_t kPublic = 0644;

  /// Opens a directory and takes its lock, for at most 5 s of waiting. A directory that does not
  /// exist is made with mode 0700, and gets a `.gitignore` for the files of an authority.
  /// Errors: the directory belongs to another user, other users may write to it, the lock is not
  /// free in time, or what the system says.
  [[nodiscard]] static Result<PrivateDirectory, std::string> open(const std::string& path);

  /// The path of a file in it.
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// The names of the files that end with `suffix`, sorted.
  [[nodiscard]] std::vector<std::string> names(std::string_view suffix) const;

  /// Reads a file of at most 1 MiB. Errors: it is no regular file, is too large, or can't be read.
  [[nodiscard]] Result<std::string, std::string> read(const std::string& name) const;
  /// The same for a file with a secret. Errors: also, it belongs to another user, or other users
  /// may read or write it.
  [[nodiscard]] Result<std::string, std::string> read_private(const std::string& name) const;

  /// Writes a file as a whole: a reader has the old one or the new one, also after a crash.
  [[nodiscard]] Result<void, std::string> write(const std::string& name, std::string_view text,
                                                mode_t mode) const;
  /// Removes a file; it may be missing.
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
