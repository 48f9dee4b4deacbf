// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/response_writer.h"

#include <cstring>

#include "fold.h"
#include "wire.h"

#include "inlet53/dns/edns_options.h"

namespace inlet53::dns {

namespace {

constexpr size_t kEdeSize = 4 + 2;   // code, length, info code; without EXTRA-TEXT
constexpr uint8_t kDnssecOk = 0x80;  // RFC 3225 §3

// Returns whether the name that this writer wrote at `at` of `message` equals `flat`. Pointers in
// such names lead backwards to labels.
bool name_at_equals(const uint8_t* message, size_t at, const uint8_t* flat) noexcept {
  while (true) {
    if ((message[at] & kPointerBits) == kPointerBits) {
      at = load_be16(message + at) & kMaxPointerOffset;
      continue;
    }
    const size_t length = message[at];
    if (length != *flat) return false;
    if (length == 0) return true;
    if (!fold_equal(message + at + 1, flat + 1, length)) return false;
    at += 1 + length;
    flat += 1 + length;
  }
}

// Returns the byte after a name that this writer wrote at `at`: labels, then the root or a pointer.
uint8_t* behind_written_name(uint8_t* at) noexcept {
  while ((*at & kPointerBits) != kPointerBits) {
    if (*at == 0) return at + 1;
    at += 1 + *at;
  }
  return at + 2;
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): remembered_, on the path of a query
ResponseWriter::ResponseWriter(MutableBytes buffer, const QueryView& query, size_t limit,
                               Bytes options) noexcept
    : buffer_(buffer.data()),
      query_(query),
      at_(query.question_end),
      limit_(limit),
      opt_room_(0),
      options_(options) {
  if (!query.edns.present) return;
  const size_t room = kOptSize + options.size();
  if (limit - at_ < room) return;
  opt_room_ = room;
  limit_ -= room;
}

bool ResponseWriter::add(Section section, const RRsetView& rrset) noexcept {
  if (may_compress_rdata(rrset.type)) return add_compressed(section, query_.qname, rrset);
  const size_t size = rrset.records.size();
  if (size > limit_ - at_) return refuse(section);
  std::memcpy(buffer_ + at_, rrset.records.data(), size);
  at_ += size;
  count(section, rrset.count);
  return true;
}

bool ResponseWriter::add(Section section, NameView owner, const RRsetView& rrset) noexcept {
  return owner.equals(query_.qname) ? add(section, rrset) : add_compressed(section, owner, rrset);
}

bool ResponseWriter::add_aged(Section section, NameView owner, const RRsetView& rrset,
                              TtlAging ttl) noexcept {
  uint8_t* record = buffer_ + at_;
  if (!add(section, owner, rrset)) return false;
  for (size_t left = rrset.count; left > 0; --left) {
    record = behind_written_name(record);
    store_be32(record + 4, ttl.aged(load_be32(record + 4)));
    record += kRecordHead + load_be16(record + 8);
  }
  return true;
}

bool ResponseWriter::refuse(Section section) noexcept {
  // RFC 2181 §9: TC is for required records, not for additional ones.
  if (section != Section::Additional) truncated_ = true;
  return false;
}

void ResponseWriter::count(Section section, uint16_t records) noexcept {
  uint16_t& sum = counts_[static_cast<size_t>(section)];
  sum = static_cast<uint16_t>(sum + records);
}

bool ResponseWriter::add_compressed(Section section, NameView owner,
                                    const RRsetView& rrset) noexcept {
  if (remembered_count_ == 0) remember(kHeaderSize, query_.qname, query_.qname.size());
  const size_t start = at_;
  const uint8_t remembered_before = remembered_count_;

  for (const PreparedRecord record : rrset) {
    if (!write_name(owner) || !write(record.without_owner().first(kRecordHead)) ||
        !write_rdata(rrset.type, record.rdata())) {
      at_ = start;
      remembered_count_ = remembered_before;
      return refuse(section);
    }
  }
  count(section, rrset.count);
  return true;
}

bool ResponseWriter::write(Bytes octets) noexcept {
  if (octets.size() > limit_ - at_) return false;
  std::memcpy(buffer_ + at_, octets.data(), octets.size());
  at_ += octets.size();
  return true;
}

// Writes RDATA with compressed names and corrects the rdlength before it.
bool ResponseWriter::write_rdata(uint16_t type, Bytes rdata) noexcept {
  const size_t start = at_;
  if (may_compress_rdata(type)) {
    const RdataNames layout = rdata_names(type);
    if (rdata.size() < layout.before || !write(rdata.first(layout.before))) return false;
    rdata = rdata.subspan(layout.before);
    for (uint8_t left = layout.names; left > 0; --left) {
      const auto name = parse_flat_name(rdata, 0);
      if (!name || !write_name(*name)) return false;
      rdata = rdata.subspan(name->size());
    }
  }
  if (!write(rdata)) return false;
  store_be16(buffer_ + start - 2, static_cast<uint16_t>(at_ - start));
  return true;
}

// Writes a name; its longest suffix that is in the message becomes a pointer.
bool ResponseWriter::write_name(NameView name) noexcept {
  if (const size_t offset = offset_in_question(name); offset != 0) return write_pointer(offset);
  NameView suffix = name;
  size_t target = 0;
  while (!suffix.is_root() && (target = find_written(suffix)) == 0) suffix = suffix.parent();

  const size_t start = at_;
  const size_t flat_size = name.size() - suffix.size();
  const size_t tail_size = target != 0 ? 2 : 1;
  if (flat_size + tail_size > limit_ - at_) return false;
  std::memcpy(buffer_ + at_, name.data(), flat_size);
  at_ += flat_size + tail_size;
  if (target != 0) {
    store_be16(buffer_ + at_ - 2, static_cast<uint16_t>(kPointerBits << 8 | target));
  } else {
    buffer_[at_ - 1] = 0;
  }
  remember(start, name, flat_size);
  return true;
}

bool ResponseWriter::write_pointer(size_t offset) noexcept {
  if (2 > limit_ - at_) return false;
  store_be16(buffer_ + at_, static_cast<uint16_t>(kPointerBits << 8 | offset));
  at_ += 2;
  return true;
}

// Returns the offset of a name that is a part of the question, or 0. The owner of an SOA is one: it
// is the end of the question's name. Such a name needs no search.
size_t ResponseWriter::offset_in_question(NameView name) const noexcept {
  const size_t offset = static_cast<size_t>(reinterpret_cast<uintptr_t>(name.data()) -
                                            reinterpret_cast<uintptr_t>(buffer_));
  return offset - kHeaderSize < query_.qname.size() - 1 ? offset : 0;
}

// Returns the offset of a name that equals `name`, or 0.
size_t ResponseWriter::find_written(NameView name) const noexcept {
  if ((remembered_sizes_ >> name.size() % 64 & 1) == 0) return 0;
  for (size_t i = 0; i < remembered_count_; ++i) {
    const Written& written = remembered_[i];
    if (written.size != name.size()) continue;
    const bool flat = written.offset < query_.question_end;
    if (flat ? fold_equal(buffer_ + written.offset, name.data(), name.size())
             : name_at_equals(buffer_, written.offset, name.data())) {
      return written.offset;
    }
  }
  return 0;
}

// Remembers the labels of `name` in its first `size` bytes, written at `offset`.
void ResponseWriter::remember(size_t offset, NameView name, size_t size) noexcept {
  NameView suffix = name;
  while (!suffix.is_root() && suffix.size() > name.size() - size) {
    const size_t at = offset + name.size() - suffix.size();
    if (at > kMaxPointerOffset || remembered_count_ == kMaxRemembered) return;
    remembered_[remembered_count_++] = {static_cast<uint16_t>(at),
                                        static_cast<uint8_t>(suffix.size())};
    remembered_sizes_ |= uint64_t{1} << suffix.size() % 64;
    suffix = suffix.parent();
  }
}

size_t ResponseWriter::finish(ResponseFlags flags, Rcode rcode, const ResponseOpt& opt) noexcept {
  if (opt_room_ != 0) write_opt(static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4), opt);
  return finish(flags, rcode);
}

size_t ResponseWriter::finish(ResponseFlags flags, Rcode rcode) noexcept {
  constexpr uint8_t kQr = 0x80, kOpcodeAndRd = 0x79, kAa = 0x04, kTc = 0x02;
  constexpr uint8_t kRa = 0x80, kCd = 0x10;
  const bool truncated = truncated_ || flags.truncated;
  buffer_[2] = static_cast<uint8_t>(kQr | (query_.flags1 & kOpcodeAndRd) |
                                    (flags.authoritative ? kAa : 0) | (truncated ? kTc : 0));
  // RFC 4035 §3.2.2: CD is copied. AD stays 0: nothing was validated.
  buffer_[3] = static_cast<uint8_t>((flags.recursion_available ? kRa : 0) | (query_.flags2 & kCd) |
                                    (static_cast<uint16_t>(rcode) & 0x0F));
  store_be16(buffer_ + 4, query_.has_question ? 1 : 0);
  store_be16(buffer_ + 6, counts_[0]);
  store_be16(buffer_ + 8, counts_[1]);
  store_be16(buffer_ + 10, counts_[2]);
  return at_;
}

// Source: RFC 6891 §6.1.2-6.1.3.
void ResponseWriter::write_opt(uint8_t extended_rcode, const ResponseOpt& opt) noexcept {
  // The remaining room decides whether there is an extended error, and whether it has its text.
  const size_t left = limit_ - at_;
  const bool with_ede = opt.ede.has_value() && kEdeSize <= left;
  const bool with_text = with_ede && opt.ede_text.size() <= left - kEdeSize;
  const size_t text_size = with_text ? opt.ede_text.size() : 0;
  const size_t ede_size = with_ede ? kEdeSize + text_size : 0;
  ++counts_[static_cast<size_t>(Section::Additional)];
  uint8_t* record = buffer_ + at_;
  record[0] = 0;
  store_be16(record + 1, static_cast<uint16_t>(RRType::OPT));
  store_be16(record + 3, opt.udp_size);
  record[5] = extended_rcode;
  record[6] = 0;  // version
  record[7] = query_.edns.dnssec_ok ? kDnssecOk : 0;
  record[8] = 0;
  store_be16(record + 9, static_cast<uint16_t>(options_.size() + ede_size));
  uint8_t* option = record + kOptSize;
  if (!options_.empty()) std::memcpy(option, options_.data(), options_.size());
  option += options_.size();
  at_ += kOptSize + options_.size() + ede_size;
  if (!with_ede) return;
  store_be16(option, static_cast<uint16_t>(EdnsOption::ExtendedError));
  store_be16(option + 2, static_cast<uint16_t>(2 + text_size));
  store_be16(option + 4, static_cast<uint16_t>(*opt.ede));
  if (text_size > 0) std::memcpy(option + kEdeSize, opt.ede_text.data(), text_size);
}

namespace {

// RD, RA and CD belong to QUERY (RFC 1035 §4.1.1, RFC 4035 §3.2.2); other opcodes may define them
// in another way. BIND clears them, too.
size_t compose_not_implemented(MutableBytes buffer, QueryView query, Rcode rcode) noexcept {
  constexpr uint8_t kOpcode = 0x78;
  query.flags1 &= kOpcode;
  query.flags2 = 0;
  ResponseWriter writer(buffer, query, buffer.size());
  return writer.finish({}, rcode);
}

}  // namespace

size_t compose_error(MutableBytes buffer, const QueryView& query, ResponseFlags flags, Rcode rcode,
                     const ResponseOpt& opt, Bytes options) noexcept {
  if (query.opcode() != Opcode::Query) return compose_not_implemented(buffer, query, rcode);
  ResponseWriter writer(buffer, query, buffer.size(), options);
  return writer.finish(flags, rcode, opt);
}

}  // namespace inlet53::dns
