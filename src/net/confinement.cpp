// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/confinement.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>
#include <system_error>

#include "confined_child.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/net/process.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

using Kind = MountStep::Kind;
using Step = ConfinementError::Step;

constexpr mode_t kUmask = 077;
constexpr rlim_t kOpenFiles = 1024;  // as at AWS
// Source: AWS Lambda quotas: 512 MB of /tmp by default.
constexpr const char* kPrivateOptions = "mode=1777,size=512m,nr_inodes=100k";
constexpr const char* kCoverOptions = "mode=0755,size=1m";

int error_unless(bool good) { return good ? 0 : errno; }

//--- Safe between fork and exec

int write_file(const char* path, const std::string& text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = error_unless(written);
  close(file);
  return error;
}

void limit_resources() {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    // Also lowers the hard limit, because it bounds the cost of a search of the process's
    // descriptors.
    files.rlim_cur = std::min(files.rlim_cur, kOpenFiles);
    files.rlim_max = std::min(files.rlim_max, kOpenFiles);
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

// Makes the directories of a path: all, or all but the last.
int make_folders(std::string& path, bool last_too) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const bool last = slash == std::string::npos;
    if (last && !last_too) return 0;
    if (!last) path[slash] = '\0';
    const int error = error_unless(mkdir(path.c_str(), 0755) == 0 || errno == EEXIST);
    if (!last) path[slash] = '/';
    if (error != 0 || last) return error;
  }
}

int mount_folder(const char* path, const char* options) {
  return error_unless(mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0);
}

int hide(const char* path) {
  struct stat status {};
  if (lstat(path, &status) != 0) {
    // An earlier step has covered it, or it is inaccessible anyway.
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
  }
  if (S_ISDIR(status.st_mode)) return mount_folder(path, kCoverOptions);
  return error_unless(mount("/dev/null", path, nullptr, MS_BIND, nullptr) == 0);
}

int expose(std::string& path, int tree) {
  struct stat status {};
  if (fstat(tree, &status) != 0) return errno;
  const bool is_folder = S_ISDIR(status.st_mode);
  if (const int error = make_folders(path, is_folder)) return error;
  if (!is_folder) {
    const int file = open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return errno;
    close(file);
  }
  return error_unless(
      syscall(SYS_move_mount, tree, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0);
}

int set_read_only(const char* path, bool read_only) {
  mount_attr attributes{};
  (read_only ? attributes.attr_set : attributes.attr_clr) = MOUNT_ATTR_RDONLY;
  const unsigned flags = read_only ? AT_RECURSIVE : 0;
  return error_unless(
      syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes) == 0);
}

std::string_view verb_of(MountStep::Kind kind) {
  switch (kind) {
    case Kind::Hide:
      return "hide";
    case Kind::PrivateFolder:
      return "make a private";
    case Kind::Expose:
      return "show";
  }
  return "";
}

}  // namespace

ConfinedChild::ConfinedChild(const Confinement& confinement)
    : confinement_(confinement),
      user_map_(concat(geteuid(), " ", geteuid(), " 1\n")),
      group_map_(concat(getegid(), " ", getegid(), " 1\n")),
      trees_(confinement.mounts.size(), -1) {
  for (const MountStep& step : confinement.mounts) paths_.push_back(step.path);
}

ConfinementError ConfinedChild::enter() {
  if (setsid() < 0) return {Step::Session, 0, errno};
  limit_resources();
  if (const int error = enter_namespaces()) return {Step::Namespaces, 0, error};
  if (const int error = map_user()) return {Step::UserMap, 0, error};
  if (const ConfinementError error = mount_all(); error.error != 0) return error;
  umask(kUmask);  // after making the directories for the mounts
  bound_capabilities();
  if (const int error = change_user()) return {Step::User, 0, error};
  if (const int error = drop_privileges()) return {Step::Privileges, 0, error};
  return {};
}

int ConfinedChild::enter_namespaces() {
  const int flags = (confinement_.user_namespace ? CLONE_NEWUSER : 0) |
                    (confinement_.mount_namespace ? CLONE_NEWNS : 0);
  return flags == 0 ? 0 : error_unless(unshare(flags) == 0);
}

// Source: user_namespaces(7): mapping the own id with one line needs no privilege after setgroups
// is denied.
int ConfinedChild::map_user() {
  if (!confinement_.user_namespace) return 0;
  // The files belong to root while the process is not dumpable (deny_tracing). Other functions
  // cannot read this copy of the memory: they are in other user namespaces.
  const int dumpable = prctl(PR_GET_DUMPABLE);
  prctl(PR_SET_DUMPABLE, 1);
  int error = write_file("/proc/self/setgroups", "deny");
  if (error == ENOENT) error = 0;
  if (error == 0) error = write_file("/proc/self/gid_map", group_map_);
  if (error == 0) error = write_file("/proc/self/uid_map", user_map_);
  prctl(PR_SET_DUMPABLE, dumpable);
  return error;
}

ConfinementError ConfinedChild::mount_all() {
  if (!confinement_.mount_namespace) return {};
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return {Step::Namespaces, 0, errno};
  }
  for (size_t i = 0; i < paths_.size(); ++i) {
    if (confinement_.mounts[i].kind != Kind::Expose) continue;
    trees_[i] = static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, paths_[i].c_str(),
                                         OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC));
    // Skips paths that do not exist.
    if (trees_[i] < 0 && errno != ENOENT) return {Step::Mount, i, errno};
  }
  for (size_t i = 0; i < paths_.size(); ++i) {
    if (const int error = mount_one(i)) return {Step::Mount, i, error};
  }
  if (const int error = set_read_only("/", true)) return {Step::ReadOnly, 0, error};
  for (size_t i = 0; i < paths_.size(); ++i) {
    if (confinement_.mounts[i].kind != Kind::PrivateFolder) continue;
    if (const int error = set_read_only(paths_[i].c_str(), false)) return {Step::Mount, i, error};
  }
  return {};
}

int ConfinedChild::mount_one(size_t index) {
  std::string& path = paths_[index];
  switch (confinement_.mounts[index].kind) {
    case Kind::Hide:
      return hide(path.c_str());
    case Kind::PrivateFolder:
      return mount_folder(path.c_str(), kPrivateOptions);
    case Kind::Expose:
      return trees_[index] < 0 ? 0 : expose(path, trees_[index]);
  }
  return 0;
}

// Uses system calls directly: the library's functions would signal threads that a forked child does
// not have.
int ConfinedChild::change_user() {
  if (!confinement_.user) return 0;
  const uint32_t id = *confinement_.user;
  if (syscall(SYS_setgroups, 0, nullptr) != 0) return errno;
  if (syscall(SYS_setresgid, id, id, id) != 0) return errno;
  return error_unless(syscall(SYS_setresuid, id, id, id) == 0);
}

bool ConfinedChild::stays_root() const {
  return geteuid() == 0 && !confinement_.user_namespace && !confinement_.user.has_value();
}

// Must run early: without root's rights there is no CAP_SETPCAP. Root of a user namespace would
// regain its capabilities by executing a program.
void ConfinedChild::bound_capabilities() const {
  if (stays_root()) return;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    prctl(PR_CAPBSET_DROP, capability);
  }
}

int ConfinedChild::drop_privileges() {
  if (!stays_root()) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, 2> none{};
    if (syscall(SYS_capset, &header, none.data()) != 0) return errno;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return error_unless(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}

//--- In the parent

std::string to_text(const ConfinementError& error, const Confinement& confinement) {
  std::string reason = std::generic_category().message(error.error);
  switch (error.step) {
    case Step::None:
      break;
    case Step::Session:
      return concat("cannot start a session: ", reason);
    case Step::Namespaces:
      return concat("cannot make a ", confinement.user_namespace ? "user and mount" : "mount",
                    " namespace: ", reason);
    case Step::UserMap:
      return concat("cannot map the user into a user namespace: ", reason);
    case Step::Mount: {
      const MountStep& step = confinement.mounts[error.mount];
      return concat("cannot ", verb_of(step.kind), " ", step.path, ": ", reason);
    }
    case Step::ReadOnly:
      return concat("cannot make the file system read-only: ", reason);
    case Step::User:
      return concat("cannot become user ", confinement.user.value_or(0), ": ", reason);
    case Step::Privileges:
      return concat("cannot drop privileges: ", reason);
  }
  return reason;
}

Result<void, std::string> try_confinement(const Confinement& confinement) {
  ConfinedChild prepared(confinement);
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Unexpected(std::generic_category().message(errno));
  }
  Descriptor own_end(ends[0]);
  Descriptor child_end(ends[1]);
  const pid_t child = fork_known();
  if (child < 0) return Unexpected(std::generic_category().message(errno));
  if (child == 0) {
    own_end.reset();
    const ConfinementError result = prepared.enter();
    const bool written = write(child_end.get(), &result, sizeof result) == sizeof result;
    char none = 0;
    const ssize_t end =
        written ? read(child_end.get(), &none, 1) : 0;  // until the parent has finished
    _exit(written && end == 0 ? 0 : 1);
  }
  child_end.reset();
  ConfinementError result;
  ssize_t count = 0;
  do {
    count = read(own_end.get(), &result, sizeof result);
  } while (count < 0 && errno == EINTR);
  // A process that cannot be killed would outlive its timeout: root needs CAP_KILL for it.
  const int kill_error = error_unless(kill(child, 0) == 0);
  own_end.reset();
  wait_for_known(child);
  if (count != sizeof result) return Unexpected(std::string("the trial process ended early"));
  if (result.error != 0) return Unexpected(to_text(result, confinement));
  if (kill_error != 0) {
    return Unexpected(
        concat("cannot end a confined process: ", std::generic_category().message(kill_error)));
  }
  return {};
}

}  // namespace inlet53::net
