// SPDX-License-Identifier: Apache-2.0
#include "mount_plan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include "code_watch.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/net/process.h"
#include "inlet53/net/socket.h"

namespace inlet53::lambda {

namespace {

namespace fs = std::filesystem;
using Kind = net::MountStep::Kind;

constexpr std::array<std::string_view, 2> kPrivateFolders{"/tmp", "/dev/shm"};
// With the daemon's user id a function could read terminal input.
constexpr std::array<std::string_view, 2> kTerminals{"/dev/pts", "/dev/console"};
constexpr size_t kMaxEntries = 256;     // of one directory that are shown or hidden separately
constexpr size_t kMaxScanned = 10'000;  // of one directory that are read
constexpr size_t kMaxReadableEntries = 1000;

// Resolves symbolic links; returns a path that does not exist unchanged.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  std::string text = error ? path : real.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.size() > 1;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool is_at_or_below(std::string_view path, std::string_view folder) {
  return path == folder || is_below(path, folder);
}

ptrdiff_t depth(std::string_view path) { return std::count(path.begin(), path.end(), '/'); }

std::string parent_of(const std::string& path) { return fs::path(path).parent_path().string(); }

// Returns true when an entry of a directory is `name` or a version of it: a rotated log, an
// editor's backup, a replaced authority.
bool is_version(std::string_view entry, std::string_view name) {
  if (!entry.starts_with(name) && (entry.starts_with('.') || entry.starts_with('#'))) {
    entry.remove_prefix(1);
  }
  if (name.empty() || !entry.starts_with(name)) return false;
  return entry.size() == name.size() || std::isalpha(static_cast<uint8_t>(entry[name.size()])) == 0;
}

std::vector<std::string> entries(const std::string& folder, size_t max) {
  std::vector<std::string> all;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; at != end; at.increment(error)) {
    all.push_back(at->path().string());
    if (error || all.size() > max) break;
  }
  return all;
}

// Requires: a path without links.
std::string_view folder_of(std::string_view path) {
  return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_log_in(std::string_view log_folder, std::string_view entry) {
  return folder_of(entry) == log_folder && name_of(entry).find(".log") != std::string_view::npos;
}

// Returns true for directories with many other files: covering them would remove files that
// programs need.
bool is_shared(const std::string& folder) {
  if (depth(folder) <= 1) return true;  // `/`, `/etc`
  static constexpr std::array<std::string_view, 8> kShared{
      "/usr/local", "/usr/local/etc", "/usr/bin", "/usr/lib",
      "/usr/share", "/var/lib",       "/var/log", "/etc/ssl"};
  if (std::find(kShared.begin(), kShared.end(), folder) != kShared.end()) return true;
  const char* const home = std::getenv("HOME");
  return home != nullptr && is_at_or_below(real_path(home), folder);
}

// Returns a text that differs when another file takes the place of this one; empty: there is none.
// The inode number alone is not enough: a file system may reuse that of a removed file at once.
std::string identity(const std::string& path) {
  struct statx status {};
  constexpr unsigned kWanted = STATX_TYPE | STATX_INO | STATX_BTIME | STATX_CTIME;
  if (statx(AT_FDCWD, path.c_str(), 0, kWanted, &status) != 0) return {};
  std::string number =
      concat(" ", status.stx_dev_major, ":", status.stx_dev_minor, ":", status.stx_ino);
  const bool has_birth = (status.stx_mask & STATX_BTIME) != 0;
  // The change time of a directory changes with each entry.
  if (!has_birth && S_ISDIR(status.stx_mode)) return number;
  const statx_timestamp& time = has_birth ? status.stx_btime : status.stx_ctime;
  return concat(number, " ", time.tv_sec, ".", time.tv_nsec);
}

class Plan {
 public:
  explicit Plan(const MountRequest& request) {
    for (const std::string& path : request.kept) kept_.insert(real_path(path));
    for (const std::string& path : request.hidden.folders) hide(real_path(path));
    for (const std::string& path : request.hidden.files) files_.insert(real_path(path));
    for (const std::string_view path : kPrivateFolders) {
      std::error_code error;
      if (fs::is_directory(path, error)) add(Kind::PrivateFolder, std::string(path));
    }
    hide_terminals(!request.user);
    if (!request.hidden.log_folder.empty()) log_folder_ = real_path(request.hidden.log_folder);
    cover_parents();
    if (request.user) cover_unreachable(*request.user);
  }

  std::vector<net::MountStep> steps() && {
    for (const std::string& file : files_) add(Kind::Hide, file);
    for (const std::string& path : kept_) {
      if (is_covered(path)) add(Kind::Expose, path);
    }
    // A step never undoes one for a deeper path.
    std::stable_sort(steps_.begin(), steps_.end(), [](const auto& a, const auto& b) {
      return std::pair(depth(a.path), a.kind) < std::pair(depth(b.path), b.kind);
    });
    return std::move(steps_);
  }

 private:
  void add(Kind kind, std::string path) {
    net::MountStep step{kind, std::move(path)};
    if (std::find(steps_.begin(), steps_.end(), step) == steps_.end()) {
      steps_.push_back(std::move(step));
    }
  }

  void hide(const std::string& path) {
    hidden_.insert(path);
    add(Kind::Hide, path);
  }

  [[nodiscard]] bool is_covered(const std::string& path) const {
    return std::any_of(steps_.begin(), steps_.end(), [&path](const net::MountStep& step) {
      return step.kind != Kind::Expose && is_at_or_below(path, step.path);
    });
  }

  // `all`: also the virtual terminals that this process may open; a separate user may open none.
  void hide_terminals(bool all) {
    for (const std::string_view path : kTerminals) {
      std::error_code error;
      if (fs::exists(path, error)) add(Kind::Hide, std::string(path));
    }
    if (!all) return;
    for (const std::string& path : entries("/dev", kMaxScanned)) {
      if (path.starts_with("/dev/tty") && path != "/dev/tty" && access(path.c_str(), R_OK) == 0) {
        add(Kind::Hide, path);
      }
    }
  }

  [[nodiscard]] bool is_hidden(const std::string& path) const {
    if (files_.contains(path) || is_version_of_hidden(path)) return true;
    return std::any_of(hidden_.begin(), hidden_.end(),
                       [&path](const std::string& folder) { return is_at_or_below(path, folder); });
  }

  // Returns the names of the hidden entries of a directory: files and directories.
  [[nodiscard]] std::vector<std::string> hidden_names(std::string_view folder) const {
    std::vector<std::string> names;
    for (const auto* const all : {&files_, &hidden_}) {
      for (const std::string& path : *all) {
        if (folder_of(path) == folder) names.emplace_back(name_of(path));
      }
    }
    return names;
  }

  [[nodiscard]] bool is_version_of_hidden(const std::string& path) const {
    const auto is_one = [folder = folder_of(path), name = name_of(path)](std::string_view hidden) {
      return folder_of(hidden) == folder && is_version(name, name_of(hidden));
    };
    return std::any_of(files_.begin(), files_.end(), is_one) ||
           std::any_of(hidden_.begin(), hidden_.end(), is_one);
  }

  // Returns true when a directory, or a log, contains hidden files.
  [[nodiscard]] bool holds_hidden(const std::string& path) const {
    const auto is_in = [&path](const std::string& one) { return is_at_or_below(one, path); };
    return is_in(log_folder_) || is_log(path) || std::any_of(files_.begin(), files_.end(), is_in) ||
           std::any_of(hidden_.begin(), hidden_.end(), is_in);
  }

  // In an existing namespace, a file that is deleted and created again has no separate cover.
  void cover_parents() {
    std::set<std::string> parents;
    for (const std::string& file : files_) parents.insert(parent_of(file));
    for (const std::string& folder : hidden_) parents.insert(parent_of(folder));
    if (!log_folder_.empty()) parents.insert(log_folder_);
    for (const std::string& parent : parents) {
      if (is_shared(parent)) {
        hide_versions(parent);
      } else {
        covered_.insert(parent);
      }
    }
    const std::set<std::string> wanted = kept_;
    for (const std::string& parent : covered_) {
      const bool holds_kept =
          std::any_of(wanted.begin(), wanted.end(),
                      [&parent](const std::string& path) { return is_at_or_below(path, parent); });
      if (holds_kept) keep_entries(parent);
      add(Kind::Hide, parent);
    }
  }

  [[nodiscard]] bool is_log(std::string_view entry) const { return is_log_in(log_folder_, entry); }

  // Hides the private entries of a directory that stays visible, one by one.
  void hide_versions(const std::string& folder) {
    const std::vector<std::string> names = hidden_names(folder);
    std::set<std::string> found;
    for (const std::string& entry : entries(folder, kMaxScanned)) {
      if (found.size() >= kMaxEntries) break;
      const bool is_one = std::any_of(
          names.begin(), names.end(),
          [name = name_of(entry)](const std::string& hidden) { return is_version(name, hidden); });
      // The target of a link to another place is private only if the configuration names it.
      if (!is_log(entry) && !(is_one && real_path(entry) == entry)) continue;
      found.insert(entry);
    }
    files_.merge(found);
  }

  void keep_entries(const std::string& folder) {
    const std::vector<std::string> all = entries(folder, kMaxEntries);
    if (all.size() > kMaxEntries) return;
    for (const std::string& entry : all) {
      std::error_code error;
      // A file that cannot be opened, such as a link to itself, cannot be shown.
      if (!fs::exists(entry, error)) continue;
      const std::string real = real_path(entry);
      // The contents of a covered directory are shown one by one.
      if (covered_.contains(entry)) continue;
      if (is_log(entry)) {
        files_.insert(entry);  // also when the whole directory is kept
        continue;
      }
      if (is_hidden(entry) || is_hidden(real)) {
        if (real == entry && is_version_of_hidden(entry)) files_.insert(entry);
        continue;
      }
      // A link is shown as its target, in its state before anything is covered.
      if (real != entry && (is_at_or_below(folder, real) || holds_hidden(real))) continue;
      kept_.insert(entry);
    }
  }

  // Covers the first directory above each kept one that the user cannot enter.
  void cover_unreachable(uint32_t user) {
    for (const std::string& path : kept_) {
      for (size_t slash = path.find('/', 1); slash != path.npos;
           slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash);
        if (user_may(user, folder, X_OK)) continue;
        add(Kind::Hide, folder);
        break;
      }
    }
  }

  std::set<std::string> kept_;
  std::set<std::string> files_;    // hidden separately
  std::set<std::string> hidden_;   // directories
  std::set<std::string> covered_;  // parent directories of both
  std::string log_folder_;
  std::vector<net::MountStep> steps_;
};

}  // namespace

std::string hidden_folder_of(const std::string& path, const PrivateFiles& hidden) {
  const std::string real = real_path(path);
  for (const std::string& folder : hidden.folders) {
    if (is_at_or_below(real, real_path(folder))) return folder;
  }
  return {};
}

std::vector<net::MountStep> plan_mounts(const MountRequest& request) {
  return Plan(request).steps();
}

std::vector<std::string> private_paths(const MountRequest& request) {
  std::vector<std::string> kept;
  for (const std::string& path : request.kept) kept.push_back(real_path(path));
  const auto is_visible = [&kept](const std::string& folder) {
    return is_shared(folder) ||
           std::any_of(kept.begin(), kept.end(), [&folder](const std::string& shown) {
             return is_at_or_below(folder, shown);
           });
  };
  std::set<std::string> paths;
  for (const auto* const all : {&request.hidden.files, &request.hidden.folders}) {
    for (const std::string& path : *all) paths.insert(real_path(path));
  }
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    found.push_back(is_visible(parent_of(path)) ? concat(path, identity(path)) : path);
  }
  if (request.hidden.log_folder.empty()) return found;
  const std::string log_folder = real_path(request.hidden.log_folder);
  found.push_back(log_folder);
  if (!is_visible(log_folder)) return found;
  std::set<std::string> logs;
  for (const std::string& entry : entries(log_folder, kMaxScanned)) {
    if (is_log_in(log_folder, entry)) logs.insert(concat(entry, identity(entry)));
  }
  found.insert(found.end(), logs.begin(), logs.end());
  return found;
}

bool user_may(uint32_t user, const std::string& path, int mode) {
  const net::FileSystemUser acting(user);
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

std::string unreadable_entry(uint32_t user, const std::string& folder) {
  // Opened with this process's rights: the path to it does not count.
  const net::Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return folder;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
    if (error || names.size() >= kMaxReadableEntries) break;
  }
  const net::FileSystemUser acting(user);
  if (faccessat(opened.get(), ".", R_OK | X_OK, AT_EACCESS) != 0) return folder;
  for (const std::string& name : names) {
    if (is_ignored(name)) continue;
    // A symbolic link may lead anywhere, also to a missing file.
    constexpr int kFlags = AT_EACCESS | AT_SYMLINK_NOFOLLOW;
    if (faccessat(opened.get(), name.c_str(), R_OK, kFlags) != 0 && errno == EACCES) {
      return concat(folder, "/", name);
    }
  }
  return {};
}

}  // namespace inlet53::lambda
