#include "inlet53/dns/response_view.h"

#include "rdata_names.h"
#include "wire.h"

namespace inlet53::dns {

namespace {

void append(std::vector<uint8_t>& out, Bytes octets) {
  out.insert(out.end(), octets.begin(), octets.end());
}

// Copies the octets from `at` on that RdataNames counts as `before` and `strings`; moves `at`.
bool copy_before_names(const RdataNames& layout, Bytes message, size_t end, size_t& at,
                       std::vector<uint8_t>& out) {
  size_t size = layout.before;
  for (uint8_t left = layout.strings; left > 0; --left) {
    if (at + size >= end) return false;
    size += 1 + size_t{message[at + size]};
  }
  if (size > end - at) return false;
  append(out, message.subspan(at, size));
  at += size;
  return true;
}

// Copies RDATA with its names made flat. False when it has not its type's shape.
bool copy_rdata(Bytes message, const RecordExtent& record, std::vector<uint8_t>& out) {
  const RdataNames layout = rdata_names(record.type);
  size_t at = record.rdata;
  if (layout.names != 0 && !copy_before_names(layout, message, record.end, at, out)) return false;
  for (uint8_t left = layout.names; left > 0; --left) {
    const auto name = parse_name(message, at);
    if (!name || name->end > record.end) return false;
    append(out, name->name.view().bytes());
    at = name->end;
  }
  const size_t after = record.end - at;
  append(out, message.subspan(at, after));
  if (record.type == static_cast<uint16_t>(RRType::A)) return after == 4;
  if (record.type == static_cast<uint16_t>(RRType::AAAA)) return after == 16;
  return layout.names == 0 || layout.open_end || after == layout.after;
}

// RFC 6891 §6.1.2, RFC 8914 §2. False when it is not the only one, or broken.
bool take_opt(Bytes message, const RecordExtent& record, ResponseMessage& response) {
  constexpr size_t kOptionHead = 4;
  constexpr uint16_t kEdeOption = 15;
  if (response.has_opt || message[record.owner] != 0) return false;
  const uint8_t* head = &message[record.head];
  response.has_opt = true;
  response.opt_udp_size = load_be16(head + 2);
  response.rcode = static_cast<Rcode>(head[4] << 4 | (response.flags & 0x0F));
  size_t at = record.rdata;
  while (at < record.end) {
    if (record.end - at < kOptionHead) return false;
    const uint16_t code = load_be16(&message[at]);
    const size_t size = load_be16(&message[at + 2]);
    at += kOptionHead;
    if (record.end - at < size) return false;
    if (code == kEdeOption) {
      if (size < 2) return false;
      response.ede = load_be16(&message[at]);
    }
    at += size;
  }
  return true;
}

// Reads `count` records; the OPT goes to the response itself, and only where `opt_allowed`.
bool parse_section(Bytes message, size_t count, size_t& at, bool opt_allowed,
                   ResponseMessage& response, std::vector<ResponseRecord>& section) {
  for (; count > 0; --count) {
    const auto extent = find_record(message, at);
    if (!extent) return false;
    at = extent->end;
    if (extent->type == static_cast<uint16_t>(RRType::OPT)) {
      if (!opt_allowed || !take_opt(message, *extent, response)) return false;
      continue;
    }
    const auto owner = parse_name(message, extent->owner);
    if (!owner) return false;
    const uint8_t* head = &message[extent->head];
    ResponseRecord record{owner->name, extent->type, load_be16(head + 2), load_be32(head + 4), {}};
    if (!copy_rdata(message, *extent, record.rdata)) return false;
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
