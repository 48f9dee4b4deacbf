// SPDX-License-Identifier: Apache-2.0
#include "target_query.h"

#include <bit>
#include <cstring>

namespace inlet53::forward {

namespace {

constexpr size_t kQuestionTail = 4;
constexpr uint16_t kRd = 0x0100;
constexpr uint16_t kIn = 1;

// Makes upper case of those of eight letters for which `bits` has 0x20; other bytes stay.
uint64_t raise_letters(uint64_t word, uint64_t bits) noexcept {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x80 * kOnes;
  // Without the high bits, the additions cannot carry from byte to byte.
  const uint64_t low = word & ~kHigh;
  const uint64_t at_least_a = low + (0x80 - 'a') * kOnes;
  const uint64_t above_z = low + (0x7F - 'z') * kOnes;
  const uint64_t letters = (at_least_a ^ above_z) & ~word & kHigh;
  return word ^ (bits & (letters >> 2));  // 0x80 >> 2 is 0x20, the bit between the cases
}

}  // namespace

void TargetQuery::assign(dns::NameView qname, uint16_t qtype, uint16_t edns_udp_size,
                         RandomBytes& random) noexcept {
  qname_ = dns::Name(qname);
  qtype_ = qtype;
  edns_udp_size_ = edns_udp_size;
  std::memcpy(cased_.data(), qname.data(), qname.size());
  // One random bit per byte: each rotation moves eight others to the positions of 0x20.
  uint64_t bits = 0;
  for (size_t at = 0; at < qname.size(); at += sizeof bits) {
    bits = at % 64 == 0 ? random.u64() : std::rotr(bits, 1);
    uint64_t word = 0;
    std::memcpy(&word, &cased_[at], sizeof word);
    word = raise_letters(word, bits);
    std::memcpy(&cased_[at], &word, sizeof word);
  }
}

size_t TargetQuery::compose(QueryForm form, uint8_t* out) const noexcept {
  std::memset(out, 0, dns::kHeaderSize);
  store_be16(out + 2, kRd);
  store_be16(out + 4, 1);
  store_be16(out + 10, form.edns ? 1 : 0);
  uint8_t* at = out + dns::kHeaderSize;
  const size_t size = qname_.view().size();
  std::memcpy(at, sent_name(form), size);
  at += size;
  store_be16(at, qtype_);
  store_be16(at + 2, kIn);
  at += kQuestionTail;
  if (form.edns) {
    const uint8_t opt[] = {0, 0, static_cast<uint8_t>(dns::RRType::OPT)};
    std::memcpy(at, opt, sizeof opt);
    store_be16(at + 3, edns_udp_size_);
    std::memset(at + 5, 0, 6);
    at += 11;
  }
  return static_cast<size_t>(at - out);
}

QueryMatch TargetQuery::match(QueryForm form, Bytes message) const noexcept {
  if (message.size() < dns::kHeaderSize || (message[2] & 0xF8) != 0x80) return QueryMatch::None;
  const uint16_t questions = load_be16(&message[4]);
  const auto rcode = static_cast<dns::Rcode>(message[3] & 0x0F);
  if (questions == 0) {
    const bool bare = message.size() == dns::kHeaderSize;
    const bool error = rcode == dns::Rcode::FormErr || rcode == dns::Rcode::NotImp;
    return bare && error ? QueryMatch::BareError : QueryMatch::None;
  }
  const size_t name_size = qname_.view().size();
  const size_t end = dns::kHeaderSize + name_size + kQuestionTail;
  if (questions != 1 || message.size() < end) return QueryMatch::None;
  const uint8_t* echoed = message.data() + dns::kHeaderSize;
  if (load_be16(echoed + name_size) != qtype_ || load_be16(echoed + name_size + 2) != kIn) {
    return QueryMatch::None;
  }
  if (std::memcmp(sent_name(form), echoed, name_size) == 0) return QueryMatch::SameQuestion;
  const auto name = dns::parse_flat_name(message, dns::kHeaderSize);
  if (!name || !name->equals(qname_.view())) return QueryMatch::None;
  return form.random_case ? QueryMatch::OtherCase : QueryMatch::SameQuestion;
}

}  // namespace inlet53::forward
