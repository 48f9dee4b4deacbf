#include "inlet53/cache/cached_response.h"

#include "entry.h"

namespace inlet53::cache {

namespace {

CachedRRset read_part(const uint8_t* entry, size_t index, dns::NameView asked) noexcept {
  const RRsetPart& part = entry_part(entry, index);
  const uint8_t* const owner = entry + part.at;
  const uint8_t* const wire = owner + part.owner_octets;
  return {part.owner_octets == 0 ? asked : dns::NameView::from_checked(owner, part.owner_octets),
          {part.type, part.count, {wire, part.wire_octets}},
          as_text({wire + part.wire_octets, part.text_octets})};
}

}  // namespace

dns::Rcode CachedResponse::rcode() const noexcept {
  return static_cast<dns::Rcode>(entry_head(entry_).rcode);
}

std::optional<dns::ExtendedError> CachedResponse::ede() const noexcept {
  const uint16_t ede = entry_head(entry_).ede;
  if (ede == kNoEde) return std::nullopt;
  return dns::ExtendedError{static_cast<dns::Ede>(ede), entry_ede_text(entry_)};
}

size_t CachedResponse::answer_count() const noexcept { return entry_head(entry_).answer_count; }

CachedRRset CachedResponse::answer(size_t index, dns::NameView asked) const noexcept {
  return read_part(entry_, index, asked);
}

bool CachedResponse::has_authority() const noexcept { return entry_head(entry_).has_authority; }

CachedRRset CachedResponse::authority(dns::NameView asked) const noexcept {
  return read_part(entry_, answer_count(), asked);
}

}  // namespace inlet53::cache
