#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text_fault.h"

#include "inlet53/base/result.h"

namespace inlet53::zone {

/// Parses RDATA of KEY, `256 3 5 AQPSKmyn…`, `NOKEY|ZONE DNSSEC RSASHA1`: flags and protocol may be
/// names, and no key follows flags that say NOKEY. ldns 1.8 reads it as DNSKEY, which has neither.
/// Source: RFC 2535 §3.1.2, §7.1.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_key(std::string_view text);

}  // namespace inlet53::zone
