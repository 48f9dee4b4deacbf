// SPDX-License-Identifier: Apache-2.0

// Compares the chain that a forwarder reads from a response with a simple walk over all records of
// parse_response: they must be equal.
// Input: the number of labels of the apex in the question's name, then the message.
#include <algorithm>
#include <optional>

#include "fuzz.h"

#include "inlet53/dns/answer_chain.h"
#include "inlet53/dns/response_view.h"

namespace {

using namespace inlet53;
using namespace inlet53::dns;

constexpr auto kCname = static_cast<uint16_t>(RRType::CNAME);
constexpr auto kAny = static_cast<uint16_t>(RRType::ANY);

uint32_t bounded_ttl(uint32_t ttl) { return ttl > 0x7FFFFFFF ? 0 : ttl; }

// Returns the first record with `name` and `type`, or else its first alias.
const ResponseRecord* first_at(const ResponseMessage& message, NameView name, uint16_t type) {
  const ResponseRecord* alias = nullptr;
  for (const ResponseRecord& record : message.answer) {
    if (record.rrclass != 1 || !record.owner.view().equals(name)) continue;
    if (record.type == type || type == kAny) return &record;
    if (record.type == kCname && alias == nullptr) alias = &record;
  }
  return alias;
}

// Checks that the RRset has the message's records of its owner, in order, with the lowest TTL.
void check_rrset(const ChainRRset& rrset, const ResponseMessage& message, bool alias) {
  const uint8_t* at = rrset.rrset.records.data();
  uint16_t count = 0;
  uint32_t ttl = 0x7FFFFFFF;
  for (const ResponseRecord& record : message.answer) {
    if (record.rrclass != 1 || record.type != rrset.rrset.type) continue;
    if (!record.owner.view().equals(rrset.owner) || (alias && count == 1)) continue;
    FUZZ_CHECK(count < rrset.rrset.count);
    FUZZ_CHECK(load_be16(at) == 0xC00C && load_be16(at + 2) == record.type);
    FUZZ_CHECK(load_be16(at + 4) == 1 && load_be32(at + 6) == rrset.ttl);
    FUZZ_CHECK(load_be16(at + 10) == record.rdata.size());
    FUZZ_CHECK(std::equal(record.rdata.begin(), record.rdata.end(), at + PreparedRecord::kHead));
    at += PreparedRecord::kHead + record.rdata.size();
    ttl = std::min(ttl, bounded_ttl(record.ttl));
    ++count;
  }
  FUZZ_CHECK(count == rrset.rrset.count && count > 0 && ttl == rrset.ttl);
  FUZZ_CHECK(at == rrset.rrset.records.data() + rrset.rrset.records.size());
}

void check_soa(const AnswerChain& chain, const ResponseMessage& message) {
  const ResponseRecord* expected = nullptr;
  for (const ResponseRecord& record : message.authority) {
    const bool soa = record.type == static_cast<uint16_t>(RRType::SOA) && record.rrclass == 1;
    if (!soa || !chain.last_name().is_at_or_below(record.owner.view())) continue;
    expected = &record;
    break;
  }
  FUZZ_CHECK((chain.soa() != nullptr) == (expected != nullptr));
  if (expected == nullptr) return;
  FUZZ_CHECK(chain.soa()->owner.equals(expected->owner.view()));
  FUZZ_CHECK(chain.soa()->ttl == bounded_ttl(expected->ttl));
  FUZZ_CHECK(chain.soa()->rrset.records.size() == PreparedRecord::kHead + expected->rdata.size());
}

void check_chain(const AnswerChain& chain, const ResponseMessage& message, NameView apex) {
  NameView owner = message.qname.view();
  for (const ChainRRset& rrset : chain.rrsets()) {
    FUZZ_CHECK(rrset.owner.equals(owner) && owner.is_at_or_below(apex));
    const ResponseRecord* first = first_at(message, owner, message.qtype);
    FUZZ_CHECK(first != nullptr && first->type == rrset.rrset.type);
    const bool alias = first->type == kCname && message.qtype != kCname && message.qtype != kAny;
    check_rrset(rrset, message, alias);
    if (alias) owner = *parse_flat_name(rrset.rrset.records, PreparedRecord::kHead);
  }
  FUZZ_CHECK(chain.last_name().equals(owner));
  const bool outside = !owner.is_at_or_below(apex);
  FUZZ_CHECK(outside == (chain.end() == ChainEnd::Outside));
  if (chain.end() == ChainEnd::NoData) {
    FUZZ_CHECK(first_at(message, owner, message.qtype) == nullptr);
    check_soa(chain, message);
  } else {
    FUZZ_CHECK(chain.soa() == nullptr && !chain.rrsets().empty());
  }
  FUZZ_CHECK(chain.rcode() == (outside ? Rcode::NoError : message.rcode));
}

// Returns whether a valid message may be refused: its chain is too long or too large.
bool may_be_refused(const ResponseMessage& message, NameView apex) {
  constexpr size_t kAlwaysFits = 60'000;
  size_t octets = 0;
  for (const auto* section : {&message.answer, &message.authority}) {
    for (const ResponseRecord& record : *section)
      octets += PreparedRecord::kHead + record.rdata.size();
  }
  if (octets > kAlwaysFits) return true;
  NameView owner = message.qname.view();
  for (size_t aliases = 0; aliases <= AnswerChain::kMaxAliases; ++aliases) {
    const ResponseRecord* first = first_at(message, owner, message.qtype);
    if (first == nullptr || first->type != kCname) return false;
    if (message.qtype == kCname || message.qtype == kAny) return false;
    owner = *parse_flat_name(first->rdata, 0);
    if (!owner.is_at_or_below(apex)) return aliases == AnswerChain::kMaxAliases;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 + kHeaderSize) return 0;
  const Bytes message{data + 1, size - 1};
  const auto question = parse_flat_name(message, kHeaderSize);
  // The caller of the real function compares the question first.
  if (!question || message.size() < kHeaderSize + question->size() + 4) return 0;
  if (load_be16(&message[4]) != 1 || (message[2] & 0x80) == 0) return 0;
  FoldedName folded;
  folded.assign(*question);
  const NameView apex = folded.suffix(data[0] % (folded.label_count() + 1));
  const uint16_t qtype = load_be16(&message[kHeaderSize + question->size()]);

  static AnswerChain chain;
  const bool taken = chain.read(message, folded.view(), qtype, apex);
  const auto whole = parse_response(message);
  if (taken && whole) {
    FUZZ_CHECK(chain.truncated() == whole->truncated() && chain.has_opt() == whole->has_opt);
    FUZZ_CHECK(chain.ede() == whole->ede);
    check_chain(chain, *whole, apex);
  }
  if (!taken && whole) FUZZ_CHECK(may_be_refused(*whole, apex));
  return 0;
}
