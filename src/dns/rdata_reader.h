#pragma once

#include <cstddef>
#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

namespace inlet53::dns {

/// Reads RDATA field by field. A field that is not whole reads as zero or empty, and `broken` says
/// so from then on, so that readers check once at the end.
/// Lifetime: borrows the RDATA, and so does what it returns.
class RdataReader {
 public:
  explicit RdataReader(Bytes rdata) noexcept : rest_(rdata) {}

  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  void set_broken() noexcept {
    broken_ = true;
    rest_ = {};
  }
  /// Requires of the RDATA what its type does.
  void require(bool condition) noexcept {
    if (!condition) set_broken();
  }

  [[nodiscard]] Bytes octets(size_t size) noexcept {
    if (size > rest_.size()) {
      set_broken();
      return {};
    }
    const Bytes out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  [[nodiscard]] Bytes rest() noexcept { return octets(rest_.size()); }

  [[nodiscard]] uint8_t u8() noexcept {
    const Bytes field = octets(1);
    return field.empty() ? uint8_t{0} : field[0];
  }
  [[nodiscard]] uint16_t u16() noexcept {
    const Bytes field = octets(2);
    return field.empty() ? uint16_t{0} : load_be16(field.data());
  }
  [[nodiscard]] uint32_t u32() noexcept {
    const Bytes field = octets(4);
    return field.empty() ? 0 : load_be32(field.data());
  }
  /// A length octet and as many octets.
  [[nodiscard]] Bytes string() noexcept { return octets(u8()); }
  /// A flat name; the root when broken.
  [[nodiscard]] NameView name() noexcept {
    const auto found = parse_flat_name(rest_, 0);
    if (!found) {
      set_broken();
      return {};
    }
    rest_ = rest_.subspan(found->size());
    return *found;
  }

 private:
  Bytes rest_;
  bool broken_ = false;
};

}  // namespace inlet53::dns
