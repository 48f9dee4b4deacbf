// SPDX-License-Identifier: Apache-2.0
#include "message_head.h"

#include <charconv>

#include <llhttp.h>

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
    found.value_octets += field.value.size();
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
    const uint8_t octet = stream[at];
    if (octet == ' ' || octet == '\t') {
      if (next_ == line_start_) return ScanResult::Malformed;
      continue;
    }
    if (octet != '\r') return ScanResult::Malformed;
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

}  // namespace inlet53::http
