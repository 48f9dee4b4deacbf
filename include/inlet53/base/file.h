// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "inlet53/base/result.h"

namespace inlet53 {

/// Opens a file for writing, such as a log. Creates it with `mode` when it is missing. Another user
/// who may write to the directory must not be able to redirect the writes to another file or to
/// read them: therefore a symbolic link or an existing regular file must belong to this process's
/// user or to root. `flags`: of open(2), without O_CREAT and O_CLOEXEC, which are added. Opening
/// never waits, not even for the reader of a pipe.
/// Returns the descriptor, which the caller closes. Errors: the reason as a text, without the path.
[[nodiscard]] Result<int, std::string> open_own_file(const std::string& path, int flags,
                                                     mode_t mode);

/// Creates the missing directories above `file`. Errors: a text with the directory that cannot be
/// created and the reason.
[[nodiscard]] Result<void, std::string> make_folders_of(const std::string& file);

/// Sets the umask: only the owner may write to files and directories that this process and its
/// children create. Threads: call before other threads start.
void forbid_others_to_write() noexcept;

/// Makes a path absolute, relative to the current working directory. An empty path, or any path
/// after the working directory was removed, stays as it is.
[[nodiscard]] std::string absolute_path(const std::string& path);

/// Returns true for a regular file that this process may execute.
[[nodiscard]] bool is_program(const std::string& path);

/// Finds a program as execvp(3) does: a name with a slash is its path, other names are looked up in
/// the directories of PATH. Returns an absolute path for the latter; empty: not found.
[[nodiscard]] std::string find_program(const std::string& name);

/// Identity of a file while it exists: device and inode number.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Returns the identity of an open file; absent when fstat(2) fails.
[[nodiscard]] std::optional<FileIdentity> file_identity(int descriptor) noexcept;

/// Returns the identity of the file at a path, after following symbolic links. Absent when there is
/// none, or when the system does not allow the look-up.
[[nodiscard]] std::optional<FileIdentity> file_identity(const std::string& path) noexcept;

/// Returns true when a path names the open file itself, not a symbolic link to it.
[[nodiscard]] bool is_at_path(int descriptor, const std::string& path) noexcept;

/// Error in a file that the configuration names.
struct FileError {
  std::string file;   // with the error
  uint32_t line = 0;  // from 1; 0: the whole file
  std::string message;
  uint32_t column = 0;  // from 1, in bytes; 0: the whole line

  [[nodiscard]] std::string to_text() const;  // `zones/corp.zone:12:7: …`
};

}  // namespace inlet53
