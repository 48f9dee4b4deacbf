// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "inlet53/base/result.h"

namespace inlet53 {

/// Opens a file to write, a log for instance, and makes it with `mode` where it is missing. Another
/// user who may write to its directory must neither lead the writes to another file nor read them:
/// a symbolic link, or a regular file that is there, must belong to this process's user or to root.
/// `flags`: of open(2), without O_CREAT and O_CLOEXEC, which are set. Opening never waits, not
/// for the reader of a pipe either.
/// Returns the descriptor, which the caller closes. Errors: why, for people, without the path.
[[nodiscard]] Result<int, std::string> open_own_file(const std::string& path, int flags,
                                                     mode_t mode);

/// Makes the directories above `file` that are missing. Errors: which directory cannot be made and
/// why, for people.
[[nodiscard]] Result<void, std::string> make_folders_of(const std::string& file);

/// Has files and directories that this process and its children make be writable by their owner
/// only, whatever mask the process was started with. Threads: before others are started.
void forbid_others_to_write() noexcept;

/// Makes a path absolute, as the working directory has it now. A path stays as it is when it is
/// empty or the working directory was removed.
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
