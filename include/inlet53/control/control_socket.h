#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"

/// Orders of the operator to a daemon that runs: over a Unix socket, one line there and one line
/// back, then the connection ends. The line back begins with `ok` or `error` and a space.
namespace inlet53::control {

/// The longest order, newline included; a name of 255 octets fits in presentation form.
inline constexpr size_t kMaxOrder = 2048;

/// Takes a daemon's orders. Called on the loop's thread.
class ControlOwner {
 public:
  /// `order` came, without its newline. The answer goes to `ControlSocket::answer`, at once or
  /// later. Lifetime: `order` during the call.
  virtual void ordered(uint64_t call, std::string_view order) = 0;

 protected:
  ~ControlOwner() = default;
};

/// Whether a user may give orders to this process: its own user and root. `user`: a uid.
[[nodiscard]] bool may_give_orders(uint32_t user) noexcept;

/// Why no socket can be made at `path`: its directory is missing, or something else is there.
/// Empty: it can be made. Text for people, without the path.
[[nodiscard]] std::string control_path_problem(const std::string& path);

/// A daemon's end. The file has mode 0600, and processes of users who may not give orders are
/// disconnected, whatever has become of that mode.
/// Threads: the loop's. Lifetime: loop and owner outlive it; the file goes with it.
class ControlSocket {
 public:
  /// Connections at once; one more is closed. How long one may be silent, in milliseconds.
  static constexpr size_t kMaxConnections = 16;
  static constexpr uint64_t kPatienceMs = 10'000;

  /// Makes the socket's file, and beside it a lock (`PATH.lock`), so that the path is one daemon's
  /// alone: also while two start at once, and while one hangs. A file that a dead daemon left is
  /// replaced. Never waits.
  /// Errors: texts for people, with the path; of another daemon with its process.
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>, std::string> open(
      net::Loop& loop, const std::string& path, ControlOwner& owner);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Answers a call, once. Nothing happens when its connection has gone.
  void answer(uint64_t call, bool ok, std::string_view text);

 private:
  struct Impl;
  explicit ControlSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::control
