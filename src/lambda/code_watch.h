// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <sys/types.h>

#include "inlet53/net/socket.h"

namespace inlet53::lambda {

/// Tells whether an entry of a code folder is no code: interpreters write it (`__pycache__`,
/// `*.pyc`), or it is `.git`. `name` is without its folder.
[[nodiscard]] bool is_ignored(std::string_view name);

/// Watches the code folders of all functions by one inotify instance, which is asked, not waited
/// for: a file that changed before `changed` is called is seen by it, without a scan. What
/// interpreters write there themselves (`__pycache__`, `*.pyc`) and `.git` do not count.
/// A folder that is a symbolic link is noticed when it comes to mean another. Threads: one.
class CodeWatch {
 public:
  CodeWatch();
  CodeWatch(const CodeWatch&) = delete;
  CodeWatch& operator=(const CodeWatch&) = delete;

  /// Watches a folder and what is below it, anew when it is watched already. Where the system gives
  /// no watches (fs.inotify.max_user_watches) the operator log says so, and what is not watched
  /// counts as unchanged.
  void watch(const std::string& folder);
  void forget(const std::string& folder);
  /// Whether something in it has changed since it was last watched or since the last true.
  /// Cost: two system calls while nothing happens.
  [[nodiscard]] bool changed(const std::string& folder);

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Folder {
    Identity identity;
    std::vector<int> watches;
    bool changed = false;
  };

  [[nodiscard]] static Identity identify(const std::string& path);
  void add(const std::string& root, const std::string& path, Folder& folder, unsigned depth);
  void read_events();
  void note_event(int watch, uint32_t mask, std::string_view name);

  net::Descriptor inotify_;
  std::unordered_map<std::string, Folder> folders_;
  /// A watch belongs to its folder, and to those of other functions that contain it.
  std::unordered_map<int, std::unordered_set<std::string>> roots_;
  bool complained_ = false;
};

}  // namespace inlet53::lambda
