// SPDX-License-Identifier: Apache-2.0
#include "code_watch.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

// A file counts when it is written and closed, not while it is being written.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr unsigned kMaxDepth = 32;
// Limit of watched directories of one function; the rest is not watched.
constexpr size_t kMaxWatches = 4096;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

bool is_folder(const std::string& path, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> all;
  const std::unique_ptr<DIR, CloseFolder> folder(opendir(path.c_str()));
  if (!folder) return all;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || is_ignored(name)) continue;
    std::string child = concat(path, "/", name);
    if (is_folder(child, *entry)) all.push_back(std::move(child));
  }
  return all;
}

}  // namespace

bool is_ignored(std::string_view name) {
  return name == "__pycache__" || name == ".git" || name.ends_with(".pyc") ||
         name.find(".pyc.") != name.npos;  // temporary name before the rename
}

CodeWatch::CodeWatch() : inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!inotify_.valid()) {
    log_warning(concat("inotify: ", std::generic_category().message(errno),
                       "; functions are not reloaded when their code changes"));
  }
}

void CodeWatch::watch(const std::string& folder) {
  forget(folder);
  Folder& watched = folders_[folder];
  watched.identity = file_identity(folder);
  if (inotify_.valid()) add(folder, folder, watched, 0);
}

void CodeWatch::add(const std::string& root, const std::string& path, Folder& folder,
                    unsigned depth) {
  // Watches before listing: files created in between cause an event.
  const int watch = folder.watches.size() == kMaxWatches
                        ? -1
                        : inotify_add_watch(inotify_.get(), path.c_str(), kEvents | IN_ONLYDIR);
  if (watch < 0) {
    const int error = folder.watches.size() == kMaxWatches ? ENOSPC : errno;
    if (error != ENOENT && !std::exchange(complained_, true)) {
      log_warning(concat("not all code below ", root,
                         " is watched for changes: ", std::generic_category().message(error)));
    }
    return;
  }
  folder.watches.push_back(watch);
  roots_[watch].insert(root);
  if (depth == kMaxDepth) return;
  for (const std::string& child : folders_in(path)) add(root, child, folder, depth + 1);
}

void CodeWatch::forget(const std::string& folder) {
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return;
  for (const int watch : found->second.watches) {
    const auto roots = roots_.find(watch);
    if (roots == roots_.end()) continue;  // the kernel has removed it
    roots->second.erase(folder);
    if (!roots->second.empty()) continue;
    roots_.erase(roots);
    inotify_rm_watch(inotify_.get(), watch);
  }
  folders_.erase(found);
}

bool CodeWatch::changed(const std::string& folder) {
  read_events();
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return false;
  if (!found->second.changed && file_identity(folder) == found->second.identity) return false;
  // Starts again, for new directories and for a directory that was replaced.
  watch(folder);
  return true;
}

void CodeWatch::read_events() {
  if (!inotify_.valid()) return;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): read fills it
  alignas(inotify_event) std::array<char, 16384> events;
  for (;;) {
    const ssize_t size = read(inotify_.get(), events.data(), events.size());
    if (size <= 0) return;
    for (size_t at = 0; at < static_cast<size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, &events[at], sizeof event);
      const char* const name = &events[at] + sizeof event;
      note_event(event.wd, event.mask, event.len == 0 ? std::string_view{} : name);
      at += sizeof event + event.len;
    }
  }
}

void CodeWatch::note_event(int watch, uint32_t mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) {
    for (auto& [path, folder] : folders_) folder.changed = true;
    return;
  }
  const auto roots = roots_.find(watch);
  if (roots == roots_.end() || is_ignored(name)) return;
  if ((mask & (kEvents | IN_IGNORED)) != 0) {
    for (const std::string& root : roots->second) folders_.at(root).changed = true;
  }
  if ((mask & IN_IGNORED) != 0) roots_.erase(roots);
}

}  // namespace inlet53::lambda
