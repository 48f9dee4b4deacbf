// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/control_socket.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/file.h"
#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

namespace {

constexpr uint64_t kPauseMs = 100;
constexpr size_t kMaxNumber = 20;  // digits

// Returns ` (process 1234)` from the file; empty when the owner has not written it yet.
std::string owner_text(int descriptor) {
  char octets[kMaxNumber];
  const ssize_t got = pread(descriptor, octets, sizeof octets, 0);
  const std::string number(octets, got > 0 ? static_cast<size_t>(got) : 0);
  const bool is_number =
      !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? concat(" (process ", number, ")") : "";
}

/// Exclusive ownership of the socket at a path, from before the socket is created until after it is
/// removed. It is a lock on the file `PATH.lock`, which contains the process id and is removed with
/// the lock. A process that is stopped or hangs keeps the lock; one that ends loses it. Threads:
/// one.
class PathLock {
 public:
  /// Errors: a text with the path: another process has the lock, or the file cannot be opened.
  [[nodiscard]] static Result<PathLock, std::string> acquire(const std::string& path);
  ~PathLock();
  PathLock(PathLock&&) noexcept = default;
  PathLock& operator=(PathLock&&) = delete;

 private:
  PathLock(std::string file, net::Descriptor descriptor)
      : file_(std::move(file)), descriptor_(std::move(descriptor)) {}
  [[nodiscard]] bool is_at_its_path() const noexcept;
  void write_owner() const noexcept;

  std::string file_;
  net::Descriptor descriptor_;
};

Result<PathLock, std::string> PathLock::acquire(const std::string& path) {
  const std::string file = path + ".lock";
  for (;;) {
    const auto opened = open_own_file(file, O_RDWR | O_NOFOLLOW, 0600);
    if (!opened) return Unexpected(concat(file, ": cannot be opened: ", opened.error()));
    PathLock lock(file, net::Descriptor(*opened));
    if (flock(*opened, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      const std::string owner = owner_text(*opened);
      lock.descriptor_.reset();  // the file is the other's
      if (error == EINTR) continue;
      if (error != EWOULDBLOCK) {
        return Unexpected(
            concat(file, ": cannot be locked: ", std::generic_category().message(error)));
      }
      return Unexpected(concat(path, ": cannot listen: another daemon", owner,
                               " uses it; stop that daemon, or configure another path"));
    }
    if (lock.is_at_its_path()) {
      lock.write_owner();
      return lock;
    }
    lock.descriptor_.reset();  // its last owner has removed it meanwhile
  }
}

PathLock::~PathLock() {
  // Removes the file before the lock: a process that waits for the lock then sees that the file is
  // not at its path.
  if (descriptor_.valid() && is_at_its_path()) unlink(file_.c_str());
}

bool PathLock::is_at_its_path() const noexcept { return is_at_path(descriptor_.get(), file_); }

void PathLock::write_owner() const noexcept {
  const std::string number = std::to_string(getpid());
  if (ftruncate(descriptor_.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written =
      pwrite(descriptor_.get(), number.data(), number.size(), 0);
}

// Makes an address of a path; absent when the path is too long. Source: unix(7).
std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::string fault(const std::string& path, std::string_view what, int error) {
  return concat(path, ": ", what, ": ", std::system_category().message(error));
}

// Returns whether a process without a lock on the path listens there, even if it is too busy to
// accept connections.
bool is_served(const sockaddr_un& address) {
  const net::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.valid() &&
         (connect(probe.get(), as_sockaddr(address), sizeof address) == 0 || errno == EAGAIN);
}

bool is_permitted(int connection) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  return may_send_commands(peer.uid);
}

// Listening socket and its file. While the file is open, its inode number is not reused, so that a
// file with the same number at the path is this one.
struct Listening {
  PathLock lock;
  net::Descriptor socket;
  net::Descriptor file;
};

Result<Listening, std::string> listen_at(const std::string& path) {
  if (const std::string problem = control_path_problem(path); !problem.empty()) {
    return Unexpected(concat(path, ": cannot listen: ", problem));
  }
  const auto address = unix_address(path);
  auto lock = PathLock::acquire(path);
  if (!lock) return Unexpected(lock.error());
  net::Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return Unexpected(fault(path, "cannot create a socket", errno));
  if (is_served(*address)) {
    return Unexpected(concat(path, ": cannot listen: another process uses it"));
  }
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path.c_str());
  // The umask gives the file its mode when it is created; no other user can connect before.
  const mode_t before = umask(0177);
  const int bound = bind(descriptor.get(), as_sockaddr(*address), sizeof *address);
  const int error = errno;
  umask(before);
  if (bound != 0) return Unexpected(fault(path, "cannot listen", error));
  if (listen(descriptor.get(), ControlSocket::kMaxConnections) != 0) {
    return Unexpected(fault(path, "cannot listen", errno));
  }
  net::Descriptor file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid()) return Unexpected(fault(path, "cannot listen", errno));
  return Listening{std::move(*lock), std::move(descriptor), std::move(file)};
}

}  // namespace

std::string control_path_problem(const std::string& path) {
  if (!unix_address(path)) return "the path is too long for a socket";
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct stat found {};
  if (stat(folder.empty() ? "." : folder.c_str(), &found) != 0) {
    return concat("its directory ", folder,
                  errno == ENOENT ? " does not exist: create it"
                                  : concat(": ", std::system_category().message(errno)));
  }
  if (!S_ISDIR(found.st_mode)) return concat(folder, " is not a directory");
  if (lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return {};
  return "a file that is not a socket has this path: remove it, or configure another path";
}

bool may_send_commands(uint32_t user) noexcept { return user == geteuid() || user == 0; }

struct ControlSocket::Impl {
  struct Connection {
    Connection(Impl& impl, uint64_t number, net::Descriptor accepted)
        : descriptor(std::move(accepted)),
          watcher(std::in_place, impl.loop, descriptor.get(),
                  [&impl, number] { impl.read(number); }),
          timer(impl.loop, [&impl, number] { impl.connections.erase(number); }) {
      timer.start(kPatienceMs);
    }
    net::Descriptor descriptor;
    std::optional<net::ReadWatcher> watcher;  // absent: the command is complete
    net::Timer timer;
    std::string command;
  };

  Impl(net::Loop& on, std::string at, Listening socket, ControlOwner& to)
      : loop(on), path(std::move(at)), owner(to), listening(std::move(socket)), pause(on, [this] {
          on_pause();
        }) {
    start_accepting();
  }
  // Another process may have created its own file at the path since.
  ~Impl() {
    if (is_at_path(listening.file.get(), path)) unlink(path.c_str());
  }

  void accept_all() {
    for (;;) {
      net::Descriptor accepted(
          accept4(listening.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!accepted.valid()) {
        // Without free descriptors the socket would become readable again at once.
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) pause_accepting();
        return;
      }
      if (connections.size() >= kMaxConnections || !is_permitted(accepted.get())) continue;
      const uint64_t number = ++calls;
      connections.emplace(std::piecewise_construct, std::forward_as_tuple(number),
                          std::forward_as_tuple(*this, number, std::move(accepted)));
    }
  }

  void start_accepting() {
    watcher.emplace(loop, listening.socket.get(), [this] { accept_all(); });
  }
  // The watcher is the caller: the timer destroys it.
  void pause_accepting() { pause.start(0); }
  void on_pause() {
    if (!watcher) return start_accepting();
    watcher.reset();
    pause.start(kPauseMs);
  }

  void read(uint64_t number) {
    const auto found = connections.find(number);
    if (found == connections.end()) return;
    Connection& connection = found->second;
    char octets[kMaxCommand];
    const ssize_t got = recv(connection.descriptor.get(), octets, sizeof octets, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      connections.erase(found);
      return;
    }
    connection.command.append(octets, static_cast<size_t>(got));
    const size_t end = connection.command.find('\n');
    if (end == std::string::npos && connection.command.size() < kMaxCommand) return;
    connection.watcher.reset();
    if (end == std::string::npos || end >= kMaxCommand) {
      return answer(number, false, "the command is too long");
    }
    const std::string command = connection.command.substr(0, end);
    owner.handle_command(number, command);
  }

  // A line fits into the socket's buffer, so that it is sent at once or never.
  void answer(uint64_t call, bool ok, std::string_view text) {
    const auto found = connections.find(call);
    if (found == connections.end()) return;
    const std::string line = concat(ok ? "ok " : "error ", text, "\n");
    static_cast<void>(send(found->second.descriptor.get(), line.data(), line.size(), MSG_NOSIGNAL));
    connections.erase(found);
  }

  net::Loop& loop;
  const std::string path;
  ControlOwner& owner;
  const Listening listening;
  std::map<uint64_t, Connection> connections;
  uint64_t calls = 0;
  std::optional<net::ReadWatcher> watcher;  // absent: accepting is paused
  net::Timer pause;
};

ControlSocket::ControlSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlSocket::~ControlSocket() = default;

Result<std::unique_ptr<ControlSocket>, std::string> ControlSocket::open(net::Loop& loop,
                                                                        const std::string& path,
                                                                        ControlOwner& owner) {
  auto listening = listen_at(path);
  if (!listening) return Unexpected(listening.error());
  return std::unique_ptr<ControlSocket>(
      new ControlSocket(std::make_unique<Impl>(loop, path, std::move(*listening), owner)));
}

void ControlSocket::answer(uint64_t call, bool ok, std::string_view text) {
  impl_->answer(call, ok, text);
}

Result<std::string, std::string> send_command(const std::string& path, std::string_view command,
                                              uint32_t timeout_ms) {
  INLET53_CHECK(command.find('\n') == std::string_view::npos);
  const auto failed = [&](std::string_view what) {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK;
    return Unexpected(concat(path, ": ", what, ": ",
                             late ? "no answer in time" : std::system_category().message(errno)));
  };
  const auto address = unix_address(path);
  if (!address) return Unexpected(concat(path, ": the path is too long for a socket"));
  const net::Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return failed("cannot create a socket");
  const timeval patience{timeout_ms / 1000, static_cast<suseconds_t>(timeout_ms % 1000 * 1000)};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    static_cast<void>(setsockopt(descriptor.get(), SOL_SOCKET, option, &patience, sizeof patience));
  }
  if (connect(descriptor.get(), as_sockaddr(*address), sizeof *address) != 0) {
    const bool is_refused = errno == EACCES || errno == EPERM;
    return failed(is_refused ? "this user may not send commands to the daemon"
                             : "no daemon listens there");
  }
  const std::string line = concat(command, "\n");
  if (send(descriptor.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size())) {
    return failed("the daemon did not accept the command");
  }
  std::string answer;
  char octets[512];
  while (answer.find('\n') == std::string::npos) {
    const ssize_t got = recv(descriptor.get(), octets, sizeof octets, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("the daemon did not answer");
    if (got == 0) return Unexpected(concat(path, ": the daemon ended the connection"));
    answer.append(octets, static_cast<size_t>(got));
  }
  answer.resize(answer.find('\n'));
  constexpr std::string_view kOk = "ok ", kError = "error ";
  if (answer.starts_with(kOk)) return answer.substr(kOk.size());
  if (answer.starts_with(kError)) answer.erase(0, kError.size());
  return Unexpected(answer);
}

}  // namespace inlet53::control
