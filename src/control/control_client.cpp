// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/control_client.h"

#include <cerrno>
#include <chrono>
#include <system_error>

#include "unix_address.h"
#include <poll.h>

#include "inlet53/base/text.h"
#include "inlet53/http/client.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

namespace {

using Clock = std::chrono::steady_clock;

// Waits until a descriptor is ready or `deadline` has passed; returns whether it is ready.
bool wait_for(int descriptor, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{descriptor, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string system_text(int error) { return std::system_category().message(error); }

std::string_view connect_fault(int error) noexcept {
  if (error == EACCES || error == EPERM) return "this user may not control the daemon: ";
  if (error == EAGAIN) return "the daemon accepts no connection: ";
  return "no daemon listens there: ";
}

Result<void, std::string> send_all(int descriptor, std::string_view text,
                                   Clock::time_point deadline) {
  while (!text.empty()) {
    const ssize_t sent = send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (sent < 0 && errno == EAGAIN) {
      if (!wait_for(descriptor, POLLOUT, deadline)) {
        return Unexpected<std::string>("the daemon does not read the request");
      }
    } else if (errno != EINTR) {
      // The daemon may have responded and closed before it read all: the response says why.
      return {};
    }
  }
  return {};
}

Result<std::string, std::string> receive_all(int descriptor, Clock::time_point deadline) {
  std::string response;
  char buffer[16384];
  for (;;) {
    const ssize_t got = recv(descriptor, buffer, sizeof buffer, 0);
    if (got == 0) return response;
    if (got > 0) {
      response.append(buffer, static_cast<size_t>(got));
    } else if (errno == EAGAIN) {
      if (!wait_for(descriptor, POLLIN, deadline)) {
        return Unexpected<std::string>("the daemon gave no response in time");
      }
    } else if (errno == ECONNRESET && !response.empty()) {
      return response;
    } else if (errno != EINTR) {
      return Unexpected(concat("the daemon ended the connection: ", system_text(errno)));
    }
  }
}

}  // namespace

Result<ControlAnswer, std::string> call_daemon(const std::string& path, const ControlCall& call,
                                               uint32_t timeout_ms) {
  const auto failed = [&path](std::string_view what) {
    return Unexpected(concat(path, ": ", what));
  };
  const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  const auto address = unix_address(path);
  if (!address) return failed("the path is too long for a socket");
  const net::Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection.valid()) return failed(concat("cannot create a socket: ", system_text(errno)));
  while (connect(connection.get(), as_sockaddr(*address), sizeof *address) != 0) {
    const int error = errno;
    // EAGAIN: the backlog is full. The kernel does not tell when that ends (unix(7)).
    if (error == EINTR || (error == EAGAIN && Clock::now() < deadline)) {
      poll(nullptr, 0, 10);
      continue;
    }
    return failed(concat(connect_fault(error), system_text(error)));
  }
  std::string request = concat(call.method, " ", call.target, " HTTP/1.1\r\nHost: inlet53\r\n",
                               "Connection: close\r\n");
  if (!call.body.empty()) {
    request +=
        concat("Content-Type: application/json\r\nContent-Length: ", call.body.size(), "\r\n");
  }
  request += concat("\r\n", call.body);
  if (const auto sent = send_all(connection.get(), request, deadline); !sent) {
    return failed(sent.error());
  }
  const auto received = receive_all(connection.get(), deadline);
  if (!received) return failed(received.error());
  if (received->empty()) return failed("the daemon closed the connection without a response");
  auto response = http::parse_response(*received);
  if (!response) return failed("the daemon's response is not HTTP");
  return ControlAnswer{response->status, std::move(response->body)};
}

}  // namespace inlet53::control
