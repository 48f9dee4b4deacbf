#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text_fault.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// Parses RDATA of SVCB and HTTPS, `1 . alpn=h2,h3 port=8443`. Keys may stand in any order; the
/// value of `keyNNNNN` is what the wire has, also for a key with a name (§2.1).
/// ldns 1.8 has a parser of its own that wraps ports, keeps repeated keys and the escapes in lists,
/// and takes values that their keys do not have.
/// Source: RFC 9460 §2.1, §7, §8, appendix A; RFC 9461 §5; RFC 9540 §4.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_svcb(std::string_view text,
                                                                 dns::NameView origin);

/// Says what is wrong with parameters in wire form; absent when nothing is: keys that do not
/// ascend, a value that its key does not have, a mandatory key that is missing, `no-default-alpn`
/// without `alpn`.
[[nodiscard]] std::optional<std::string> find_svc_params_fault(Bytes params);

}  // namespace inlet53::zone
