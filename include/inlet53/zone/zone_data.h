#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// A zone's records as a source delivers them, before they are frozen: in any order, packed one
/// after the other so that a million records stay small.
/// Threads: one.
class ZoneData {
 public:
  explicit ZoneData(dns::NameView apex) : apex_(apex) { apex_.fold(); }

  [[nodiscard]] dns::NameView apex() const noexcept { return apex_.view(); }

  /// Adds one record of class IN. `owner` in any letter case; names in `rdata` are not compressed.
  /// Requires: `owner` is at or below the apex.
  void add(dns::NameView owner, uint16_t type, uint32_t ttl, Bytes rdata);

  /// One record as it was added; `owner` is in lower case. Lifetime: until the next `add`.
  struct Record {
    dns::NameView owner;
    uint16_t type;
    uint32_t ttl;
    Bytes rdata;
  };
  [[nodiscard]] size_t size() const noexcept { return offsets_.size(); }
  [[nodiscard]] Record record(size_t index) const noexcept;

 private:
  dns::Name apex_;
  std::vector<uint8_t> octets_;    // owner size, owner, type, ttl, rdlength, rdata
  std::vector<uint64_t> offsets_;  // where each record begins
};

}  // namespace inlet53::zone
