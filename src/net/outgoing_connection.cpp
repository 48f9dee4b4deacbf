// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/outgoing_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "socket_watcher.h"
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <uv.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/memory.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

constexpr size_t kReadSize = size_t{64} << 10;
constexpr uint32_t kMinAddressMs = 250;

}  // namespace

struct OutgoingConnection::Impl {
  // A separate allocation: libuv cannot always cancel a running lookup.
  struct Lookup {
    uv_getaddrinfo_t uv{};
    Impl* requester = nullptr;  // null when the connection was destroyed
  };

  Impl(Loop& on, std::string to_host, uint16_t to_port, uint32_t timeout_ms,
       OutgoingConnectionOwner& to, std::optional<IpAddress> from);
  ~Impl();

  void begin();
  void look_up();
  void looked_up(int status, const addrinfo* found);
  void try_next();
  [[nodiscard]] int connect_to(const SocketAddress& address);
  void attempt_failed(int error);
  void on_timer();
  void on_ready(SocketEvents events);
  void finish_attempt();
  void read();
  [[nodiscard]] bool write();
  void end(const std::string& why);

  Loop& loop;
  const std::string host;
  const uint16_t port;
  const uint32_t connect_timeout_ms;
  OutgoingConnectionOwner& owner;
  const std::optional<IpAddress> source;
  Lookup* lookup = nullptr;
  std::vector<SocketAddress> addresses;
  size_t tried = 0;
  std::string error;  // of the last attempt
  Descriptor socket;
  std::optional<SocketWatcher> watcher;
  Timer timer;
  std::string unsent;
  size_t sent = 0;  // bytes of it
  bool established = false;
  bool over = false;
};

OutgoingConnection::Impl::Impl(Loop& on, std::string to_host, uint16_t to_port, uint32_t timeout_ms,
                               OutgoingConnectionOwner& to, std::optional<IpAddress> from)
    : loop(on),
      host(std::move(to_host)),
      port(to_port),
      connect_timeout_ms(timeout_ms),
      owner(to),
      source(from),
      timer(on, [this] { on_timer(); }) {
  // An attempt may fail at once, but the owner must not be called within its own call.
  timer.start(0);
}

OutgoingConnection::Impl::~Impl() {
  if (lookup == nullptr) return;
  lookup->requester = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->uv));
}

//--- Connecting

void OutgoingConnection::Impl::begin() {
  if (const auto address = IpAddress::parse(host)) {
    addresses.push_back({*address, port});
    try_next();
  } else {
    look_up();
  }
}

void OutgoingConnection::Impl::look_up() {
  timer.start(connect_timeout_ms);
  lookup = new Lookup;
  lookup->requester = this;
  lookup->uv.data = lookup;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const auto done = [](uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept {
    const std::unique_ptr<Lookup> ended(static_cast<Lookup*>(request->data));
    if (Impl* const impl = ended->requester) {
      impl->lookup = nullptr;
      impl->looked_up(status, found);
    }
    uv_freeaddrinfo(found);
  };
  const int status = uv_getaddrinfo(loop.raw(), &lookup->uv, done, host.c_str(), nullptr, &hints);
  if (status == 0) return;
  delete std::exchange(lookup, nullptr);
  end(concat(host, ": ", uv_strerror(status)));
}

void OutgoingConnection::Impl::looked_up(int status, const addrinfo* found) {
  if (status != 0) return end(concat("no address of ", host, ": ", uv_strerror(status)));
  for (; found != nullptr; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    addresses.push_back({SocketAddress::from_sockaddr(found->ai_addr).address, port});
  }
  error = concat("no address of ", host);
  try_next();
}

void OutgoingConnection::Impl::try_next() {
  while (tried < addresses.size()) {
    const SocketAddress& address = addresses[tried++];
    const int failure = connect_to(address);
    if (failure == 0) {
      const auto part = static_cast<uint32_t>(connect_timeout_ms / addresses.size());
      return timer.start(std::max(part, std::min(kMinAddressMs, connect_timeout_ms)));
    }
    error = concat("cannot connect to ", address.to_text(), ": ", std::strerror(failure));
  }
  end(error);
}

int OutgoingConnection::Impl::connect_to(const SocketAddress& address) {
  sockaddr_storage storage{};
  const socklen_t length = address.to_sockaddr(storage);
  watcher.reset();
  socket = Descriptor(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return errno;
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source) {
    // Chooses the port at connect: a port is then unique only per pair of addresses.
    setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_storage own{};
    const socklen_t own_length = SocketAddress{*source, 0}.to_sockaddr(own);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), own_length) != 0) return errno;
  }
  const auto* to = reinterpret_cast<const sockaddr*>(&storage);
  if (::connect(socket.get(), to, length) != 0 && errno != EINPROGRESS) return errno;
  watcher.emplace(loop, socket.get(), [this](SocketEvents events) { on_ready(events); });
  return watcher->watch(false, true) ? 0 : EMFILE;
}

void OutgoingConnection::Impl::attempt_failed(int failure) {
  error =
      concat("cannot connect to ", addresses[tried - 1].to_text(), ": ", std::strerror(failure));
  try_next();
}

void OutgoingConnection::Impl::on_timer() {
  if (addresses.empty() && lookup == nullptr) return begin();
  if (lookup != nullptr) return end(concat("no address of ", host, " in time"));
  attempt_failed(ETIMEDOUT);
}

void OutgoingConnection::Impl::finish_attempt() {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) return attempt_failed(failure);
  established = true;
  timer.stop();
  if (!write() || !watcher->watch(true, sent < unsent.size())) return end(std::strerror(errno));
  owner.connected();
}

//--- Bytes. Each call to the owner is the last step: this object may be destroyed after it.

void OutgoingConnection::Impl::on_ready(SocketEvents events) {
  if (!established) return finish_attempt();
  if (events.failed) return end("the socket failed");
  if (events.writable) {
    if (!write()) return end(std::strerror(errno));
    if (!watcher->watch(true, sent < unsent.size())) return end("the socket failed");
  }
  if (events.readable) read();
}

void OutgoingConnection::Impl::read() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): recv fills it
  std::array<uint8_t, kReadSize> bytes;
  const ssize_t count = recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count > 0) return owner.received({bytes.data(), static_cast<size_t>(count)});
  if (count == 0) return end({});
  if (errno != EAGAIN && errno != EINTR) end(std::strerror(errno));
}

// Writes as much as the socket accepts. Returns false, with errno, when it has failed.
bool OutgoingConnection::Impl::write() {
  while (sent < unsent.size()) {
    const ssize_t count = ::send(socket.get(), unsent.data() + sent, unsent.size() - sent,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    sent += static_cast<size_t>(count);
  }
  release_memory(unsent);
  sent = 0;
  return true;
}

void OutgoingConnection::Impl::end(const std::string& why) {
  over = true;
  timer.stop();
  watcher.reset();
  socket.reset();
  release_memory(unsent);
  sent = 0;
  owner.ended(why);
}

//--- OutgoingConnection

OutgoingConnection::OutgoingConnection(Loop& loop, const std::string& host, uint16_t port,
                                       uint32_t connect_timeout_ms, OutgoingConnectionOwner& owner,
                                       const std::optional<IpAddress>& source)
    : impl_(std::make_unique<Impl>(loop, host, port, connect_timeout_ms, owner, source)) {}

OutgoingConnection::~OutgoingConnection() = default;

void OutgoingConnection::send(Bytes bytes) {
  if (impl_->over) return;
  impl_->unsent += as_text(bytes);
  if (!impl_->established) return;
  // The loop reports a failure, or space for the rest.
  static_cast<void>(impl_->write());
  static_cast<void>(impl_->watcher->watch(true, !all_written()));
}

bool OutgoingConnection::all_written() const noexcept {
  return impl_->sent == impl_->unsent.size();
}

SocketAddress OutgoingConnection::local() const { return local_address(impl_->socket.get()); }

}  // namespace inlet53::net
