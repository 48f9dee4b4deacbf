// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/process_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/net/process_rights.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

constexpr size_t kMaxProcesses = 1024;
// Limit of descriptors, threads and possible children in one search.
constexpr size_t kMaxSteps = 4096;
// Limit when children are searched among all processes of the machine.
constexpr size_t kMaxStepsAmongAll = 65536;
constexpr size_t kMaxText = 32768;  // bytes of a file in /proc

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

// Process, identified by its directory in /proc: the descriptor fails after the process has ended,
// and never means another process with the same number.
struct Process {
  pid_t pid = 0;
  Descriptor folder;
};

Process open_process(pid_t pid) {
  return {pid, Descriptor(open(concat("/proc/", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))};
}

Folder open_folder(const Process& process, const char* name) {
  const int folder = openat(process.folder.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return nullptr;
  return Folder(fdopendir(folder));
}

// Reads the start of a file of the process; empty when it cannot be read.
std::string read_file(const Process& process, const char* name) {
  const Descriptor file(openat(process.folder.get(), name, O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> some;
  while (file.valid() && text.size() < kMaxText) {
    const ssize_t count = read(file.get(), some.data(), some.size());
    if (count <= 0) break;
    text.append(some.data(), static_cast<size_t>(count));
  }
  return text;
}

pid_t parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() ? pid : 0;
}

// Returns the parent. Absent: the process has ended. 0: its parent is outside this PID namespace.
std::optional<pid_t> parent_of(const Process& process) {
  // `PID (name) S PPID …`: the name may hold spaces and parentheses.
  const std::string stat = read_file(process, "stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == stat.npos || stat.size() < name_end + 5) return std::nullopt;
  const std::string_view rest = std::string_view(stat).substr(name_end + 4);
  return parse_pid(rest.substr(0, rest.find(' ')));
}

void append_pids(std::string_view text, std::vector<pid_t>& pids) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (const pid_t pid = parse_pid(word); pid != 0) pids.push_back(pid);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
}

bool kernel_lists_children() {
  static const bool lists =
      access(concat("/proc/self/task/", getpid(), "/children").c_str(), R_OK) == 0;
  return lists;
}

// Returns all processes of the machine; for a kernel without CONFIG_PROC_CHILDREN.
std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  const Folder proc(opendir("/proc"));
  while (const dirent* const entry = proc ? readdir(proc.get()) : nullptr) {
    if (const pid_t pid = parse_pid(entry->d_name); pid != 0) pids.push_back(pid);
  }
  return pids;
}

// Returns processes that may be children of this one; the caller compares their parents.
std::vector<pid_t> possible_children(const Process& process, size_t& steps_left) {
  if (!kernel_lists_children()) return all_processes();
  std::vector<pid_t> pids;
  const Folder tasks = open_folder(process, "task");
  while (const dirent* const entry = tasks ? readdir(tasks.get()) : nullptr) {
    if (steps_left == 0 || pids.size() >= steps_left) break;
    --steps_left;
    if (parse_pid(entry->d_name) == 0) continue;
    append_pids(read_file(process, concat("task/", entry->d_name, "/children").c_str()), pids);
  }
  return pids;
}

class Search {
 public:
  explicit Search(uint32_t inode) : link_(concat("socket:[", inode, "]")) {}

  bool run(pid_t root) {
    processes_.push_back(open_process(root));
    for (size_t at = 0; at < processes_.size() && steps_left_ > 0; ++at) {
      if (has_socket(processes_[at])) return true;
      add_children(at);
      processes_[at].folder.reset();
    }
    return false;
  }

 private:
  bool has_socket(const Process& process) {
    const Folder descriptors = open_folder(process, "fd");
    while (const dirent* const entry = descriptors ? readdir(descriptors.get()) : nullptr) {
      if (steps_left_ == 0) return false;
      --steps_left_;
      std::array<char, 64> target;
      const ssize_t length =
          readlinkat(dirfd(descriptors.get()), entry->d_name, target.data(), target.size());
      if (length > 0 && std::string_view(target.data(), static_cast<size_t>(length)) == link_) {
        return true;
      }
    }
    return false;
  }

  void add_children(size_t parent) {
    const pid_t parent_pid = processes_[parent].pid;
    for (const pid_t pid : possible_children(processes_[parent], steps_left_)) {
      if (steps_left_ == 0 || processes_.size() >= kMaxProcesses) return;
      --steps_left_;
      Process child = open_process(pid);
      if (!child.folder.valid() || parent_of(child) != parent_pid) continue;
      // The parent exists after its child was seen, so its number means the same process in both.
      if (!parent_of(processes_[parent])) return;
      processes_.push_back(std::move(child));
    }
  }

  const std::string link_;
  std::vector<Process> processes_;
  size_t steps_left_ = kernel_lists_children() ? kMaxSteps : kMaxStepsAmongAll;
};

}  // namespace

bool process_tree_has_socket(pid_t root, uint32_t inode, std::optional<uint32_t> user) {
  std::optional<FileSystemUser> acting;
  if (user) acting.emplace(*user);
  return Search(inode).run(root);
}

}  // namespace inlet53::net
