// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// Limit of each wait in a test: long, for slow and busy machines.
constexpr uint64_t kPatienceMs = 60'000;

/// Runs the loop until `done()`; false when the time limit has passed.
template <class Condition>
[[nodiscard]] bool run_until(Loop& loop, Condition done) {
  bool reached = false;
  Timer look(loop, [&] {
    reached = done();
    if (reached) loop.stop();
  });
  Timer patience(loop, [&] { loop.stop(); });
  look.start(0, 1);
  patience.start(kPatienceMs);
  loop.run();
  return reached;
}

inline SocketAddress local(std::string_view host, uint16_t port = 0) {
  return {*IpAddress::parse(host), port};
}

/// Returns the address of a socket, with the port that the kernel chose.
inline SocketAddress bound_to(int descriptor) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  EXPECT_EQ(getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &length), 0);
  return SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage));
}

/// Returns a client's socket of `type`, bound to `from` when it is given. Blocking calls end after
/// the time limit.
inline Descriptor client_socket(int type, IpFamily family, const char* from = nullptr) {
  Descriptor client(socket(family == IpFamily::V4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0));
  const timeval patience{static_cast<time_t>(kPatienceMs / 1000), 0};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (from != nullptr) {
    sockaddr_storage storage;
    const socklen_t length = local(from).to_sockaddr(storage);
    EXPECT_EQ(bind(client.get(), reinterpret_cast<sockaddr*>(&storage), length), 0);
  }
  return client;
}

/// connect(2); returns 0 or errno.
inline int connect_to(const Descriptor& client, const SocketAddress& server) {
  sockaddr_storage storage;
  const socklen_t length = server.to_sockaddr(storage);
  return connect(client.get(), reinterpret_cast<sockaddr*>(&storage), length) == 0 ? 0 : errno;
}

/// Returns a connected client. The handshake needs no accept, so the server's loop need not run.
inline Descriptor connected(int type, const SocketAddress& server, const char* from = nullptr) {
  Descriptor client = client_socket(type, server.address.family(), from);
  EXPECT_EQ(connect_to(client, server), 0) << strerror(errno);
  return client;
}

inline void send_text(const Descriptor& client, std::string_view text) {
  EXPECT_EQ(send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

inline bool can_read(const Descriptor& client) {
  pollfd looked{client.get(), POLLIN, 0};
  return poll(&looked, 1, 0) == 1;
}

/// Makes one recv(2): returns a datagram, or the available part of a stream; empty at its end or on
/// an error.
inline std::string receive_text(const Descriptor& client) {
  std::string text(70000, '\0');
  const ssize_t count = recv(client.get(), text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<size_t>(count));
  return text;
}

}  // namespace inlet53::net
