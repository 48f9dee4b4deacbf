// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/answer_chain.h"

#include <algorithm>
#include <cstring>

#include "fold.h"
#include "wire.h"

namespace inlet53::dns {

namespace {

// Maximum size of the RRsets in bytes. A response of 64 KiB with compressed names could expand to
// 1.2 MiB, but a response to a client cannot be so large.
constexpr size_t kMaxPrepared = size_t{128} << 10;
// Additional room for the names of the chain and of the SOA's owner.
constexpr size_t kNamesRoom = (AnswerChain::kMaxAliases + 2) * kMaxName;

constexpr uint8_t kPreparedOwner[2] = {0xC0, 0x0C};
constexpr uint32_t kMaxTtl = 0x7FFFFFFF;

constexpr auto kCname = static_cast<uint16_t>(RRType::CNAME);
constexpr auto kAny = static_cast<uint16_t>(RRType::ANY);
constexpr auto kSoa = static_cast<uint16_t>(RRType::SOA);
constexpr auto kOpt = static_cast<uint16_t>(RRType::OPT);
constexpr auto kIn = static_cast<uint16_t>(RRClass::IN);

// Returns whether the name at `at`, which may be compressed, equals `name`; ignores letter case.
// Follows pointers as parse_name does; false when the name is malformed.
bool owner_is(Bytes message, size_t at, NameView name) noexcept {
  const uint8_t* flat = name.data();
  size_t start = at;
  while (at < message.size()) {
    const uint8_t length = message[at];
    if ((length & kPointerBits) == kPointerBits) {
      if (at + 2 > message.size()) return false;
      const size_t target = load_be16(&message[at]) & kMaxPointerOffset;
      if (target >= start) return false;
      at = start = target;
      continue;
    }
    if (length != *flat) return false;
    if (length == 0) return true;
    if (message.size() - at <= length) return false;
    if (!fold_equal(&message[at] + 1, flat + 1, length)) return false;
    at += 1 + size_t{length};
    flat += 1 + length;
  }
  return false;
}

}  // namespace

// The offsets of the records of two sections, validated by `read_sections`.
struct AnswerChain::Sections {
  size_t answer = 0;
  size_t answers = 0;
  size_t authority = 0;
  size_t authorities = 0;
};

/// Memory for the last response: names at the start, RRsets after the room for names.
class AnswerChain::Arena {
 public:
  explicit Arena(uint8_t* octets) noexcept : names_(octets), at_(octets + kNamesRoom) {
    end_ = at_ + kMaxPrepared;
  }

  bool append(Bytes octets) noexcept {
    if (octets.size() > static_cast<size_t>(end_ - at_)) return false;
    std::memcpy(at_, octets.data(), octets.size());
    at_ += octets.size();
    return true;
  }
  [[nodiscard]] uint8_t* at() noexcept { return at_; }

  [[nodiscard]] NameView keep_folded(NameView name) noexcept {
    uint8_t* kept = names_;
    fold_copy(kept, name.data(), name.size());
    names_ += name.size();
    return NameView::from_checked(kept, name.size());
  }

  // Appends one record in prepared form.
  bool append_record(Bytes message, const RecordExtent& record) noexcept {
    const Bytes fixed = message.subspan(record.head, kRecordHead);
    if (!append(kPreparedOwner) || !append(fixed)) return false;
    uint8_t* rdata = at_;
    if (!copy_flat_rdata(message, record, *this)) return false;
    const auto size = static_cast<size_t>(at_ - rdata);
    if (size > UINT16_MAX) return false;
    store_be16(rdata - 2, static_cast<uint16_t>(size));
    return true;
  }

 private:
  uint8_t* names_;
  uint8_t* at_;
  uint8_t* end_;
};

namespace {

struct Rrset {
  uint16_t count = 0;
  uint32_t ttl = kMaxTtl;
};

// RFC 2181 §5.2: all records of an RRset have the lowest TTL, so that none outlives the others.
void set_ttls(uint8_t* records, const Rrset& rrset) noexcept {
  PreparedRecord::set_ttls(records, rrset.count, rrset.ttl);
}

uint32_t ttl_of(Bytes message, const RecordExtent& record) noexcept {
  const uint32_t ttl = load_be32(&message[record.head + 4]);
  return ttl > kMaxTtl ? 0 : ttl;
}

// Makes the first labels of `name` lower case, as far as they equal labels of `sent` in the same
// letter case.
void lower_sent_labels(uint8_t* name, NameView sent) noexcept {
  const uint8_t* from = sent.data();
  while (*name != 0 && *name == *from && std::memcmp(name + 1, from + 1, *name) == 0) {
    fold_copy(name + 1, name + 1, *name);
    from += 1 + *from;
    name += 1 + *name;
  }
}

bool is_in(Bytes message, const RecordExtent& record) noexcept {
  return load_be16(&message[record.head + 2]) == kIn;
}

}  // namespace

AnswerChain::AnswerChain()
    : octets_(std::make_unique_for_overwrite<uint8_t[]>(kNamesRoom + kMaxPrepared)) {}

bool AnswerChain::read(Bytes message, NameView qname, uint16_t qtype, NameView apex,
                       NameView sent) noexcept {
  sent_ = sent;
  const uint16_t flags = load_be16(&message[2]);
  truncated_ = (flags & 0x0200) != 0;
  rcode_ = static_cast<Rcode>(flags & 0x0F);
  ede_.reset();
  has_opt_ = has_soa_ = false;
  count_ = 0;

  Sections sections;
  if (!read_sections(message, sections)) return false;
  Arena arena(octets_.get());
  last_name_ = arena.keep_folded(qname);
  last_name_at_ = kHeaderSize;
  return follow(message, sections, qtype, apex, arena) && read_soa(message, sections, arena);
}

// Checks that every record lies within the message, and reads the OPT.
bool AnswerChain::read_sections(Bytes message, Sections& sections) noexcept {
  const uint8_t* header = message.data();
  const auto question = parse_flat_name(message, kHeaderSize);
  if (!question) return false;
  size_t at = kHeaderSize + question->size() + kQuestionTail;
  sections.answer = at;
  sections.answers = load_be16(header + 6);
  sections.authorities = load_be16(header + 8);
  const size_t additional = sections.answers + sections.authorities;
  const size_t count = additional + load_be16(header + 10);
  for (size_t i = 0; i < count; ++i) {
    if (i == sections.answers) sections.authority = at;
    const auto record = find_record(message, at);
    if (!record) return false;
    at = record->end;
    if (record->type != kOpt) continue;
    if (has_opt_ || i < additional) return false;
    const auto opt = read_response_opt(message, *record);
    if (!opt) return false;
    has_opt_ = true;
    ede_ = opt->ede;
    rcode_ = static_cast<Rcode>(opt->extended_rcode << 4 | (load_be16(header + 2) & 0x0F));
  }
  if (count == sections.answers) sections.authority = at;
  return at == message.size();
}

// Compares pointers first: most owners point to the name in the question or in an alias.
bool AnswerChain::is_last_name(Bytes message, const RecordExtent& record) const noexcept {
  const size_t owner = load_be16(&message[record.owner]);
  const bool points = owner >> 8 >= kPointerBits && (owner & kMaxPointerOffset) == last_name_at_;
  if (points && last_name_at_ < record.owner) return true;
  return owner_is(message, record.owner, last_name_);
}

// Finds the first record of the last name that has `type` (any type for ANY), or else its first
// CNAME. Absent when there is neither. Requires: read_sections accepted the section.
std::optional<RecordExtent> AnswerChain::find_first(Bytes message, const Sections& sections,
                                                    uint16_t type) const noexcept {
  std::optional<RecordExtent> alias;
  size_t at = sections.answer;
  for (size_t left = sections.answers; left > 0; --left) {
    const auto record = find_record(message, at);
    at = record->end;
    const bool wanted = record->type == type || type == kAny;
    if (!wanted && (record->type != kCname || alias)) continue;
    if (!is_in(message, *record) || !is_last_name(message, *record)) continue;
    if (wanted) return record;
    alias = record;
  }
  return alias;
}

bool AnswerChain::follow(Bytes message, const Sections& sections, uint16_t qtype, NameView apex,
                         Arena& arena) noexcept {
  while (true) {
    end_ = ChainEnd::NoData;
    const auto first = find_first(message, sections, qtype);
    if (!first) return true;
    const bool alias = first->type == kCname && qtype != kCname && qtype != kAny;
    const size_t end = alias ? first->end : sections.authority;
    if (!append_rrset(message, *first, end, arena)) return false;
    end_ = ChainEnd::Answer;
    if (!alias) return true;

    const auto next = parse_flat_name(rrsets_[count_ - 1].rrset.records, PreparedRecord::kHead);
    if (!next || count_ > kMaxAliases) return false;
    last_name_ = arena.keep_folded(*next);
    last_name_at_ = first->rdata;
    if (last_name_.is_at_or_below(apex)) continue;
    end_ = ChainEnd::Outside;
    rcode_ = Rcode::NoError;
    return true;
  }
}

// Appends the records from `first` to `end` that have the last name and the type of `first`.
bool AnswerChain::append_rrset(Bytes message, const RecordExtent& first, size_t end,
                               Arena& arena) noexcept {
  uint8_t* const records = arena.at();
  Rrset rrset;
  for (size_t at = first.owner; at < end;) {
    const auto record = find_record(message, at);
    at = record->end;
    if (record->type != first.type || !is_in(message, *record)) continue;
    if (!is_last_name(message, *record)) continue;
    uint8_t* const rdata = arena.at() + PreparedRecord::kHead;
    if (!arena.append_record(message, *record)) return false;
    if (first.type == kCname) lower_sent_labels(rdata, sent_);
    ++rrset.count;
    rrset.ttl = std::min(rrset.ttl, ttl_of(message, *record));
  }
  set_ttls(records, rrset);
  rrsets_[count_++] = {last_name_, rrset.ttl, {first.type, rrset.count, {records, arena.at()}}};
  return true;
}

bool AnswerChain::read_soa(Bytes message, const Sections& sections, Arena& arena) noexcept {
  if (end_ != ChainEnd::NoData) return true;
  size_t at = sections.authority;
  for (size_t left = sections.authorities; left > 0; --left) {
    const auto record = find_record(message, at);
    at = record->end;
    if (record->type != kSoa || !is_in(message, *record)) continue;
    const auto owner = parse_name(message, record->owner);
    if (!owner) return false;
    if (!last_name_.is_at_or_below(owner->name.view())) continue;
    uint8_t* const records = arena.at();
    if (!arena.append_record(message, *record)) return false;
    const Rrset rrset{1, ttl_of(message, *record)};
    set_ttls(records, rrset);
    soa_ = {arena.keep_folded(owner->name.view()), rrset.ttl, {kSoa, 1, {records, arena.at()}}};
    has_soa_ = true;
    return true;
  }
  return true;
}

}  // namespace inlet53::dns
