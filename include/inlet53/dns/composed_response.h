// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "inlet53/base/bytes.h"

/// Functions on a response that is already composed.
namespace inlet53::dns {

/// Returns for how many seconds a response may be cached: the lowest TTL of the answer section or,
/// when that section is empty, the negative TTL of the authority section's SOA. Absent when there
/// is neither, or the response is malformed.
/// Threads: any. Cost: no allocation; linear in the records.
/// Source: RFC 8484 §5.1; RFC 2308 §5.
[[nodiscard]] std::optional<uint32_t> freshness_lifetime(Bytes response) noexcept;

/// Responses are padded to a multiple of this number of bytes. Source: RFC 8467 §4.1.
inline constexpr size_t kResponsePadding = 468;

/// Pads the response of `size` bytes at the start of `buffer`: appends a PADDING option to its OPT,
/// so that the size becomes a multiple of `block`, or the size of `buffer` if that is smaller.
/// Returns the new size; returns `size` when the last record is not an OPT, or an option does not
/// fit.
/// Requires: `size <= buffer.size()`, at most 65535 bytes.
/// Threads: any. Cost: no allocation; linear in the records.
/// Source: RFC 7830 §3.
[[nodiscard]] size_t pad_response(MutableBytes buffer, size_t size, size_t block) noexcept;

}  // namespace inlet53::dns
