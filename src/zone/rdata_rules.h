#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "inlet53/base/bytes.h"

namespace inlet53::zone {

/// Says what an RFC forbids in RDATA that has the shape of its type; absent when nothing is: a
/// digest or fingerprint of another length than its algorithm's (DS, CDS, DLV, SSHFP, TLSA, SMIMEA,
/// ZONEMD), an X.121 address that is none, coordinates beyond the poles and the date line, a prefix
/// longer than its family's addresses, a type bitmap without types, a key that its flags deny, an
/// E.164 number that is none, SVCB parameters, a URI without
/// target, a NAPTR whose expression is none or stands beside a replacement.
[[nodiscard]] std::optional<std::string> find_rdata_fault(uint16_t type, Bytes rdata);

}  // namespace inlet53::zone
