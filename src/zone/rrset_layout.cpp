#include "rrset_layout.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "frozen_zone.h"

#include "inlet53/dns/types.h"
#include "inlet53/record/query_record.h"

namespace inlet53::zone {

namespace {

// RRsetView counts in 16 bits. So many records fit in no message (12 octets each at least), so
// which of them are kept changes no answer.
constexpr size_t kMaxRecords = std::numeric_limits<uint16_t>::max();

}  // namespace

void RRsetLayout::clear() noexcept {
  records_.clear();
  wire_.clear();
  json_.clear();
  json_starts_.clear();
  json_octets_ = 0;
}

void RRsetLayout::append_to(Arena& arena) {
  drop_repeated();
  const bool doubled = rotates();
  compose_wire(doubled);
  const size_t stored = doubled ? 2 * records_.size() - 1 : records_.size();
  const size_t wire_octets = doubled ? wire_.size() / stored * records_.size() : wire_.size();
  if (render) doubled ? render_doubled() : render_whole(wire_octets);

  const size_t json_heading = render ? sizeof json_octets_ * (1 + json_starts_.size()) : 0;
  const size_t span =
      sizeof(RRsetHead) + whole_units(wire_.size()) + whole_units(json_heading + json_.size());
  const uint32_t flags = (doubled ? kRotates : 0U) | (render ? kHasJson : 0U);
  arena.append_value(RRsetHead{records_.front().type, static_cast<uint16_t>(records_.size()),
                               static_cast<uint32_t>(wire_octets),
                               static_cast<uint32_t>(span) | flags});
  arena.append(wire_);
  arena.pad(kUnit);
  if (!render) return;
  arena.append_value(json_octets_);
  for (const uint32_t start : json_starts_) arena.append_value(start);
  arena.append(as_bytes(json_));
  arena.pad(kUnit);
}

void RRsetLayout::drop_repeated() {
  if (records_.size() < 2) return;
  std::vector<uint32_t> order(records_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) { return as_text(records_[i].rdata); });
  const auto repeated =
      std::ranges::unique(order, {}, [&](uint32_t i) { return as_text(records_[i].rdata); });
  order.erase(repeated.begin(), repeated.end());
  std::ranges::sort(order);
  if (order.size() > kMaxRecords) order.resize(kMaxRecords);
  for (size_t i = 0; i < order.size(); ++i) records_[i] = records_[order[i]];
  records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(order.size()), records_.end());
}

bool RRsetLayout::rotates() const noexcept {
  const uint16_t type = records_.front().type;
  const bool is_address = type == static_cast<uint16_t>(dns::RRType::A) ||
                          type == static_cast<uint16_t>(dns::RRType::AAAA);
  if (!rotate || !is_address || records_.size() < 2) return false;
  const size_t record_octets = rotating_record_octets(type);
  // What fits in no message needs no turning.
  return records_.size() * record_octets <= dns::kMaxMessage &&
         std::ranges::all_of(records_, [&](const ZoneData::Record& record) {
           return dns::PreparedRecord::kHead + record.rdata.size() == record_octets;
         });
}

void RRsetLayout::compose_wire(bool doubled) {
  uint32_t ttl = std::numeric_limits<uint32_t>::max();
  for (const auto& record : records_) ttl = std::min(ttl, record.ttl);  // RFC 2181 §5.2
  const size_t count = records_.size();
  for (size_t i = 0; i < (doubled ? 2 * count - 1 : count); ++i) {
    const ZoneData::Record& record = records_[i % count];
    uint8_t head[dns::PreparedRecord::kHead];
    dns::PreparedRecord::write_head(head, record.type, ttl, record.rdata.size());
    wire_.insert(wire_.end(), head, head + sizeof head);
    wire_.insert(wire_.end(), record.rdata.begin(), record.rdata.end());
  }
}

void RRsetLayout::render_whole(size_t wire_octets) {
  const auto count = static_cast<uint16_t>(records_.size());
  json_ = record::render_answers({records_.front().type, count, {wire_.data(), wire_octets}});
  json_octets_ = static_cast<uint32_t>(json_.size());
}

void RRsetLayout::render_doubled() {
  const size_t count = records_.size();
  const size_t record_octets = wire_.size() / (2 * count - 1);
  const Bytes wire = wire_;
  for (size_t i = 0; i < 2 * count - 1; ++i) {
    if (i == count) json_octets_ = static_cast<uint32_t>(json_.size());
    if (i > 0) json_ += ',';
    if (i < count) json_starts_.push_back(static_cast<uint32_t>(json_.size()));
    json_ += record::render_answers(
        {records_.front().type, 1, wire.subspan(i * record_octets, record_octets)});
  }
}

}  // namespace inlet53::zone
