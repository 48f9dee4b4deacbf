#include "inlet53/control/control_socket.h"

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "path_lock.h"
#include "unix_address.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

namespace {

constexpr uint64_t kPauseMs = 100;

std::string fault(const std::string& path, std::string_view what, int error) {
  return concat(path, ": ", what, ": ", std::system_category().message(error));
}

// Whether a process listens there that has no lock on the path. One that has too much to do to
// accept connections does.
bool is_served(const sockaddr_un& address) {
  const net::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.valid() &&
         (connect(probe.get(), as_sockaddr(address), sizeof address) == 0 || errno == EAGAIN);
}

bool is_permitted(int connection) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  return may_give_orders(peer.uid);
}

// A socket that listens, and its file. While the file is open no other file gets its number, so
// that one with the same number at the path is this one.
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
  auto lock = PathLock::take(path);
  if (!lock) return Unexpected(lock.error());
  net::Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return Unexpected(fault(path, "cannot make a socket", errno));
  if (is_served(*address)) {
    return Unexpected(concat(path, ": cannot listen: another process does"));
  }
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path.c_str());
  // Nobody else gets in between the two: the mode is that of the file from its beginning.
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
                  errno == ENOENT ? " does not exist: make it"
                                  : concat(": ", std::system_category().message(errno)));
  }
  if (!S_ISDIR(found.st_mode)) return concat(folder, " is no directory");
  if (lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return {};
  return "something that is no socket has this path: remove it, or choose another path";
}

bool may_give_orders(uint32_t user) noexcept { return user == geteuid() || user == 0; }

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
    std::optional<net::ReadWatcher> watcher;  // absent: it has said all
    net::Timer timer;
    std::string order;
  };

  Impl(net::Loop& on, std::string at, Listening socket, ControlOwner& to)
      : loop(on), path(std::move(at)), owner(to), listening(std::move(socket)), pause(on, [this] {
          on_pause();
        }) {
    start_accepting();
  }
  // Another process may have made its own file there since.
  ~Impl() {
    struct stat found {};
    struct stat made {};
    const bool ours = lstat(path.c_str(), &found) == 0 && fstat(listening.file.get(), &made) == 0 &&
                      found.st_dev == made.st_dev && found.st_ino == made.st_ino;
    if (ours) unlink(path.c_str());
  }

  void accept_all() {
    for (;;) {
      net::Descriptor accepted(
          accept4(listening.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!accepted.valid()) {
        // For want of descriptors it would be ready again at once, and again.
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
  // The watcher is the one that calls: it goes with the timer.
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
    char octets[kMaxOrder];
    const ssize_t got = recv(connection.descriptor.get(), octets, sizeof octets, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      connections.erase(found);
      return;
    }
    connection.order.append(octets, static_cast<size_t>(got));
    const size_t end = connection.order.find('\n');
    if (end == std::string::npos && connection.order.size() < kMaxOrder) return;
    connection.watcher.reset();
    if (end == std::string::npos || end >= kMaxOrder) {
      return answer(number, false, "the order is too long");
    }
    const std::string order = connection.order.substr(0, end);
    owner.ordered(number, order);
  }

  // A line fits into the socket's buffer, so that it is written at once or never.
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
  std::optional<net::ReadWatcher> watcher;  // absent: for a moment nobody is accepted
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

}  // namespace inlet53::control
