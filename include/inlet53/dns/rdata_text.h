// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// Writes RDATA in presentation form (master-file form, names with the final dot) at `out`.
/// `rdata` has no compression pointers. `\# length hex` (RFC 3597 §5) is written for types without
/// a form here (APL, ATMA, A6, HIP, IPSECKEY, ISDN, NSAP, NXT, WKS and those that ldns does not
/// know), for RDATA that does not have its type's shape, and for what would be longer than
/// `max_rdata_text` (a bitmap of very many types).
/// What is written is printable ASCII, and reads back to `rdata`.
/// Returns the octets written, or 0 when `capacity` is too small (the form is never empty).
/// Threads: any. Cost: no allocation.
/// Source: RFC 1035 §5.1, RFC 1876, RFC 2782, RFC 3403, RFC 3596, RFC 4034, RFC 4255, RFC 5155,
/// RFC 5952 (addresses), RFC 6698, RFC 6742, RFC 7043, RFC 7553, RFC 8659, RFC 9460.
size_t write_rdata_text(uint16_t type, Bytes rdata, char* out, size_t capacity) noexcept;

/// The most octets `write_rdata_text` can need for RDATA of `size` octets: `\DDD` for each, and the
/// lists in SvcParams, of which two octets can make nine (`key65535,`).
[[nodiscard]] constexpr size_t max_rdata_text(size_t size) noexcept { return 5 * size + 64; }

/// The same as a string.
[[nodiscard]] std::string rdata_text(uint16_t type, Bytes rdata);

}  // namespace inlet53::dns
