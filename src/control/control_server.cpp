// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/control_server.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "path_lock.h"
#include "unix_address.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/file.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/server_session.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

namespace {

// Memory of requests and responses: a list of 10,000 zones is about 1 MB.
constexpr uint64_t kMemory = 64ULL << 20;
// Characters of a client's text in a message.
constexpr size_t kMaxShown = 100;

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

http::ServerLimits session_limits() {
  http::ServerLimits limits;
  limits.max_body = ControlServer::kMaxBody;
  limits.max_requests = 1;  // each connection has one
  return limits;
}

net::TcpListener::Options listener_options() {
  net::TcpListener::Options options;
  options.backlog = ControlServer::kMaxConnections;
  options.max_connections = ControlServer::kMaxConnections;
  options.max_connections_per_client = ControlServer::kMaxConnections;
  options.write_timeout_ms = ControlServer::kPatienceMs;
  return options;
}

// Bound socket and its file. While the file is open, its inode number is not reused, so that a file
// with the same number at the path is this one.
struct Bound {
  PathLock lock;
  net::Descriptor socket;
  net::Descriptor file;
};

Result<Bound, std::string> bind_at(const std::string& path, const ControlAccess& access) {
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
  net::Descriptor file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid()) return Unexpected(fault(path, "cannot listen", errno));
  if (access.group) {
    constexpr uid_t kSame = static_cast<uid_t>(-1);
    if (chown(path.c_str(), kSame, *access.group) != 0 || chmod(path.c_str(), 0660) != 0) {
      const int refused = errno;
      unlink(path.c_str());
      return Unexpected(
          fault(path, concat("cannot give the socket to group ", *access.group), refused));
    }
  }
  return Bound{std::move(*lock), std::move(descriptor), std::move(file)};
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

bool is_permitted(const net::PeerUser& user, const ControlAccess& access) noexcept {
  if (user.uid == geteuid() || user.uid == 0) return true;
  return access.group &&
         std::find(user.groups.begin(), user.groups.end(), *access.group) != user.groups.end();
}

http::Response json_response(uint16_t status, std::string json) {
  http::Response response;
  response.status = status;
  response.fields.push_back({"Content-Type", "application/json"});
  response.body = std::move(json);
  response.body += '\n';
  return response;
}

http::Response error_response(uint16_t status, std::string_view message) {
  std::string json = "{\"error\":";
  append_json_string(json, message);
  json += '}';
  return json_response(status, std::move(json));
}

struct ControlServer::Impl {
  /// A connection and its one request.
  class Connection final : public net::TcpClient, http::SessionOwner {
   public:
    Connection(Impl& server, RequestId id, net::TcpConnection& tcp, net::PeerUser user)
        : server_(server),
          id_(id),
          tcp_(tcp),
          user_(std::move(user)),
          account_(server.budget.open({})),
          session_(http::make_http1_session(*this, server.limits, account_)) {
      tcp_.set_timeout(kPatienceMs);
    }
    ~Connection() override {
      session_.reset();
      account_.budget.close(account_);
    }

    void respond(http::Response&& response) {
      if (stream_ == 0) return;
      session_->respond(std::exchange(stream_, 0), std::move(response));
      if (!receiving_) settle();
    }

    //--- net::TcpClient
    size_t received(Bytes stream) override {
      session_->begin_turn();
      receiving_ = true;
      const size_t consumed = session_->received(stream);
      receiving_ = false;
      settle();
      return consumed;
    }
    bool owes_responses() override { return stream_ != 0; }
    void caught_up() override {
      session_->resume();
      settle();
    }
    bool timed_out() override {
      session_->time_out();
      settle();
      return session_->finished();
    }
    void closed() override { server_.connections.erase(id_); }

   private:
    //--- http::SessionOwner
    http::HeadDecision head_received(http::StreamId, http::Request&) override {
      if (!is_permitted(user_, server_.access)) return refusal();
      return http::BodyUse::Keep;
    }
    void request_received(http::StreamId stream, http::Request&& request) override {
      tcp_.set_timeout(0);  // the handler decides how long the response takes
      stream_ = stream;
      if (!is_permitted(user_, server_.access)) return respond(refusal());
      const size_t mark = std::min(request.target.find('?'), request.target.size());
      ControlRequest command{user_,
                             std::move(request.method),
                             request.target.substr(0, mark),
                             {},
                             std::move(request.body)};
      if (mark < request.target.size()) command.query = request.target.substr(mark + 1);
      server_.handle(id_, command);
    }
    void request_abandoned(http::StreamId) override { stream_ = 0; }
    http::Response refuse(http::Refusal refusal) override {
      return error_response(http::refusal_status(refusal), "the request is not acceptable");
    }
    void send_bytes(Bytes bytes) override { tcp_.send(bytes); }
    [[nodiscard]] bool congested() const override { return tcp_.congested(); }
    void room_decided() override { settle(); }
    [[nodiscard]] uint64_t now_ms() const override { return server_.loop.now_ms(); }

    [[nodiscard]] http::Response refusal() const {
      return error_response(
          403, concat("user ", user_.uid, " may not control this daemon: it accepts root, its own ",
                      "user and the members of [control] group"));
    }

    // Acts on the session's state after an event.
    void settle() {
      if (session_->finished()) {
        tcp_.set_timeout(0);
        return tcp_.close_after_send();
      }
      if (session_->paused() != is_paused_) {
        is_paused_ = !is_paused_;
        is_paused_ ? tcp_.pause() : tcp_.resume();
      }
      // A session whose turn is over gets its rest again in the loop's next turn.
      if (is_paused_ && session_->turn_is_over()) {
        is_paused_ = false;
        tcp_.resume();
      }
    }

    Impl& server_;
    const RequestId id_;
    net::TcpConnection& tcp_;
    const net::PeerUser user_;
    http::BodyAccount& account_;
    std::unique_ptr<http::ServerSession> session_;
    http::StreamId stream_ = 0;  // of the request without a response; 0: none
    bool receiving_ = false;     // `settle` follows
    bool is_paused_ = false;     // TCP is
  };

  Impl(net::Loop& on, std::string at, ControlAccess users, Bound socket,
       std::vector<ControlRoute> served)
      : loop(on),
        path(std::move(at)),
        access(users),
        routes(std::move(served)),
        lock(std::move(socket.lock)),
        file(std::move(socket.file)),
        budget({.total = kMemory, .per_client = kMemory, .wait_ms = kPatienceMs}),
        grant_room(loop, [this] { budget.grant(); }),
        listener(std::in_place, loop, std::move(socket.socket), listener_options(),
                 [this](net::TcpConnection& tcp) { return accept(tcp); }) {
    budget.set_wake([this] { grant_room.start(0); });
  }
  // Another process may have created its own file at the path since.
  ~Impl() {
    listener.reset();
    if (is_at_path(file.get(), path)) unlink(path.c_str());
  }

  void handle(RequestId id, const ControlRequest& request) {
    bool is_known = false;
    for (const ControlRoute& route : routes) {
      if (route.path != request.path) continue;
      is_known = true;
      if (route.method != request.method) continue;
      if (request.method == "POST") {
        log_info(concat("control: user ", request.user.uid, " sends POST ", request.path));
      }
      return route.handle(id, request);
    }
    respond(id, is_known ? error_response(405, concat(request.path, " has no method ",
                                                      request.method.substr(0, kMaxShown)))
                         : error_response(404, concat("this daemon has no ",
                                                      request.path.substr(0, kMaxShown))));
  }

  void respond(RequestId id, http::Response&& response) {
    const auto found = connections.find(id);
    if (found != connections.end()) found->second->respond(std::move(response));
  }

  std::unique_ptr<net::TcpClient> accept(net::TcpConnection& tcp) {
    auto user = tcp.peer_user();
    if (!user) return nullptr;
    const RequestId id = ++requests;
    auto connection = std::make_unique<Connection>(*this, id, tcp, std::move(*user));
    connections.emplace(id, connection.get());
    return connection;
  }

  net::Loop& loop;
  const std::string path;
  const ControlAccess access;
  const std::vector<ControlRoute> routes;
  const http::ServerLimits limits = session_limits();
  const PathLock lock;
  const net::Descriptor file;
  http::BodyBudget budget;
  net::Timer grant_room;
  std::unordered_map<RequestId, Connection*> connections;
  RequestId requests = 0;
  std::optional<net::TcpListener> listener;  // last: its connections use the rest
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() = default;

Result<std::unique_ptr<ControlServer>, std::string> ControlServer::open(
    net::Loop& loop, const std::string& path, const ControlAccess& access,
    std::vector<ControlRoute> routes) {
  auto bound = bind_at(path, access);
  if (!bound) return Unexpected(bound.error());
  return std::unique_ptr<ControlServer>(new ControlServer(
      std::make_unique<Impl>(loop, path, access, std::move(*bound), std::move(routes))));
}

void ControlServer::respond(RequestId id, http::Response&& response) {
  impl_->respond(id, std::move(response));
}

}  // namespace inlet53::control
