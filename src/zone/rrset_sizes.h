// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// An RRset that is too large for a message.
struct OversizeRRset {
  std::string owner;  // presentation form
  uint16_t type = 0;
  uint64_t octets = 0;     // minimum size in bytes of a response with only this RRset
  size_t last_record = 0;  // index in the zone
};

/// Finds RRsets that are too large for a message; a server could only send TC for them. `add` is
/// cheap and counts groups of RRsets; `find_oversize` examines the RRsets of groups that are too
/// large.
/// Threads: one. Cost: 256 KiB, linear.
class RRsetSizes {
 public:
  RRsetSizes() : octets_(kGroups, 0) {}

  /// Counts one record. Returns true when its group becomes too large for a message, only the first
  /// time.
  [[nodiscard]] bool add(dns::NameView owner, uint16_t type, size_t rdata_octets);

  /// Returns the RRsets of `data` that are too large for a message, in the order of their last
  /// records. Equal records count once (RFC 2181 §5). Requires: every record of `data` was added.
  [[nodiscard]] std::vector<OversizeRRset> find_oversize(const ZoneData& data) const;

 private:
  static constexpr size_t kGroups = size_t{1} << 16;
  [[nodiscard]] static size_t group_of(dns::NameView owner, uint16_t type) noexcept;

  std::vector<uint32_t> octets_;  // size of the records of each group
};

}  // namespace inlet53::zone
