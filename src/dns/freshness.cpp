// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/freshness.h"

#include <algorithm>

#include "wire.h"

#include "inlet53/dns/query_view.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

namespace {

constexpr size_t kTtl = 4;  // after type and class

uint32_t ttl_of(Bytes message, const RecordExtent& record) noexcept {
  return load_be32(&message[record.head + kTtl]);
}

// MINIMUM is the last field of an SOA, after two names and four numbers.
std::optional<uint32_t> negative_ttl(Bytes message, const RecordExtent& soa) noexcept {
  constexpr size_t kLeast = 2 + 5 * 4;
  if (soa.end - soa.rdata < kLeast) return std::nullopt;
  return std::min(ttl_of(message, soa), load_be32(&message[soa.end - 4]));
}

}  // namespace

std::optional<uint32_t> freshness_of(Bytes response) noexcept {
  if (response.size() < kHeaderSize) return std::nullopt;
  size_t at = kHeaderSize;
  for (size_t left = load_be16(&response[4]); left > 0; --left) {
    const auto tail = skip_name(response, at);
    if (!tail || response.size() - *tail < kQuestionTail) return std::nullopt;
    at = *tail + kQuestionTail;
  }
  std::optional<uint32_t> lowest;
  for (size_t left = load_be16(&response[6]); left > 0; --left) {
    const auto record = find_record(response, at);
    if (!record) return std::nullopt;
    const uint32_t ttl = ttl_of(response, *record);
    lowest = std::min(lowest.value_or(ttl), ttl);
    at = record->end;
  }
  if (lowest) return lowest;
  for (size_t left = load_be16(&response[8]); left > 0; --left) {
    const auto record = find_record(response, at);
    if (!record) return std::nullopt;
    if (record->type == static_cast<uint16_t>(RRType::SOA)) return negative_ttl(response, *record);
    at = record->end;
  }
  return std::nullopt;
}

}  // namespace inlet53::dns
