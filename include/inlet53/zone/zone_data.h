// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// A zone's records before they are frozen, in any order. They are packed so that a million records
/// need little memory (about 45 bytes for an address record).
/// Threads: one; const methods any.
class ZoneData {
 public:
  /// Makes a zone without records; `apex` may be in any letter case.
  explicit ZoneData(dns::NameView apex) : apex_(apex) { apex_.fold(); }

  [[nodiscard]] dns::NameView apex() const noexcept { return apex_.view(); }

  /// Adds one record of class IN. `owner` may be in any letter case; `ttl` in seconds; `rdata` has
  /// at most 65535 bytes and uncompressed names, whose letter case is kept.
  /// Requires: `owner` is at or below the apex. Cost: amortised O(1); allocates.
  void add(dns::NameView owner, uint16_t type, uint32_t ttl, Bytes rdata);

  /// One added record; `owner` is in lower case. Lifetime: until the next `add`.
  struct Record {
    dns::NameView owner;
    uint16_t type;
    uint32_t ttl;
    Bytes rdata;
  };
  [[nodiscard]] size_t size() const noexcept { return offsets_.size(); }
  /// Returns record `index` in the order of `add`. Requires: `index < size()`.
  [[nodiscard]] Record record(size_t index) const noexcept;

 private:
  dns::Name apex_;
  std::vector<uint8_t> octets_;    // owner size, owner, type, ttl, rdlength, rdata
  std::vector<uint64_t> offsets_;  // where each record begins
};

}  // namespace inlet53::zone
