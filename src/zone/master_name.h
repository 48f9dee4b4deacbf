#pragma once

#include <optional>
#include <string_view>

#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// A domain name as it stands in a master file (RFC 1035 §5.1): absolute with its final dot,
/// relative to `origin` without one, or `@` for the origin itself. Absent when it is none, when it
/// is in quotes, or when it is over 255 octets. Requires: `word` is not empty.
[[nodiscard]] std::optional<dns::Name> parse_master_name(std::string_view word,
                                                         dns::NameView origin);

}  // namespace inlet53::zone
