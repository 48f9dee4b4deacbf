// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/send_error.h"

#include <cerrno>

namespace inlet53::net {

std::string_view to_text(SendFailure failure) noexcept {
  switch (failure) {
    case SendFailure::Unreachable:
      return "the network reports the target as unreachable";
    case SendFailure::NoSocket:
      return "no socket is free for a query";
    case SendFailure::NoRoute:
      return "no route to the target";
    case SendFailure::Busy:
      return "the send buffers are full";
    case SendFailure::Denied:
      return "this host does not allow queries to the target";
    case SendFailure::TooLarge:
      return "the query is larger than this host can send";
    case SendFailure::Other:
      break;
  }
  return "the query cannot be sent";
}

SendError send_error(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return {SendFailure::Busy, error};
    case EPERM:
    case EACCES:
      return {SendFailure::Denied, error};
    case EMSGSIZE:
      return {SendFailure::TooLarge, error};
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENODEV:
    case EADDRNOTAVAIL:
    case EINVAL:
      return {SendFailure::NoRoute, error};
    default:
      return {SendFailure::Other, error};
  }
}

SendError open_error(int error) noexcept {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:  // epoll's limit of watches
    case EAGAIN:
    case EADDRINUSE:
      return {SendFailure::NoSocket, error};
    default:
      return send_error(error);
  }
}

}  // namespace inlet53::net
