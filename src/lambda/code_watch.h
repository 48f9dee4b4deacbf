// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inlet53/base/file.h"
#include "inlet53/net/socket.h"

namespace inlet53::lambda {

/// Returns true for a directory entry that is not code: interpreters write it (`__pycache__`,
/// `*.pyc`), or it is `.git`. `name`: without its directory.
[[nodiscard]] bool is_ignored(std::string_view name);

/// Watches the code directories of all functions with one inotify instance. `changed` polls it: it
/// reports a file that changed before the call, without a scan. Ignores files that interpreters
/// write (`__pycache__`, `*.pyc`) and `.git`. Notices when a directory that is a symbolic link gets
/// another target. Threads: one.
class CodeWatch {
 public:
  CodeWatch();
  CodeWatch(const CodeWatch&) = delete;
  CodeWatch& operator=(const CodeWatch&) = delete;

  /// Watches a directory and its subdirectories; a repeated call starts again. When the system
  /// gives no watch (fs.inotify.max_user_watches), logs this to the operator log; unwatched files
  /// count as unchanged.
  void watch(const std::string& folder);
  void forget(const std::string& folder);
  /// Returns true when a file in it has changed since the last `watch` or the last true result.
  /// Cost: two system calls when nothing has changed.
  [[nodiscard]] bool changed(const std::string& folder);

 private:
  struct Folder {
    std::optional<FileIdentity> identity;
    std::vector<int> watches;
    bool changed = false;
  };

  void add(const std::string& root, const std::string& path, Folder& folder, unsigned depth);
  void read_events();
  void note_event(int watch, uint32_t mask, std::string_view name);

  net::Descriptor inotify_;
  std::unordered_map<std::string, Folder> folders_;
  /// A watch belongs to its directory, and to those of other functions that contain it.
  std::unordered_map<int, std::unordered_set<std::string>> roots_;
  bool complained_ = false;
};

}  // namespace inlet53::lambda
