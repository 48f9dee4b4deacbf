// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/response_view.h"

#include "wire.h"

namespace inlet53::dns {

namespace {

struct Octets {
  std::vector<uint8_t>& out;

  bool append(Bytes octets) {
    out.insert(out.end(), octets.begin(), octets.end());
    return true;
  }
};

// Returns false for a second or malformed OPT. Source: RFC 6891 §6.1.2, RFC 8914 §2.
bool parse_opt(Bytes message, const RecordExtent& record, ResponseMessage& response) {
  if (response.has_opt) return false;
  const auto opt = read_response_opt(message, record);
  if (!opt) return false;
  response.has_opt = true;
  response.rcode = static_cast<Rcode>(opt->extended_rcode << 4 | (response.flags & 0x0F));
  response.ede = opt->ede;
  return true;
}

// Parses `count` records. An OPT is valid only where `opt_allowed` and sets members of the
// response.
bool parse_section(Bytes message, size_t count, size_t& at, bool opt_allowed,
                   ResponseMessage& response, std::vector<ResponseRecord>& section) {
  for (; count > 0; --count) {
    const auto extent = find_record(message, at);
    if (!extent) return false;
    at = extent->end;
    if (extent->type == static_cast<uint16_t>(RRType::OPT)) {
      if (!opt_allowed || !parse_opt(message, *extent, response)) return false;
      continue;
    }
    const auto owner = parse_name(message, extent->owner);
    if (!owner) return false;
    const uint8_t* head = &message[extent->head];
    ResponseRecord record{owner->name, extent->type, load_be16(head + 2), load_be32(head + 4), {}};
    Octets rdata{record.rdata};
    if (!copy_flat_rdata(message, *extent, rdata)) return false;
    section.push_back(std::move(record));
  }
  return true;
}

bool parse_question(Bytes message, size_t& at, ResponseMessage& response) {
  const auto qname = parse_flat_name(message, at);
  if (!qname || message.size() - at - qname->size() < kQuestionTail) return false;
  at += qname->size();
  response.has_question = true;
  response.qname = Name(*qname);
  response.qtype = load_be16(&message[at]);
  response.qclass = load_be16(&message[at + 2]);
  at += kQuestionTail;
  return true;
}

}  // namespace

std::optional<ResponseMessage> parse_response(Bytes message) {
  constexpr uint16_t kQr = 0x8000;
  if (message.size() < kHeaderSize) return std::nullopt;
  const uint8_t* header = message.data();
  ResponseMessage response;
  response.id = load_be16(header);
  response.flags = load_be16(header + 2);
  response.rcode = static_cast<Rcode>(response.flags & 0x0F);
  const size_t questions = load_be16(header + 4);
  if ((response.flags & kQr) == 0 || questions > 1) return std::nullopt;

  size_t at = kHeaderSize;
  if (questions == 1 && !parse_question(message, at, response)) return std::nullopt;
  const auto section = [&](size_t count_at, bool opt_allowed, std::vector<ResponseRecord>& out) {
    return parse_section(message, load_be16(header + count_at), at, opt_allowed, response, out);
  };
  const bool whole = section(6, false, response.answer) && section(8, false, response.authority) &&
                     section(10, true, response.additional) && at == message.size();
  return whole ? std::optional(std::move(response)) : std::nullopt;
}

}  // namespace inlet53::dns
