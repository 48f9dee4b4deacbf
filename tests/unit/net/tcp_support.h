// SPDX-License-Identifier: Apache-2.0
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

/// State shared by the clients of a server: their messages are lines, and each gets the result of
/// `answer`.
struct LineOwner {
  std::function<std::string(std::string_view)> answer = [](std::string_view line) {
    return std::string(line);
  };
  std::function<void(TcpConnection&)> on_received;
  std::function<void(TcpConnection&)> on_finished;
  std::function<void(TcpConnection&)> on_caught_up;
  std::function<void(TcpConnection&)> on_drain;
  std::function<void(TcpConnection&)> on_closed;
  std::vector<TcpConnection*> open;
  int calls = 0;
  int messages = 0;
  int finished = 0;   // clients that have sent FIN
  int ended = 0;      // clients whose `closed` was called
  int destroyed = 0;  // clients
  int times_caught_up = 0;
  std::string farewell;  // sent to a connection that timed out
  size_t largest_stream = 0;
  bool owes = false;
  bool paused = false;  // consumes nothing
};

/// Client that reports a failure when it is called after `closed`, and when it is destroyed without
/// `closed` or inside one of its functions.
class LineClient final : public TcpClient {
 public:
  LineClient(LineOwner& owner, TcpConnection& connection) : owner_(owner), connection_(connection) {
    owner_.open.push_back(&connection);
  }
  ~LineClient() override {
    EXPECT_TRUE(closed_);
    EXPECT_EQ(inside_, 0);
    EXPECT_FALSE(connection_.peer().address.to_text().empty());  // it still exists
    ++owner_.destroyed;
  }

  size_t received(Bytes stream) override {
    const Inside inside(*this);
    ++owner_.calls;
    if (owner_.on_received) owner_.on_received(connection_);
    size_t consumed = 0;
    while (!owner_.paused && !connection_.congested()) {
      const auto rest = as_text(stream.subspan(consumed));
      const size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      consumed += end + 1;
      ++owner_.messages;
      connection_.send(as_bytes(owner_.answer(rest.substr(0, end + 1))));
    }
    owner_.largest_stream = std::max(owner_.largest_stream, stream.size());
    return consumed;
  }
  bool owes_responses() override {
    const Inside inside(*this);
    ++owner_.finished;
    if (owner_.on_finished) owner_.on_finished(connection_);
    return owner_.owes;
  }
  void caught_up() override {
    const Inside inside(*this);
    ++owner_.times_caught_up;
    if (owner_.on_caught_up) owner_.on_caught_up(connection_);
  }
  bool timed_out() override {
    const Inside inside(*this);
    if (owner_.farewell.empty()) return false;
    connection_.send(as_bytes(owner_.farewell));
    connection_.close_after_send();
    return true;
  }
  void drain() override {
    const Inside inside(*this);
    if (owner_.on_drain) owner_.on_drain(connection_);
  }
  void closed() override {
    const Inside inside(*this);
    closed_ = true;
    ++owner_.ended;
    std::erase(owner_.open, &connection_);
    if (owner_.on_closed) owner_.on_closed(connection_);
  }

 private:
  struct Inside {
    explicit Inside(LineClient& one) : client(one) {
      EXPECT_FALSE(client.closed_);
      ++client.inside_;
    }
    ~Inside() { --client.inside_; }
    LineClient& client;
  };

  LineOwner& owner_;
  TcpConnection& connection_;
  int inside_ = 0;
  bool closed_ = false;
};

struct TcpServer {
  explicit TcpServer(const TcpListener::Options& options = {}, const char* host = "127.0.0.1") {
    auto socket = open_tcp(local(host));
    EXPECT_TRUE(socket) << socket.error().message;
    address = bound_to(socket->get());
    listener.emplace(loop, std::move(*socket), options,
                     [this](TcpConnection& connection) -> std::unique_ptr<TcpClient> {
                       if (accept && !accept(connection)) return nullptr;
                       return std::make_unique<LineClient>(owner, connection);
                     });
  }

  /// Returns a client whose connection the server has accepted.
  Descriptor accepted_client(const char* from = nullptr) {
    const uint64_t before = listener->counts().accepted;
    Descriptor client = connected(SOCK_STREAM, address, from);
    EXPECT_TRUE(run_until(loop, [&] { return listener->counts().accepted > before; }));
    return client;
  }

  [[nodiscard]] bool serve_until(const std::function<bool()>& done) {
    return run_until(loop, done);
  }

  /// Runs the server until this client has a whole response of `size` bytes.
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
  std::function<bool(TcpConnection&)> accept;
  SocketAddress address;
  std::optional<TcpListener> listener;
};

/// Returns true when the stream has ended regularly (FIN, no bytes before it); does not run the
/// loop.
inline bool at_end(const Descriptor& client) {
  char byte = 0;
  return recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0;
}

/// Returns true when FIN or RST has ended the connection; does not run the loop.
inline bool is_gone(const Descriptor& client) {
  char byte = 0;
  const ssize_t count = recv(client.get(), &byte, 1, MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

}  // namespace inlet53::net
