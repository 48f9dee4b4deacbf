// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace inlet53::net {

/// Why a query did not reach its target.
enum class SendFailure : uint8_t {
  Unreachable,  // the network said so by ICMP: the port is closed, the host is not there, …
  NoSocket,     // this host has no socket or port left: a limit of ours or of the system
  NoRoute,      // this host has no route to the target, or not the source address
  Busy,         // this host's send buffers are full
  Denied,       // this host does not allow it: packet filter, missing right
  TooLarge,     // the message is larger than the path of this host takes
  Other,        // see `error`
};

struct SendError {
  SendFailure failure = SendFailure::Other;
  int error = 0;  // errno; 0: a limit of ours

  friend bool operator==(const SendError&, const SendError&) = default;
};

/// Returns true for a failure on this host: it says nothing about the target.
[[nodiscard]] constexpr bool is_local(SendFailure failure) noexcept {
  return failure != SendFailure::Unreachable;
}

/// Describes a failure in a few words of lower case, for logs and extended errors.
[[nodiscard]] std::string_view to_text(SendFailure failure) noexcept;

/// Sorts the errno of a send that failed on this host. Source: sendmsg(2), udp(7), ip(7).
[[nodiscard]] SendError send_error(int error) noexcept;

/// Sorts the errno of opening, binding or connecting a UDP socket. Source: socket(2), bind(2),
/// connect(2): EAGAIN and EADDRINUSE say that no port is left.
[[nodiscard]] SendError open_error(int error) noexcept;

}  // namespace inlet53::net
