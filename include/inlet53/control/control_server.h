// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/http/message.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tcp_listener.h"

/// The control interface of a daemon: HTTP/1.1 over a Unix socket. Requests and responses have JSON
/// bodies. `control_client.h` has the client's side.
namespace inlet53::control {

/// A request on its connection. Never used again for another request.
using RequestId = uint64_t;

/// A request and the user who sent it.
struct ControlRequest {
  net::PeerUser user;
  std::string method;
  std::string path;   // without the query: `/v1/status`
  std::string query;  // after the question mark, not decoded
  std::string body;
};

/// A kind of request and its handler.
struct ControlRoute {
  std::string_view method;  // POST for a request that changes something: it is logged
  std::string_view path;    // with the version of the interface: `/v1/status`
  /// Called on the loop's thread. It passes the response to `ControlServer::respond`, at once or
  /// later.
  std::function<void(RequestId, const ControlRequest&)> handle;
};

/// Users who may send requests, in addition to root and the daemon's own user.
struct ControlAccess {
  std::optional<uint32_t> group;  // a gid; its members may, too
};

/// Returns whether a user may send requests to this process.
[[nodiscard]] bool is_permitted(const net::PeerUser& user, const ControlAccess& access) noexcept;

/// Returns why no socket can be created at `path`: its directory is missing, or another file
/// exists. Empty when it can be created. Text for people, without the path.
[[nodiscard]] std::string control_path_problem(const std::string& path);

/// Makes a response with a JSON body. `json`: one JSON value.
[[nodiscard]] http::Response json_response(uint16_t status, std::string json);
/// Makes a response `{"error": "…"}`. `message`: a text for people.
[[nodiscard]] http::Response error_response(uint16_t status, std::string_view message);

/// Listening socket of a daemon. The file has mode 0600, or 0660 and the group of `access`. A
/// request of another user gets 403, also when that mode was changed; one without a route gets 404
/// or 405. Each request by POST is one line of the operator log, with the uid of its user.
///
/// Limits: `kMaxConnections` (further ones are closed), `kMaxBody` bytes of a request,
/// `kPatienceMs` for a request to arrive and for a client to read its response. Threads: the
/// loop's. Lifetime: the loop outlives it; the destructor removes the file.
class ControlServer {
 public:
  static constexpr uint32_t kMaxConnections = 16;
  static constexpr uint32_t kMaxBody = 64U << 10;
  static constexpr uint32_t kPatienceMs = 10'000;

  /// Creates the socket's file and a lock beside it (`PATH.lock`), so that only one daemon uses the
  /// path, also when two start at once or one hangs. Replaces a file that a crashed daemon left.
  /// Does not block. Errors: texts with the path and, for another daemon, its process id.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>, std::string> open(
      net::Loop& loop, const std::string& path, const ControlAccess& access,
      std::vector<ControlRoute> routes);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Sends the response to a request, once. Does nothing when its connection is closed.
  void respond(RequestId id, http::Response&& response);

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::control
