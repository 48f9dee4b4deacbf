#include "target_query.h"

#include <cstring>

namespace inlet53::forward {

namespace {

constexpr size_t kQuestionTail = 4;
constexpr uint16_t kRd = 0x0100;
constexpr uint16_t kIn = 1;

// Writes a name; letters with their bit in `upper` come out in upper case. Length octets are below
// the letters.
void write_cased(dns::NameView name, const uint64_t* upper, uint8_t* out) noexcept {
  const uint8_t* in = name.data();
  for (size_t i = 0; i < name.size(); ++i) {
    const bool raise = (upper[i / 64] >> (i % 64) & 1) != 0 && in[i] >= 'a' && in[i] <= 'z';
    out[i] = static_cast<uint8_t>(raise ? in[i] - 0x20 : in[i]);
  }
}

}  // namespace

void TargetQuery::assign(dns::NameView qname, uint16_t qtype, uint16_t edns_udp_size,
                         RandomOctets& random) noexcept {
  qname_ = dns::Name(qname);
  qtype_ = qtype;
  edns_udp_size_ = edns_udp_size;
  for (size_t i = 0; i * 64 < qname.size(); ++i) upper_[i] = random.u64();
}

size_t TargetQuery::compose(QueryForm form, uint8_t* out) const noexcept {
  std::memset(out, 0, dns::kHeaderSize);
  store_be16(out + 2, kRd);
  store_be16(out + 4, 1);
  store_be16(out + 10, form.edns ? 1 : 0);
  uint8_t* at = out + dns::kHeaderSize;
  const dns::NameView name = qname_.view();
  if (form.random_case) {
    write_cased(name, upper_.data(), at);
  } else {
    std::memcpy(at, name.data(), name.size());
  }
  at += name.size();
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
  std::array<uint8_t, kMaxSize> sent;
  compose({.edns = false, .random_case = form.random_case}, sent.data());
  const size_t name_size = qname_.view().size();
  const size_t end = dns::kHeaderSize + name_size + kQuestionTail;
  if (questions != 1 || message.size() < end) return QueryMatch::None;
  const uint8_t* asked = sent.data() + dns::kHeaderSize;
  const uint8_t* echoed = message.data() + dns::kHeaderSize;
  if (std::memcmp(asked, echoed, name_size + kQuestionTail) == 0) return QueryMatch::SameQuestion;
  if (std::memcmp(asked + name_size, echoed + name_size, kQuestionTail) != 0) {
    return QueryMatch::None;
  }
  const auto name = dns::parse_flat_name(message, dns::kHeaderSize);
  if (!name || !name->equals(qname_.view())) return QueryMatch::None;
  return form.random_case ? QueryMatch::OtherCase : QueryMatch::SameQuestion;
}

}  // namespace inlet53::forward
