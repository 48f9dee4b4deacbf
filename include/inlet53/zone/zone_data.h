// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// A zone's records as a source delivers them, before they are frozen: in any order, packed one
/// after the other so that a million records stay small (an address record: some 45 octets).
/// Threads: one; const methods any.
class ZoneData {
 public:
  /// Makes a zone without records. `apex` in any letter case.
  explicit ZoneData(dns::NameView apex) : apex_(apex) { apex_.fold(); }

  [[nodiscard]] dns::NameView apex() const noexcept { return apex_.view(); }

  /// Adds one record of class IN. `owner` in any letter case; `ttl` seconds; `rdata` at most 65535
  /// octets, its names not compressed, their letter case kept.
  /// Requires: `owner` is at or below the apex. Cost: amortised O(1); allocates.
  void add(dns::NameView owner, uint16_t type, uint32_t ttl, Bytes rdata);

  /// A record as it was added, but `owner` is in lower case. Lifetime: until the next `add`.
  struct Record {
    dns::NameView owner;
    uint16_t type;
    uint32_t ttl;
    Bytes rdata;
  };
  [[nodiscard]] size_t size() const noexcept { return offsets_.size(); }
  /// Record `index` in the order of adding. Requires: `index < size()`.
  [[nodiscard]] Record record(size_t index) const noexcept;

 private:
  dns::Name apex_;
  std::vector<uint8_t> octets_;    // owner size, owner, type, ttl, rdlength, rdata
  std::vector<uint64_t> offsets_;  // where each record begins
};

}  // namespace inlet53::zone
