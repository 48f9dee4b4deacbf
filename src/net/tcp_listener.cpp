// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/tcp_listener.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "tcp_connection.h"
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

// Limit of connections per wake-up, so that a flood of them does not delay other work.
constexpr int kMaxAccepts = 64;
constexpr uint64_t kPauseMs = 100;

struct AddressHash {
  size_t operator()(const IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(as_text(address.bytes()));
  }
};

// Returns true when accept4 failed for lack of descriptors or memory, which does not end by itself.
bool is_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

struct TcpListener::Impl {
  Impl(Loop& loop, Descriptor descriptor, const Options& options, Accept make_client);
  ~Impl();

  void watch();
  void accept_some();
  void open(Descriptor accepted, const SocketAddress& peer);
  [[nodiscard]] bool has_room_for(const IpAddress& client) const;
  void add(TcpConnection* connection);
  void remove(TcpConnection& connection);
  void drain();
  void stop_accepting();
  void ended(TcpConnection& connection);

  TcpConnectionContext context;
  Accept accept;
  Descriptor socket;
  Counts counts;
  std::vector<TcpConnection*> connections;
  std::unordered_map<IpAddress, uint32_t, AddressHash> clients;  // only those with open connections
  std::optional<ReadWatcher> watcher;
  Timer pause;
};

TcpListener::Impl::Impl(Loop& loop, Descriptor descriptor, const Options& options,
                        Accept make_client)
    : context{.loop = loop,
              .options = options,
              .ended = [this](TcpConnection& connection) { ended(connection); }},
      accept(std::move(make_client)),
      socket(std::move(descriptor)),
      pause(loop, [this] { watch(); }) {
  // Accepted sockets inherit the option from the listening one, which saves a system call for each.
  const int on = 1;
  INLET53_CHECK(setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ||
                errno == EOPNOTSUPP);  // a Unix socket
  INLET53_CHECK(listen(socket.get(), static_cast<int>(options.backlog)) == 0);
  watch();
}

TcpListener::Impl::~Impl() {
  while (!connections.empty()) {
    INLET53_CHECK(connections.back()->impl_->serving == TcpConnection::Impl::Serving::Nothing);
    connections.back()->close();
  }
}

void TcpListener::Impl::watch() {
  watcher.emplace(context.loop, socket.get(), [this] { accept_some(); });
}

void TcpListener::Impl::accept_some() {
  for (int i = 0; i < kMaxAccepts && socket.valid(); ++i) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    Descriptor accepted(accept4(socket.get(), reinterpret_cast<sockaddr*>(&from), &length,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.valid()) {
      open(std::move(accepted),
           from.ss_family == AF_UNIX
               ? SocketAddress{}
               : SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&from)));
    } else if (errno == EAGAIN) {
      return;
    } else if (is_shortage(errno)) {
      watcher.reset();
      pause.start(kPauseMs);
      return;
    }
    // Any other error belongs to a connection that failed before it was accepted.
  }
}

void TcpListener::Impl::open(Descriptor accepted, const SocketAddress& peer) {
  ++counts.accepted;
  if (!has_room_for(peer.address)) {
    ++counts.refused;
    return;
  }
  auto* connection =
      new TcpConnection(std::make_unique<TcpConnection::Impl>(context, std::move(accepted), peer));
  add(connection);
  if (connection->impl_->accept(accept)) {
    connection->impl_->settle();
  } else {
    ++counts.refused;
    remove(*connection);
    delete connection;
  }
}

bool TcpListener::Impl::has_room_for(const IpAddress& client) const {
  if (connections.size() >= context.options.max_connections) return false;
  const auto found = clients.find(client);
  const uint32_t held = found == clients.end() ? 0 : found->second;
  return held < context.options.max_connections_per_client;
}

void TcpListener::Impl::add(TcpConnection* connection) {
  connection->impl_->index = connections.size();
  connections.push_back(connection);
  ++clients[connection->peer().address];
  counts.open = connections.size();
}

void TcpListener::Impl::remove(TcpConnection& connection) {
  const size_t index = connection.impl_->index;
  connections[index] = connections.back();
  connections[index]->impl_->index = index;
  connections.pop_back();
  counts.open = connections.size();

  const auto client = clients.find(connection.peer().address);
  if (--client->second == 0) clients.erase(client);
}

void TcpListener::Impl::ended(TcpConnection& connection) {
  remove(connection);
  connection.impl_->client->closed();
  delete &connection;
}

void TcpListener::Impl::stop_accepting() {
  pause.stop();
  watcher.reset();
  socket.reset();
}

// Iterates backwards: when a connection ends meanwhile, the last one moves to its index, and that
// one is drained already.
void TcpListener::Impl::drain() {
  for (size_t i = connections.size(); i-- > 0;) {
    if (i < connections.size()) connections[i]->impl_->drain();
  }
}

TcpListener::TcpListener(Loop& loop, Descriptor socket, const Options& options, Accept accept)
    : impl_(std::make_unique<Impl>(loop, std::move(socket), options, std::move(accept))) {}

TcpListener::~TcpListener() = default;

void TcpListener::stop_accepting() { impl_->stop_accepting(); }

void TcpListener::drain() {
  impl_->stop_accepting();
  impl_->drain();
}

const TcpListener::Counts& TcpListener::counts() const noexcept { return impl_->counts; }
int TcpListener::descriptor() const noexcept { return impl_->socket.get(); }

}  // namespace inlet53::net
