#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text_fault.h"

#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// Parses RDATA of AMTRELAY, `10 0 1 203.0.113.15`. Source: RFC 8777 §4.3.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_amtrelay(std::string_view text,
                                                                     dns::NameView origin);

/// Parses RDATA of DSYNC, `CDS NOTIFY 5353 notify.example.`. Source: RFC 9859 §2.2.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_dsync(std::string_view text,
                                                                  dns::NameView origin);

/// The type that ldns 1.8 knows with the same fields as `type`, which is newer; else `type`.
/// Source: IANA "Resource Record (RR) TYPEs": RESINFO (RFC 9606), WALLET, AVC, NINFO and CLA as
/// TXT, RKEY as DNSKEY, TA as DS, HHIT and BRID (RFC 9886) as OPENPGPKEY.
[[nodiscard]] uint16_t type_with_same_fields(uint16_t type) noexcept;

}  // namespace inlet53::zone
