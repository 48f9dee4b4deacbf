// SPDX-License-Identifier: Apache-2.0
#include "response_reader.h"

#include <algorithm>
#include <utility>

#include "body_room.h"
#include "http1_parser.h"

#include "inlet53/http/client.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

// A body below this size may grow in small steps when its capacity cannot double.
constexpr size_t kMaxExact = size_t{1} << 20;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Returns the status of `HTTP/1.1 200 OK`; 0 when the line has another form. llhttp accepts more
// forms.
uint16_t parse_status_line(std::string_view line) {
  constexpr size_t kUpToStatus = 12;
  const bool is_version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (line.size() < kUpToStatus || !is_version) return 0;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return 0;
  if (line.size() > kUpToStatus && line[kUpToStatus] != ' ') return 0;
  const int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return status >= 100 && status < 600 ? static_cast<uint16_t>(status) : uint16_t{0};
}

uint64_t bytes_of(const Fields& fields) noexcept {
  uint64_t bytes = fields.size() * sizeof(Field);
  for (const Field& field : fields) bytes += field.name.size() + field.value.size();
  return bytes;
}

// Fields that the caller receives: those that may be forwarded, and two that describe the response.
bool is_reported(const Field& field) noexcept {
  if (may_send(field)) return true;
  return is_field_value(field.value) && (same_field_name(field.name, "content-length") ||
                                         same_field_name(field.name, "connection"));
}

}  // namespace

ResponseReader::ReadResult ResponseReader::read(Bytes octets) {
  if (!octets.empty()) begun_ = true;
  size_t consumed = 0;
  ReadResult result = ReadResult::Incomplete;
  while (result == ReadResult::Incomplete && consumed < octets.size()) {
    size_t count = 0;
    const Bytes rest = octets.subspan(consumed);
    result = in_body_ ? read_body(rest, count) : read_head(rest, count);
    consumed += count;
  }
  has_rest_ = consumed < octets.size();
  return result;
}

ResponseReader::ReadResult ResponseReader::read_head(Bytes octets, size_t& consumed) {
  const size_t before = head_.size();
  head_ += as_text(octets);
  const auto result = scanner_.scan(as_bytes(head_));
  consumed = octets.size();
  if (result == HeadScanner::ScanResult::Malformed) return ReadResult::Malformed;
  const bool has_many = scanner_.lines() > limits_.max_fields + 1;
  if (has_many || scanner_.size() > limits_.max_head) return ReadResult::TooLarge;
  if (result == HeadScanner::ScanResult::Incomplete) {
    return reserve(head_.size()) ? ReadResult::Incomplete : ReadResult::NoRoom;
  }
  consumed = scanner_.size() - before;
  head_.resize(scanner_.size());
  const std::string head = std::exchange(head_, {});
  return head_ended(as_bytes(head));
}

ResponseReader::ReadResult ResponseReader::head_ended(Bytes head) {
  const uint32_t lines = std::exchange(scanner_, {}).lines();
  const std::string_view text = as_text(head);
  response_.status = parse_status_line(text.substr(0, text.find('\r')));
  is_http10_ = text[7] == '0';
  auto parsed = parse_message_head(HeadKind::Response, head, lines);
  // 101 would answer an Upgrade, which this client never requests.
  if (response_.status == 0 || response_.status == 101 || !parsed) return ReadResult::Malformed;
  response_.fields = std::move(parsed->fields);
  keep_alive_ = parsed->keep_alive;
  if (response_.status < 200) {
    return ++interim_ > kMaxInterim ? ReadResult::Malformed : ReadResult::Incomplete;
  }
  if (!frame_body()) return ReadResult::Malformed;
  std::erase_if(response_.fields, [](const Field& field) { return !is_reported(field); });
  if (body_ == Body::Sized && body_left_ > limits_.max_body) return ReadResult::TooLarge;
  head_bytes_ = bytes_of(response_.fields);
  const uint64_t known = body_ == Body::Sized ? body_left_ : 0;
  if (!reserve(head_bytes_ + known)) return ReadResult::NoRoom;
  response_.body.reserve(known);
  in_body_ = true;
  const bool is_empty = body_ == Body::None || (body_ == Body::Sized && body_left_ == 0);
  return is_empty ? ReadResult::Complete : ReadResult::Incomplete;
}

bool ResponseReader::frame_body() {
  const FramingFields found = find_framing_fields(response_.fields);
  if (found.ambiguous) return false;
  if (found.transfer_encoding != nullptr) {
    const bool is_chunked = same_field_name(found.transfer_encoding->value, "chunked");
    if (!is_chunked || found.content_length != nullptr || is_http10_) return false;
  }
  if (found.content_length != nullptr) {
    const auto length = parse_length(found.content_length->value);
    if (!length) return false;
    body_left_ = *length;
  }
  if (to_head_ || !has_body(response_.status)) {
    body_ = Body::None;
  } else if (found.transfer_encoding != nullptr) {
    body_ = Body::Chunked;
  } else {
    body_ = found.content_length != nullptr ? Body::Sized : Body::UntilEnd;
  }
  if (body_ == Body::UntilEnd) keep_alive_ = false;
  return true;
}

bool ResponseReader::reserve(uint64_t bytes) {
  return account_->budget.charge_response(*account_, bytes, response_.charge);
}

// Provides capacity for more bytes of a body of unknown length. Doubles the capacity, so that the
// body is seldom copied. When the budget refuses that, a small body grows only by the required
// bytes, and a large body is refused.
bool ResponseReader::reserve_more(size_t more) {
  std::string& body = response_.body;
  const uint64_t wanted = std::min<uint64_t>(body.size() + more, limits_.max_body);
  if (wanted <= body.capacity()) return true;
  const uint64_t ample = ample_room(body, more, limits_.max_body);
  BodyCharge& charge = response_.charge;
  const uint64_t ample_bytes = head_bytes_ + ample;
  const bool is_ample =
      ample_bytes <= charge.bytes() ||
      account_->budget.try_charge(*account_, ample_bytes - charge.bytes(), charge);
  const uint64_t room = is_ample || body.capacity() >= kMaxExact ? ample : wanted;
  if (!is_ample && !reserve(head_bytes_ + room)) return false;
  set_room(body, room);
  return true;
}

ResponseReader::ReadResult ResponseReader::read_body(Bytes octets, size_t& consumed) {
  std::string& body = response_.body;
  if (body_ == Body::Chunked) {
    if (!reserve_more(octets.size())) return ReadResult::NoRoom;
    switch (chunks_.read(octets, limits_.max_body, body, consumed)) {
      case ChunkedReader::ReadResult::Incomplete:
        return ReadResult::Incomplete;
      case ChunkedReader::ReadResult::Complete:
        return ReadResult::Complete;
      case ChunkedReader::ReadResult::Malformed:
        return ReadResult::Malformed;
      case ChunkedReader::ReadResult::TooLarge:
        return ReadResult::TooLarge;
    }
  }
  if (body_ == Body::UntilEnd) {
    if (octets.size() > limits_.max_body - body.size()) return ReadResult::TooLarge;
    if (!reserve_more(octets.size())) return ReadResult::NoRoom;
    consumed = octets.size();
    body += as_text(octets);
    return ReadResult::Incomplete;
  }
  consumed = std::min<uint64_t>(body_left_, octets.size());
  body += as_text(octets.first(consumed));
  body_left_ -= consumed;
  return body_left_ == 0 ? ReadResult::Complete : ReadResult::Incomplete;
}

ResponseReader::ReadResult ResponseReader::end_of_stream() {
  return in_body_ && body_ == Body::UntilEnd ? ReadResult::Complete : ReadResult::Malformed;
}

std::optional<Response> parse_response(std::string_view bytes) {
  constexpr uint32_t kMaxBody = 64U << 20;
  BodyBudget budget({.total = 4ULL * kMaxBody, .per_client = 4ULL * kMaxBody});
  BodyAccount& account = budget.open({});
  std::optional<Response> response;
  {
    ResponseReader reader({.max_body = kMaxBody}, false, account);
    ResponseReader::ReadResult result = reader.read(as_bytes(bytes));
    if (result == ResponseReader::ReadResult::Incomplete) result = reader.end_of_stream();
    if (result == ResponseReader::ReadResult::Complete) response = std::move(reader.response());
    if (response) response->charge.release();
  }
  budget.close(account);
  return response;
}

}  // namespace inlet53::http
