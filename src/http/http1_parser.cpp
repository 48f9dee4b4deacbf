// SPDX-License-Identifier: Apache-2.0
#include "http1_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <llhttp.h>

#include "inlet53/http/message.h"
#include "inlet53/http/url.h"

namespace inlet53::http {

namespace {

// These callbacks are noexcept: no exception may pass through a C library. The head is complete, so
// each text arrives in one piece; the callback may be omitted for an empty text.
MessageHead& head_of(llhttp_t* parser) { return *static_cast<MessageHead*>(parser->data); }

int on_method(llhttp_t* parser, const char* at, size_t length) noexcept {
  head_of(parser).method.append(at, length);
  return 0;
}

int on_target(llhttp_t* parser, const char* at, size_t length) noexcept {
  head_of(parser).target.append(at, length);
  return 0;
}

int on_field_name(llhttp_t* parser, const char* at, size_t length) noexcept {
  head_of(parser).fields.emplace_back().name.assign(at, length);
  return 0;
}

int on_field_value(llhttp_t* parser, const char* at, size_t length) noexcept {
  // llhttp does not remove the white space after a value.
  while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) --length;
  head_of(parser).fields.back().value.append(at, length);
  return 0;
}

// This module frames bodies: llhttp stops after the head.
int end_of_head(llhttp_t*) noexcept { return HPE_PAUSED; }

constexpr llhttp_settings_t make_settings() {
  llhttp_settings_t settings{};
  settings.on_method = on_method;
  settings.on_url = on_target;
  settings.on_header_field = on_field_name;
  settings.on_header_value = on_field_value;
  settings.on_headers_complete = end_of_head;
  return settings;
}

constexpr llhttp_settings_t kSettings = make_settings();

template <class F>
void note(F*& place, Field& field, bool& ambiguous) {
  ambiguous = ambiguous || place != nullptr;
  place = &field;
}

//--- The request line

// Parses `HTTP/1.1` at the end of the request line.
Result<Version, Refusal> parse_version(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7])) {
    return Unexpected(Refusal::Malformed);
  }
  if (text == "HTTP/1.1") return Version::Http11;
  if (text == "HTTP/1.0") return Version::Http10;
  return Unexpected(Refusal::UnsupportedVersion);
}

// llhttp accepts several spaces and HTTP/0.9's line without a version; this function does not.
Result<Version, Refusal> check_request_line(std::string_view line, const ServerLimits& limits) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last <= first + 1) {
    return Unexpected(Refusal::Malformed);
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.find_first_of(" #") != std::string_view::npos) return Unexpected(Refusal::Malformed);
  if (target.size() > limits.max_target) return Unexpected(Refusal::TargetTooLong);
  return parse_version(line.substr(last + 1));
}

//--- Fields

std::optional<Refusal> frame_body(const FramingFields& found, const ServerLimits& limits,
                                  RequestHead& head) {
  if (found.transfer_encoding != nullptr) {
    if (found.content_length != nullptr || head.request.version == Version::Http10) {
      return Refusal::Malformed;
    }
    if (!same_field_name(found.transfer_encoding->value, "chunked")) {
      return Refusal::UnsupportedCoding;
    }
    head.chunked = true;
  } else if (found.content_length != nullptr) {
    const auto length = parse_length(found.content_length->value);
    if (!length) return Refusal::Malformed;
    if (*length > limits.max_body) return Refusal::BodyTooLarge;
    head.body_size = *length;
  }
  head.wants_continue = found.expect != nullptr && head.request.version == Version::Http11 &&
                        same_field_name(found.expect->value, "100-continue");
  return std::nullopt;
}

//--- The target

// Splits `http://authority/path?query` into authority and target. Returns false for another form.
bool split_absolute_target(Request& request) {
  const std::string_view text = request.target;
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view name = text.substr(0, scheme);
  if (!same_field_name(name, "http") && !same_field_name(name, "https")) return false;
  const std::string_view rest = text.substr(scheme + 3);
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  request.authority = rest.substr(0, end);
  std::string target(rest.substr(end));
  if (target.empty() && request.method == "OPTIONS") target = "*";  // RFC 9112 §3.2.4
  if (target.empty() || target.front() == '?') target.insert(0, 1, '/');
  request.target = std::move(target);
  return true;
}

std::optional<Refusal> find_authority(const FramingFields& found, Request& request) {
  if (found.host == nullptr && request.version == Version::Http11) return Refusal::Malformed;
  const bool host_is_sound =
      found.host == nullptr || found.host->value.empty() || parse_authority(found.host->value);
  if (!host_is_sound || request.method == "CONNECT") return Refusal::Malformed;
  if (request.target.front() == '/' || (request.target == "*" && request.method == "OPTIONS")) {
    if (found.host != nullptr) request.authority = found.host->value;
    return std::nullopt;
  }
  if (!split_absolute_target(request) || !parse_authority(request.authority)) {
    return Refusal::Malformed;
  }
  if (found.host != nullptr) found.host->value = request.authority;
  return std::nullopt;
}

// A size of 16 digits fits in 64 bits; further leading zeros are useless.
constexpr uint8_t kMaxDigits = 16;

int hex_value(uint8_t byte) noexcept {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

bool is_token_byte(uint8_t byte) noexcept {
  const char c = static_cast<char>(byte);
  return is_field_name({&c, 1});
}

}  // namespace

std::optional<MessageHead> parse_message_head(HeadKind kind, Bytes head, uint32_t lines) {
  std::optional<MessageHead> parsed(std::in_place);
  parsed->fields.reserve(lines - 1);
  llhttp_t parser;
  llhttp_init(&parser, kind == HeadKind::Request ? HTTP_REQUEST : HTTP_RESPONSE, &kSettings);
  parser.data = &*parsed;
  const std::string_view text = as_text(head);
  if (llhttp_execute(&parser, text.data(), text.size()) != HPE_PAUSED) return std::nullopt;
  // llhttp joins some lines that this module treats as separate.
  if (parsed->fields.size() != lines - 1) return std::nullopt;
  parsed->keep_alive = llhttp_should_keep_alive(&parser) != 0;
  return parsed;
}

FramingFields find_framing_fields(Fields& fields) {
  FramingFields found;
  for (Field& field : fields) {
    found.value_bytes += field.value.size();
    // Their lengths differ, which saves most comparisons.
    switch (field.name.size()) {
      case 0:
        found.ambiguous = true;  // llhttp accepts a line that begins with a colon
        break;
      case 4:
        if (same_field_name(field.name, "host")) note(found.host, field, found.ambiguous);
        break;
      case 6:
        if (same_field_name(field.name, "expect")) found.expect = &field;
        break;
      case 14:
        if (same_field_name(field.name, "content-length")) {
          note(found.content_length, field, found.ambiguous);
        }
        break;
      case 17:
        if (same_field_name(field.name, "transfer-encoding")) {
          note(found.transfer_encoding, field, found.ambiguous);
        }
        break;
      default:
        break;
    }
  }
  return found;
}

std::optional<uint64_t> parse_length(std::string_view text) noexcept {
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  // from_chars takes no sign and no space for an unsigned number.
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

HeadScanner::ScanResult HeadScanner::scan(Bytes stream) noexcept {
  for (; next_ < stream.size(); ++next_) {
    // Nearly all bytes are of this kind, so they have a separate loop without stores.
    size_t at = next_;
    while (at < stream.size() && stream[at] > ' ' && stream[at] != 0x7f) ++at;
    next_ = at;
    if (at == stream.size()) break;
    const uint8_t byte = stream[at];
    if (byte == ' ' || byte == '\t') {
      if (next_ == line_start_) return ScanResult::Malformed;
      continue;
    }
    if (byte != '\r') return ScanResult::Malformed;
    if (next_ + 1 == stream.size()) return ScanResult::Incomplete;
    if (stream[next_ + 1] != '\n') return ScanResult::Malformed;
    const bool empty = next_ == line_start_;
    ++next_;
    line_start_ = next_ + 1;
    if (empty) {
      ++next_;
      return lines_ == 0 ? ScanResult::Malformed : ScanResult::Complete;
    }
    ++lines_;
  }
  return ScanResult::Incomplete;
}

Result<RequestHead, Refusal> parse_request_head(Bytes head, uint32_t lines,
                                                const ServerLimits& limits) {
  const std::string_view text = as_text(head);
  const auto version = check_request_line(text.substr(0, text.find('\r')), limits);
  if (!version) return Unexpected(version.error());
  if (lines - 1 > limits.max_fields) return Unexpected(Refusal::FieldsTooLarge);

  auto read = parse_message_head(HeadKind::Request, head, lines);
  if (!read) return Unexpected(Refusal::Malformed);

  Result<RequestHead, Refusal> parsed{RequestHead{}};
  Request& request = parsed->request;
  request.version = *version;
  request.method = std::move(read->method);
  request.target = std::move(read->target);
  request.fields = std::move(read->fields);
  parsed->keep_alive = read->keep_alive;
  const FramingFields found = find_framing_fields(request.fields);
  if (found.value_bytes > limits.max_field_values) return Unexpected(Refusal::FieldsTooLarge);
  if (found.ambiguous) return Unexpected(Refusal::Malformed);
  if (const auto refusal = frame_body(found, limits, *parsed)) return Unexpected(*refusal);
  if (const auto refusal = find_authority(found, request)) return Unexpected(*refusal);
  return parsed;
}

ChunkedReader::ReadResult ChunkedReader::read(Bytes stream, uint64_t max_body, std::string& body,
                                              size_t& consumed) {
  consumed = 0;
  while (consumed < stream.size() && place_ < Place::Complete) {
    if (place_ == Place::Data) {
      const size_t size = std::min<uint64_t>(left_, stream.size() - consumed);
      body += as_text(stream.subspan(consumed, size));
      consumed += size;
      left_ -= size;
      if (left_ == 0) place_ = Place::DataEnd;
      continue;
    }
    place_ = after(stream[consumed++]);
    // Refused as soon as the size is known, before any of its bytes.
    if (place_ == Place::SizeEnd && left_ > max_body - body.size()) return ReadResult::TooLarge;
  }
  if (place_ == Place::Complete) return ReadResult::Complete;
  return place_ == Place::Malformed ? ReadResult::Malformed : ReadResult::Incomplete;
}

ChunkedReader::Place ChunkedReader::after(uint8_t byte) noexcept {
  const auto expect = [byte](char wanted, Place next) {
    return byte == static_cast<uint8_t>(wanted) ? next : Place::Malformed;
  };
  switch (place_) {
    case Place::Size:
      return after_size_byte(byte);
    case Place::Extension:
      if (byte == '\r') return Place::SizeEnd;
      return is_dropped_text(byte) ? Place::Extension : Place::Malformed;
    case Place::SizeEnd:
      digits_ = 0;
      return expect('\n', left_ == 0 ? Place::TrailerLine : Place::Data);
    case Place::DataEnd:
      return expect('\r', Place::DataEndLf);
    case Place::DataEndLf:
      return expect('\n', Place::Size);
    case Place::TrailerLine:
    case Place::TrailerName:
    case Place::TrailerValue:
      if (byte != '\r' && !is_dropped_text(byte)) return Place::Malformed;
      return after_trailer_byte(byte);
    case Place::TrailerEnd:
      return expect('\n', Place::TrailerLine);
    case Place::End:
      return expect('\n', Place::Complete);
    case Place::Data:
    case Place::Complete:
    case Place::Malformed:
      break;
  }
  return Place::Malformed;
}

ChunkedReader::Place ChunkedReader::after_size_byte(uint8_t byte) noexcept {
  const int value = hex_value(byte);
  if (value >= 0) {
    if (digits_ == kMaxDigits) return Place::Malformed;
    left_ = (digits_ == 0 ? 0 : left_ << 4) | static_cast<uint64_t>(value);
    ++digits_;
    return Place::Size;
  }
  if (digits_ == 0) return Place::Malformed;
  if (byte == '\r') return Place::SizeEnd;
  return byte == ';' ? Place::Extension : Place::Malformed;
}

ChunkedReader::Place ChunkedReader::after_trailer_byte(uint8_t byte) const noexcept {
  switch (place_) {
    case Place::TrailerLine:
      if (byte == '\r') return Place::End;
      return is_token_byte(byte) ? Place::TrailerName : Place::Malformed;
    case Place::TrailerName:
      if (byte == ':') return Place::TrailerValue;
      return is_token_byte(byte) ? Place::TrailerName : Place::Malformed;
    default:
      return byte == '\r' ? Place::TrailerEnd : Place::TrailerValue;
  }
}

// Counts a dropped byte, so that their number is limited.
bool ChunkedReader::is_dropped_text(uint8_t byte) noexcept {
  if (++overhead_ > kMaxOverhead) return false;
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

}  // namespace inlet53::http
