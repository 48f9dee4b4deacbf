// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// An RRset that no message holds.
struct OversizeRRset {
  std::string owner;  // text
  uint16_t type = 0;
  uint64_t octets = 0;     // of a response with nothing else, at least
  size_t last_record = 0;  // of the zone's
};

/// Notices RRsets that no message holds, which a server could answer with TC only. `add` is cheap
/// and knows groups of RRsets; `find_oversize` looks at the groups that are too large, exactly.
/// Threads: one. Cost: 256 KiB, linear.
class RRsetSizes {
 public:
  RRsetSizes() : octets_(kGroups, 0) {}

  /// Counts one record. True when its group no longer fits a message, for the first time.
  [[nodiscard]] bool add(dns::NameView owner, uint16_t type, size_t rdata_octets);

  /// The RRsets of `data` that no message holds, in the order of their last records. Repeated
  /// records count once (RFC 2181 §5). Requires: every record of `data` was added.
  [[nodiscard]] std::vector<OversizeRRset> find_oversize(const ZoneData& data) const;

 private:
  static constexpr size_t kGroups = size_t{1} << 16;
  [[nodiscard]] static size_t group_of(dns::NameView owner, uint16_t type) noexcept;

  std::vector<uint32_t> octets_;  // of the records of each group
};

}  // namespace inlet53::zone
