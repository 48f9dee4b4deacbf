// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/composed_response.h"

#include <algorithm>
#include <cstring>

#include "wire.h"

#include "inlet53/dns/edns_options.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

namespace {

constexpr size_t kOptionHead = 4;  // RFC 6891 §6.1.2: code, length
constexpr size_t kTtl = 4;         // after type and class

// Returns the offset after the question section; absent when the message is malformed up to there.
std::optional<size_t> skip_questions(Bytes message) noexcept {
  if (message.size() < kHeaderSize) return std::nullopt;
  size_t at = kHeaderSize;
  for (size_t left = load_be16(&message[4]); left > 0; --left) {
    const auto tail = skip_name(message, at);
    if (!tail || message.size() - *tail < kQuestionTail) return std::nullopt;
    at = *tail + kQuestionTail;
  }
  return at;
}

uint32_t ttl_of(Bytes message, const RecordExtent& record) noexcept {
  return load_be32(&message[record.head + kTtl]);
}

// MINIMUM is the last field of an SOA, after two names and four numbers.
std::optional<uint32_t> negative_ttl(Bytes message, const RecordExtent& soa) noexcept {
  constexpr size_t kLeast = 2 + 5 * 4;
  if (soa.end - soa.rdata < kLeast) return std::nullopt;
  return std::min(ttl_of(message, soa), load_be32(&message[soa.end - 4]));
}

// Finds the last record of the message; absent when there is no record.
std::optional<RecordExtent> find_last(Bytes message) noexcept {
  const auto begin = skip_questions(message);
  if (!begin) return std::nullopt;
  size_t at = *begin;
  std::optional<RecordExtent> last;
  size_t records = size_t{load_be16(&message[6])} + load_be16(&message[8]);
  for (records += load_be16(&message[10]); records > 0; --records) {
    last = find_record(message, at);
    if (!last) return std::nullopt;
    at = last->end;
  }
  return last;
}

}  // namespace

std::optional<uint32_t> freshness_lifetime(Bytes response) noexcept {
  const auto begin = skip_questions(response);
  if (!begin) return std::nullopt;
  size_t at = *begin;
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

size_t pad_response(MutableBytes buffer, size_t size, size_t block) noexcept {
  const auto opt = find_last(buffer.first(size));
  if (!opt || opt->type != static_cast<uint16_t>(RRType::OPT) || opt->end != size) return size;
  const size_t least = size + kOptionHead;
  const size_t padded = std::min((least + block - 1) / block * block, buffer.size());
  if (padded < least) return size;
  uint8_t* const option = buffer.data() + size;
  store_be16(option, static_cast<uint16_t>(EdnsOption::Padding));
  store_be16(option + 2, static_cast<uint16_t>(padded - least));
  // RFC 7830 §3: the bytes of the padding SHOULD be 0.
  std::memset(option + kOptionHead, 0, padded - least);
  store_be16(&buffer[opt->rdata - 2], static_cast<uint16_t>(padded - opt->rdata));
  return padded;
}

}  // namespace inlet53::dns
