// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// Writes RDATA in presentation form (master-file form, names with the final dot) to `out`. `rdata`
/// has no compression pointers. Writes `\# length hex` (RFC 3597 §5) for types without a
/// presentation form here (APL, ATMA, A6, HIP, IPSECKEY, ISDN, NSAP, NXT, WKS and those that ldns
/// does not know), for RDATA that does not have the format of its type, and for text longer than
/// `max_rdata_text` (a bitmap of very many types). The text is printable ASCII; a master-file
/// reader parses it back to `rdata`.
/// Returns the number of bytes written, or 0 when `capacity` is too small (the text is never
/// empty).
/// Threads: any. Cost: no allocation.
/// Source: RFC 1035 §5.1, RFC 1876, RFC 2782, RFC 3403, RFC 3596, RFC 4034, RFC 4255, RFC 5155, RFC
/// 5952 (addresses), RFC 6698, RFC 6742, RFC 7043, RFC 7553, RFC 8659, RFC 9460.
size_t write_rdata_text(uint16_t type, Bytes rdata, char* out, size_t capacity) noexcept;

/// Returns the maximum number of bytes that `write_rdata_text` writes for RDATA of `size` bytes:
/// `\DDD` for each byte; in the lists of SvcParams, two bytes can become nine (`key65535,`).
[[nodiscard]] constexpr size_t max_rdata_text(size_t size) noexcept { return 5 * size + 64; }

/// Returns the text of `write_rdata_text` as a string.
[[nodiscard]] std::string rdata_text(uint16_t type, Bytes rdata);

}  // namespace inlet53::dns
