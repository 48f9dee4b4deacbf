// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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

/// Error in a file that the configuration names.
struct FileError {
  std::string file;   // with the error
  uint32_t line = 0;  // from 1; 0: the whole file
  std::string message;
  uint32_t column = 0;  // from 1, in bytes; 0: the whole line

  [[nodiscard]] std::string to_text() const;  // `zones/corp.zone:12:7: …`
};

}  // namespace inlet53
