#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net_support.h"

#include "inlet53/net/tcp_listener.h"

namespace inlet53::net {

/// An owner whose messages are lines; it answers each with what `answer` makes of it.
struct LineOwner final : TcpConnectionOwner {
  size_t received(TcpConnection& connection, Bytes stream) override {
    ++calls;
    if (on_received) on_received(connection);
    size_t consumed = 0;
    while (!paused && !connection.congested()) {
      const auto rest = as_text(stream.subspan(consumed));
      const size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      consumed += end + 1;
      ++messages;
      connection.send(as_bytes(answer(rest.substr(0, end + 1))));
    }
    largest_stream = std::max(largest_stream, stream.size());
    return consumed;
  }
  bool owes_responses(TcpConnection&) override { return owes; }
  void caught_up(TcpConnection&) override { ++times_caught_up; }
  bool timed_out(TcpConnection& connection) override {
    if (farewell.empty()) return false;
    connection.send(as_bytes(farewell));
    connection.close_after_send();
    return true;
  }
  void closed(TcpConnection& connection) override {
    ++ended;
    std::erase(open, &connection);
    if (on_closed) on_closed(connection);
  }

  std::function<std::string(std::string_view)> answer = [](std::string_view line) {
    return std::string(line);
  };
  std::function<void(TcpConnection&)> on_received;
  std::function<void(TcpConnection&)> on_closed;
  std::vector<TcpConnection*> open;
  int calls = 0;
  int messages = 0;
  int ended = 0;
  int times_caught_up = 0;
  std::string farewell;  // what a connection that timed out is sent
  size_t largest_stream = 0;
  bool owes = false;
  bool paused = false;  // takes nothing
};

struct TcpServer {
  explicit TcpServer(const TcpListener::Options& options = {}, const char* host = "127.0.0.1") {
    auto socket = open_tcp(local(host));
    EXPECT_TRUE(socket) << socket.error().message;
    address = bound_to(socket->get());
    listener.emplace(loop, std::move(*socket), options, owner, [this](TcpConnection& connection) {
      if (admit && !admit(connection)) return false;
      owner.open.push_back(&connection);
      return true;
    });
  }

  /// A client whose connection the server has accepted.
  Descriptor accepted_client(const char* from = nullptr) {
    const uint64_t before = listener->counts().accepted;
    Descriptor client = connected(SOCK_STREAM, address, from);
    EXPECT_TRUE(run_until(loop, [&] { return listener->counts().accepted > before; }));
    return client;
  }

  [[nodiscard]] bool serve_until(const std::function<bool()>& done) {
    return run_until(loop, done);
  }

  /// Runs the server until this client has a whole answer of `size` octets.
  std::string answer_of(const Descriptor& client, size_t size) {
    std::string text;
    EXPECT_TRUE(run_until(loop, [&] {
      while (text.size() < size && can_read(client)) {
        const std::string more = receive_text(client);
        if (more.empty()) return true;
        text += more;
      }
      return text.size() >= size;
    }));
    return text;
  }

  Loop loop;
  LineOwner owner;
  std::function<bool(TcpConnection&)> admit;
  SocketAddress address;
  std::optional<TcpListener> listener;
};

/// Tells whether the stream has ended in order (FIN, nothing before it); runs no loop.
inline bool at_end(const Descriptor& client) {
  char octet = 0;
  return recv(client.get(), &octet, 1, MSG_DONTWAIT) == 0;
}

/// Tells whether the connection is gone by FIN or RST; runs no loop.
inline bool is_gone(const Descriptor& client) {
  char octet = 0;
  const ssize_t count = recv(client.get(), &octet, 1, MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

}  // namespace inlet53::net
