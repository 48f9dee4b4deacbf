// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"

/// Commands of the operator to a running daemon over a Unix socket: one request line, one response
/// line, then the connection ends. The response starts with `ok` or `error` and a space.
namespace inlet53::control {

/// Maximum size of a command with its newline; a name of 255 bytes in presentation form fits.
inline constexpr size_t kMaxCommand = 2048;

/// Handles the commands for a daemon. Called on the loop's thread.
class ControlOwner {
 public:
  /// Handles a command without its newline. The owner passes the answer to `ControlSocket::answer`,
  /// at once or later. Lifetime: `command` during the call.
  virtual void handle_command(uint64_t call, std::string_view command) = 0;

 protected:
  ~ControlOwner() = default;
};

/// Returns whether a user may send commands to this process: its own user and root. `user`: a uid.
[[nodiscard]] bool may_send_commands(uint32_t user) noexcept;

/// Returns why no socket can be created at `path`: its directory is missing, or another file
/// exists. Empty when it can be created. Text for people, without the path.
[[nodiscard]] std::string control_path_problem(const std::string& path);

/// Listening socket of a daemon. The file has mode 0600, and connections of other users are closed
/// even if that mode was changed. Threads: the loop's. Lifetime: loop and owner outlive it; the
/// destructor removes the file.
class ControlSocket {
 public:
  /// Maximum number of connections (further ones are closed), and of milliseconds without data on a
  /// connection.
  static constexpr size_t kMaxConnections = 16;
  static constexpr uint64_t kPatienceMs = 10'000;

  /// Creates the socket's file and a lock beside it (`PATH.lock`), so that only one daemon uses the
  /// path, also when two start at once or one hangs. Replaces a file that a crashed daemon left.
  /// Does not block. Errors: texts with the path and, for another daemon, its process id.
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>, std::string> open(
      net::Loop& loop, const std::string& path, ControlOwner& owner);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Answers a call once. Does nothing when its connection is closed.
  void answer(uint64_t call, bool ok, std::string_view text);

 private:
  struct Impl;
  explicit ControlSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Sends a command to the daemon at `path` and waits up to `timeout_ms` for the answer. Requires:
/// `command` is one line. Errors: the daemon's error text, or why the daemon could not be reached.
/// Threads: any; blocks.
[[nodiscard]] Result<std::string, std::string> send_command(const std::string& path,
                                                            std::string_view command,
                                                            uint32_t timeout_ms);

}  // namespace inlet53::control
