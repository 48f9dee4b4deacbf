#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text_fault.h"

#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// Parses RDATA of IPSECKEY, `10 1 2 192.0.2.38 AQNRU3mG7TVT…`; or says in words what is wrong.
/// ldns 1.8 has a parser of its own that leaks on errors, wraps numbers over 255, leaves relative
/// gateways relative and refuses white space in keys.
/// Source: RFC 4025 §3.1.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_ipseckey(std::string_view text,
                                                                     dns::NameView origin);

}  // namespace inlet53::zone
