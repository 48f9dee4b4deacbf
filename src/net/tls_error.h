// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace inlet53::net {

/// Returns the first error text in OpenSSL's queue of this thread, and empties the queue.
[[nodiscard]] std::string pop_tls_error();

/// Throws std::runtime_error with that text when `worked` is false. For OpenSSL calls that fail
/// only for lack of memory or random bytes.
void require_tls(bool worked);

}  // namespace inlet53::net
