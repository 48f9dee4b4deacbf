#pragma once

#include <string>

namespace inlet53::net {

/// The first reason in OpenSSL's queue of errors of this thread, as text, and empties the queue.
[[nodiscard]] std::string take_tls_error();

}  // namespace inlet53::net
