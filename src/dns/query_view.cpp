// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/query_view.h"

#include "wire.h"

#include "inlet53/dns/edns_options.h"

namespace inlet53::dns {

namespace {

// Parses the question after the header, if it is whole, and moves `question_end` after it.
bool parse_question(Bytes message, QueryView& query, FoldedName& folded) noexcept {
  const size_t name_size = folded.assign_flat(message.subspan(kHeaderSize));
  if (name_size == 0) return false;
  const size_t at = kHeaderSize + name_size;
  if (message.size() - at < kQuestionTail) return false;
  query.qname = NameView::from_checked(&message[kHeaderSize], name_size);
  query.qtype = load_be16(&message[at]);
  query.qclass = load_be16(&message[at + 2]);
  query.question_end = static_cast<uint32_t>(at + kQuestionTail);
  query.has_question = true;
  return true;
}

// RFC 6891 §6.1.2: code, length, data, one option after the other.
bool options_are_whole(Bytes options) noexcept {
  constexpr size_t kOptionHead = 4;
  size_t left = options.size();
  const uint8_t* at = options.data();
  while (left >= kOptionHead) {
    const size_t size = kOptionHead + load_be16(at + 2);
    if (size > left) return false;
    at += size;
    left -= size;
  }
  return left == 0;
}

// Returns false for a second OPT, an owner other than the root, or malformed options.
bool parse_opt(Bytes message, const RecordExtent& record, QueryEdns& edns) noexcept {
  if (edns.present || message[record.owner] != 0) return false;
  const uint8_t* head = &message[record.head];
  edns.present = true;
  edns.udp_size = load_be16(head + 2);
  edns.version = head[5];
  edns.dnssec_ok = (head[6] & 0x80) != 0;
  const Bytes options = message.subspan(record.rdata, record.end - record.rdata);
  // The options of a later version may have another format: the response is BADVERS.
  if (edns.version == 0 && !options_are_whole(options)) return false;
  edns.options = options;
  return true;
}

// Walks one section; false when it is shorter than its count or has an OPT in the wrong place.
bool walk_section(Bytes message, size_t count, size_t& at, QueryEdns* edns) noexcept {
  for (; count > 0; --count) {
    const auto record = find_record(message, at);
    if (!record) return false;
    if (record->type == static_cast<uint16_t>(RRType::OPT)) {
      if (edns == nullptr || !parse_opt(message, *record, *edns)) return false;
    }
    at = record->end;
  }
  return true;
}

bool is_opt_or_tsig(uint16_t type) noexcept {
  return type == static_cast<uint16_t>(RRType::OPT) || type == static_cast<uint16_t>(RRType::TSIG);
}

// A message without a question is valid only with a COOKIE option. Not inlined: inlined it costs
// each query 4 instructions.
[[gnu::noinline, gnu::cold]] QueryVerdict parse_without_question(Bytes message,
                                                                 QueryView& query) noexcept {
  const uint8_t* const header = message.data();
  size_t at = kHeaderSize;
  if (load_be16(header + 6) != 0 || load_be16(header + 8) != 0 ||
      !walk_section(message, load_be16(header + 10), at, &query.edns) || at != message.size()) {
    return QueryVerdict::FormErr;
  }
  if (query.edns.version != 0) return QueryVerdict::BadVers;
  return find_options(query.edns.options).cookie.present ? QueryVerdict::CookieOnly
                                                         : QueryVerdict::FormErr;
}

}  // namespace

QueryVerdict parse_query(Bytes message, QueryView& query, FoldedName& folded) noexcept {
  query = QueryView{};
  if (message.size() < kHeaderSize) return QueryVerdict::Drop;
  const uint8_t* header = message.data();
  query.id = load_be16(header);
  query.flags1 = header[2];
  query.flags2 = header[3];
  constexpr uint8_t kQr = 0x80;
  if ((query.flags1 & kQr) != 0) return QueryVerdict::Drop;

  const size_t questions = load_be16(header + 4);
  const bool question_read = questions == 1 && parse_question(message, query, folded);
  if (query.opcode() != Opcode::Query) return QueryVerdict::NotImp;
  if (!question_read) {
    return questions == 0 ? parse_without_question(message, query) : QueryVerdict::FormErr;
  }

  const size_t answers = load_be16(header + 6);
  const size_t authorities = load_be16(header + 8);
  const size_t additionals = load_be16(header + 10);
  // RFC 1995 §3: only IXFR has a record in the authority section (the SOA of the client).
  const bool is_ixfr = query.qtype == static_cast<uint16_t>(RRType::IXFR);
  size_t at = query.question_end;
  if (answers != 0 || (authorities != 0 && !is_ixfr) ||
      !walk_section(message, authorities, at, nullptr) ||
      !walk_section(message, additionals, at, &query.edns) || at != message.size() ||
      is_opt_or_tsig(query.qtype)) {
    return QueryVerdict::FormErr;
  }
  return query.edns.version == 0 ? QueryVerdict::Accept : QueryVerdict::BadVers;
}

QueryVerdict parse_query(Bytes message, QueryView& query) noexcept {
  FoldedName folded;
  return parse_query(message, query, folded);
}

}  // namespace inlet53::dns
