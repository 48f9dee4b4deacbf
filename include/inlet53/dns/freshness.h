// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// Returns for how many seconds a response may be cached: the lowest TTL of the answer section or,
/// when that section is empty, the negative TTL of the authority section's SOA. Absent when there
/// is neither, or the response is malformed.
/// Threads: any. Cost: no allocation; linear in the records.
/// Source: RFC 8484 §5.1; RFC 2308 §5.
[[nodiscard]] std::optional<uint32_t> freshness_of(Bytes response) noexcept;

}  // namespace inlet53::dns
