// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace inlet53::net {

/// Reason why a query did not reach its target.
enum class SendFailure : uint8_t {
  Unreachable,  // reported by ICMP: the port is closed, the host does not exist, …
  NoSocket,     // this host has no socket or port left: a limit of ours or of the system
  NoRoute,      // this host has no route to the target, or not the source address
  Busy,         // this host's send buffers are full
  Denied,       // this host forbids it: packet filter, missing right
  TooLarge,     // the message exceeds the MTU of the path
  Other,        // see `error`
};

struct SendError {
  SendFailure failure = SendFailure::Other;
  int error = 0;  // errno; 0: a limit of ours

  friend bool operator==(const SendError&, const SendError&) = default;
};

/// Returns true for a failure on this host, which gives no information about the target.
[[nodiscard]] constexpr bool is_local(SendFailure failure) noexcept {
  return failure != SendFailure::Unreachable;
}

/// Returns a short text in lower case, for logs and extended errors.
[[nodiscard]] std::string_view to_text(SendFailure failure) noexcept;

/// Classifies the errno of a failed send on this host. Source: sendmsg(2), udp(7), ip(7).
[[nodiscard]] SendError send_error(int error) noexcept;

/// Classifies the errno of opening, binding or connecting a UDP socket. EAGAIN and EADDRINUSE mean
/// that no port is left. Source: socket(2), bind(2), connect(2).
[[nodiscard]] SendError open_error(int error) noexcept;

}  // namespace inlet53::net
