// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/confinement.h"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "net_support.h"
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/net/child_process.h"
#include "inlet53/net/process.h"

namespace inlet53::net {
namespace {

using Kind = MountStep::Kind;
constexpr uint32_t kUser = 70002;

// Directory outside /tmp, because confined processes may have their own /tmp.
struct Folder {
  Folder() {
    std::string text = "/var/tmp/confinement-XXXXXX";
    EXPECT_NE(mkdtemp(text.data()), nullptr);
    path = text;
    EXPECT_EQ(chmod(path.c_str(), 0755), 0);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  std::filesystem::path path;
};

// Returns the output of a confined shell script; the reason, when it cannot start.
std::string run_confined(const std::string& script, const Confinement& confinement) {
  Loop loop;
  std::string text;
  auto pipe = OutputPipe::open(loop, [&](Bytes bytes) { text += as_text(bytes); });
  EXPECT_TRUE(pipe) << pipe.error();
  bool ended = false;
  const auto child = ChildProcess::start(loop,
                                         {.arguments = {"sh", "-c", script},
                                          .folder = "/",
                                          .output = (*pipe)->write_end(),
                                          .end_group = true,
                                          .confinement = confinement},
                                         [&](ChildExit) { ended = true; });
  if (!child) return child.error();
  (*pipe)->close_write_end();
  EXPECT_TRUE(run_until(loop, [&] { return ended; }));
  (*pipe)->drain();
  return text;
}

// The thread sanitizer starts a thread in each process, and a process with threads cannot make a
// user namespace. Source: unshare(2), EINVAL.
#ifdef __SANITIZE_THREAD__
constexpr bool kMakesUserNamespaces = false;
#else
constexpr bool kMakesUserNamespaces = true;
#endif

// Returns the methods of confinement that this user has: all of them, as root.
std::vector<Confinement> ways(const std::vector<MountStep>& mounts = {}) {
  std::vector<Confinement> all;
  if (kMakesUserNamespaces) {
    all.push_back({.user_namespace = true, .mount_namespace = true, .mounts = mounts});
  }
  if (geteuid() == 0) all.push_back({.user = kUser, .mount_namespace = true, .mounts = mounts});
  return all;
}

TEST(Confinement, OfAnyKindGivesASessionAndLimits) {
  std::vector<Confinement> all = ways();
  all.push_back({});
  for (const Confinement& one : all) {
    const std::string script =
        "test \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ && echo session;"
        "(: < /dev/tty) 2>/dev/null || echo no terminal;"
        "umask; ulimit -c; ulimit -Sn; ulimit -Hn; sed -n 's/^NoNewPrivs:\\t//p' /proc/self/status";
    EXPECT_EQ(run_confined(script, one), "session\nno terminal\n0077\n0\n1024\n1024\n1\n");
  }
}

TEST(Confinement, LeavesNoCapabilities) {
  for (const Confinement& one : ways()) {
    EXPECT_EQ(run_confined("sed -n '/^Cap/s/.*\\t//p' /proc/self/status", one),
              "0000000000000000\n0000000000000000\n0000000000000000\n0000000000000000\n"
              "0000000000000000\n");
  }
}

TEST(Confinement, GivesAUserOfItsOwnWithoutGroups) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start a process of another user";
  EXPECT_EQ(run_confined("id -u; id -g; id -G; echo again > /dev/stdout", {.user = kUser}),
            "70002\n70002\n70002\nagain\n");
}

TEST(Confinement, HidesAndShows) {
  const Folder folder;
  folder.write("secret/key", "key");
  folder.write("config", "config");
  folder.write("private/code/app", "app");
  folder.write("private/other", "other");
  const std::string base = folder.path.string();
  const std::vector<MountStep> mounts{
      {Kind::Hide, base + "/secret"},         {Kind::Hide, base + "/config"},
      {Kind::Hide, base + "/not-there"},      {Kind::Hide, base + "/private"},
      {Kind::Expose, base + "/private/code"}, {Kind::Expose, base + "/private/gone"}};
  const std::string script = "cd " + base +
                             "; ls secret; cat config secret/key 2>&1; ls private;"
                             "cat private/code/app; echo; ls private/gone 2>&1; true";
  for (const Confinement& one : ways(mounts)) {
    EXPECT_EQ(run_confined(script, one),
              "cat: secret/key: No such file or directory\ncode\napp\n"
              "ls: cannot access 'private/gone': No such file or directory\n");
  }
  // The view of other processes does not change.
  EXPECT_TRUE(std::filesystem::exists(folder.path / "private/other"));
}

TEST(Confinement, MakesAllReadOnlyExceptPrivateDirectories) {
  const Folder folder;
  std::filesystem::create_directory(folder.path / "own");
  ASSERT_EQ(chmod(folder.path.c_str(), 0777), 0);
  const std::string base = folder.path.string();
  const std::string script = "cd " + base +
                             "; touch here 2>&1; touch own/file && ls -A own; df -k own |"
                             "awk 'NR == 2 { print $2 }'; echo > /dev/null && echo devices";
  for (const Confinement& one : ways({{Kind::PrivateFolder, base + "/own"}})) {
    EXPECT_EQ(run_confined(script, one),
              "touch: cannot touch 'here': Read-only file system\nfile\n524288\ndevices\n");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path / "own"));
}

TEST(Confinement, ShowsFilesBelowAClosedDirectory) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone is another user than the function's";
  const Folder folder;
  folder.write("home/project/app", "app");
  folder.write("home/letters", "letters");
  ASSERT_EQ(chmod((folder.path / "home").c_str(), 0700), 0);
  const std::string base = folder.path.string();
  EXPECT_EQ(run_confined(
                "cat " + base + "/home/project/app; ls " + base + "/home",
                {.user = kUser,
                 .mount_namespace = true,
                 .mounts = {{Kind::Hide, base + "/home"}, {Kind::Expose, base + "/home/project"}}}),
            "appproject\n");
}

// Child of the test that denies tracing, as the daemons do; ends with this object.
struct Daemon {
  Daemon() {
    int ready[2];
    if (pipe(ready) != 0) _exit(3);
    pid = fork();
    if (pid == 0) {
      deny_tracing();
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(ready[0]);
      close(ready[1]);
      for (;;) pause();
    }
    // End of the pipe: the child has denied tracing.
    close(ready[1]);
    char none = 0;
    (void)!read(ready[0], &none, 1);
    close(ready[0]);
  }
  ~Daemon() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  pid_t pid = 0;
};

TEST(Confinement, KeepsOtherProcessesOutOfReach) {
  const Folder folder;
  folder.write("config", "config");
  const std::string base = folder.path.string();
  // This process does not deny tracing: the namespace, or the user, protects it.
  const std::string script =
      "p=/proc/$PPID; cat $p/environ >/dev/null 2>&1 && echo environment;"
      "cat $p/root" +
      base +
      "/config 2>/dev/null; readlink $p/cwd $p/fd/1 $p/exe;"
      "head -c 1 $p/mem >/dev/null 2>&1; cat $p/syscall 2>/dev/null; echo done";
  for (const Confinement& one : ways({{Kind::Hide, base + "/config"}})) {
    EXPECT_EQ(run_confined(script, one), "done\n");
  }
}

// Runs `body` in a child that is an unprivileged user. Returns its exit status.
int run_as_user(uint32_t user, const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (setgroups(0, nullptr) == 0 && setresgid(user, user, user) == 0 &&
        setresuid(user, user, user) == 0) {
      _exit(body() ? 0 : 1);
    }
    _exit(2);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Confinement, NeedsNoPrivileges) {
  if (geteuid() != 0) GTEST_SKIP() << "the other tests show it";
  if (!kMakesUserNamespaces) GTEST_SKIP() << "the thread sanitizer cannot make user namespaces";
  const Folder folder;
  folder.write("secret/key", "key");
  const std::string base = folder.path.string();
  EXPECT_EQ(run_as_user(kUser,
                        [&] {
                          deny_tracing();
                          const Confinement confinement{.user_namespace = true,
                                                        .mount_namespace = true,
                                                        .mounts = {{Kind::Hide, base + "/secret"}}};
                          return try_confinement(confinement).has_value() &&
                                 run_confined("ls " + base + "/secret; id -u", confinement) ==
                                     "70002\n";
                        }),
            0);
}

TEST(Tracing, IsDeniedToTheSameUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs a process of another user's";
  EXPECT_EQ(run_as_user(kUser,
                        [] {
                          const Daemon daemon;
                          const std::string folder = "/proc/" + std::to_string(daemon.pid);
                          return run_confined(
                                     "cat " + folder + "/environ 2>/dev/null || echo denied", {}) ==
                                 "denied\n";
                        }),
            0);
}

// Makes the kernel refuse unshare(2), as a container's seccomp profile does.
bool refuse_unshare() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{4, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(Confinement, ReportsWhyItIsImpossible) {
  const pid_t child = fork();
  if (child == 0) {
    const Confinement confinement{.user_namespace = true, .mount_namespace = true};
    const auto tried =
        refuse_unshare() ? try_confinement(confinement) : Result<void, std::string>{};
    const std::string wanted = "cannot make a user and mount namespace: Operation not permitted";
    const bool good = !tried && tried.error() == wanted &&
                      run_confined("true", confinement) == "sh: " + wanted &&
                      run_confined("echo started", {}) == "started\n";
    _exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Root of a container may lack CAP_KILL: then it could not kill a function of another user.
TEST(Confinement, IsRefusedWhenItsProcessCannotBeKilled) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start a process of another user";
  const pid_t child = fork();
  if (child == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct all[2]{};
    syscall(SYS_capget, &header, all);
    all[0].effective &= ~(1U << CAP_KILL);
    const bool dropped = syscall(SYS_capset, &header, all) == 0;
    const auto tried = try_confinement({.user = kUser});
    _exit(dropped && !tried &&
                  tried.error() == "cannot end a confined process: Operation not permitted"
              ? 0
              : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace inlet53::net
