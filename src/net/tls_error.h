// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace inlet53::net {

/// The first reason in OpenSSL's queue of errors of this thread, as text, and empties the queue.
[[nodiscard]] std::string pop_tls_error();

/// Throws std::runtime_error with that reason unless a call of OpenSSL `worked`. For calls that
/// fail only when the system lacks memory or random octets.
void require_tls(bool worked);

}  // namespace inlet53::net
