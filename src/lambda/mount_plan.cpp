#include "mount_plan.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include "code_watch.h"
#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/net/file_system_user.h"
#include "inlet53/net/socket.h"

namespace inlet53::lambda {

namespace {

namespace fs = std::filesystem;
using Kind = net::MountStep::Kind;

constexpr std::array<std::string_view, 2> kPrivateFolders{"/tmp", "/dev/shm"};
constexpr size_t kMaxEntries = 256;
constexpr size_t kMaxReadableEntries = 1000;

// Without symbolic links; as it is where it does not exist.
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

// Directories that much else is in: to cover them would take away what programs need.
bool is_shared(const std::string& folder) {
  if (depth(folder) <= 1) return true;  // `/`, `/etc`
  static constexpr std::array<std::string_view, 8> kShared{
      "/usr/local", "/usr/local/etc", "/usr/bin", "/usr/lib",
      "/usr/share", "/var/lib",       "/var/log", "/etc/ssl"};
  if (std::find(kShared.begin(), kShared.end(), folder) != kShared.end()) return true;
  const char* const home = std::getenv("HOME");
  return home != nullptr && is_at_or_below(real_path(home), folder);
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

  [[nodiscard]] bool is_hidden(const std::string& path) const {
    if (files_.contains(path)) return true;
    return std::any_of(hidden_.begin(), hidden_.end(),
                       [&path](const std::string& folder) { return is_at_or_below(path, folder); });
  }

  // Whether a directory, or a log, holds what is hidden.
  [[nodiscard]] bool holds_hidden(const std::string& path) const {
    const auto is_in = [&path](const std::string& one) { return is_at_or_below(one, path); };
    return is_in(log_folder_) || is_log(path) || std::any_of(files_.begin(), files_.end(), is_in) ||
           std::any_of(hidden_.begin(), hidden_.end(), is_in);
  }

  void cover_parents() {
    std::set<std::string> parents;
    for (const std::string& file : files_) parents.insert(parent_of(file));
    if (!log_folder_.empty()) parents.insert(log_folder_);
    const std::set<std::string> wanted = kept_;
    for (const std::string& parent : parents) {
      if (is_shared(parent)) {
        hide_logs(parent);
        continue;
      }
      const bool holds_kept =
          std::any_of(wanted.begin(), wanted.end(),
                      [&parent](const std::string& path) { return is_at_or_below(path, parent); });
      if (holds_kept) keep_entries(parent);
      add(Kind::Hide, parent);
    }
  }

  [[nodiscard]] bool is_log(const fs::path& entry) const {
    return entry.parent_path() == log_folder_ &&
           entry.filename().string().find(".log") != std::string::npos;
  }

  void hide_logs(const std::string& folder) {
    for (const std::string& entry : entries(folder)) {
      if (is_log(entry)) files_.insert(entry);
    }
  }

  void keep_entries(const std::string& folder) {
    const std::vector<std::string> all = entries(folder);
    if (all.size() > kMaxEntries) return;
    for (const std::string& entry : all) {
      std::error_code error;
      // What cannot be opened, such as a link to itself, cannot be shown.
      if (!fs::exists(entry, error)) continue;
      const std::string real = real_path(entry);
      if (is_hidden(entry) || is_hidden(real)) continue;
      // A link is shown as what it leads to, as it is before anything is covered.
      if (real != entry && (is_at_or_below(folder, real) || holds_hidden(real))) continue;
      if (is_log(entry)) {
        files_.insert(entry);  // also where the whole directory is kept
      } else {
        kept_.insert(entry);
      }
    }
  }

  static std::vector<std::string> entries(const std::string& folder) {
    std::vector<std::string> all;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; at != end; at.increment(error)) {
      all.push_back(at->path().string());
      if (error || all.size() > kMaxEntries) break;
    }
    return all;
  }

  // Covers the first directory above each kept one that the user cannot pass.
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
  std::set<std::string> files_;   // hidden one by one
  std::set<std::string> hidden_;  // directories
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

bool user_may(uint32_t user, const std::string& path, int mode) {
  const net::FileSystemUser acting(user);
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

std::string unreadable_entry(uint32_t user, const std::string& folder) {
  // Opened with our own rights: the way to it does not count.
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
    // A symbolic link may lead anywhere, also to where nothing is.
    constexpr int kFlags = AT_EACCESS | AT_SYMLINK_NOFOLLOW;
    if (faccessat(opened.get(), name.c_str(), R_OK, kFlags) != 0 && errno == EACCES) {
      return concat(folder, "/", name);
    }
  }
  return {};
}

}  // namespace inlet53::lambda
