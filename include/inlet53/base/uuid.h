#pragma once

#include <cstddef>
#include <string>

namespace inlet53 {

/// A random UUID, `8f5a6c1e-2b7d-4c3a-9e10-5d6f7a8b9c0d` (version 4). Source: RFC 9562 §5.4.
/// Cost: one system call, getrandom.
[[nodiscard]] std::string random_uuid();

/// So many random hexadecimal digits, lower case. Requires: at most 64 of them.
[[nodiscard]] std::string random_hex(size_t digits);

}  // namespace inlet53
