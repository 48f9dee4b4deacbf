// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// For how many seconds a response may be kept: the lowest TTL of its answer section; without
/// records there, what the authority section's SOA gives negative answers. Absent when it says
/// nothing of the kind, or is broken.
/// Threads: any. Cost: no allocation; linear in the records.
/// Source: RFC 8484 §5.1; RFC 2308 §5.
[[nodiscard]] std::optional<uint32_t> freshness_of(Bytes response) noexcept;

}  // namespace inlet53::dns
