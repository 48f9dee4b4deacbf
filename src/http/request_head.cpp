#include "request_head.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "authority.h"
#include <llhttp.h>

namespace inlet53::http {

namespace {

//--- The request line

// `HTTP/1.1` at the end of the request line.
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

// llhttp takes several spaces and HTTP/0.9's line without a version; we don't.
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

//--- llhttp's part

// What llhttp's callbacks fill. The head is whole, so that each text comes in one piece or, when
// it is empty, not at all.
struct HeadParse {
  llhttp_t parser{};
  Request& request;
};

std::string_view without_trailing_white_space(const char* at, size_t length) {
  while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) --length;
  return {at, length};
}

Request& request_of(llhttp_t* parser) { return static_cast<HeadParse*>(parser->data)->request; }

int take_method(llhttp_t* parser, const char* at, size_t length) {
  request_of(parser).method.append(at, length);
  return 0;
}

int take_target(llhttp_t* parser, const char* at, size_t length) {
  request_of(parser).target.append(at, length);
  return 0;
}

int take_field_name(llhttp_t* parser, const char* at, size_t length) {
  request_of(parser).fields.emplace_back().name.assign(at, length);
  return 0;
}

int take_field_value(llhttp_t* parser, const char* at, size_t length) {
  request_of(parser).fields.back().value.append(without_trailing_white_space(at, length));
  return 0;
}

// The body is framed by the session: llhttp's work ends with the head.
int end_of_head(llhttp_t*) { return HPE_PAUSED; }

constexpr llhttp_settings_t make_settings() {
  llhttp_settings_t settings{};
  settings.on_method = take_method;
  settings.on_url = take_target;
  settings.on_header_field = take_field_name;
  settings.on_header_value = take_field_value;
  settings.on_headers_complete = end_of_head;
  return settings;
}

constexpr llhttp_settings_t kSettings = make_settings();

// False when llhttp refuses the head. Tells whether the connection may be kept.
std::optional<bool> run_llhttp(Bytes head, Request& request) {
  HeadParse parse{.request = request};
  llhttp_init(&parse.parser, HTTP_REQUEST, &kSettings);
  parse.parser.data = &parse;
  const std::string_view text = as_text(head);
  if (llhttp_execute(&parse.parser, text.data(), text.size()) != HPE_PAUSED) return std::nullopt;
  return llhttp_should_keep_alive(&parse.parser) != 0;
}

//--- What the fields mean for the message

// The fields that decide where a message ends and for whom it is.
struct MessageFields {
  Field* host = nullptr;
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* expect = nullptr;
  bool ambiguous = false;  // one of them came twice, or a field has no name
  size_t value_octets = 0;
};

template <class F>
void note(F*& place, F& field, bool& repeated) {
  repeated = repeated || place != nullptr;
  place = &field;
}

MessageFields find_message_fields(Fields& fields) {
  MessageFields found;
  for (Field& field : fields) {
    found.value_octets += field.value.size();
    // llhttp takes a line that begins with a colon.
    if (field.name.empty()) found.ambiguous = true;
    const Field& constant = field;
    // Their lengths differ, which spares most comparisons.
    switch (field.name.size()) {
      case 4:
        if (same_field_name(field.name, "host")) note(found.host, field, found.ambiguous);
        break;
      case 6:
        if (same_field_name(field.name, "expect")) found.expect = &field;
        break;
      case 14:
        if (same_field_name(field.name, "content-length")) {
          note(found.content_length, constant, found.ambiguous);
        }
        break;
      case 17:
        if (same_field_name(field.name, "transfer-encoding")) {
          note(found.transfer_encoding, constant, found.ambiguous);
        }
        break;
      default:
        break;
    }
  }
  return found;
}

std::optional<uint64_t> parse_length(std::string_view text) {
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  // from_chars takes no sign and no space for an unsigned number.
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

std::optional<Refusal> frame_body(const MessageFields& found, const ServerLimits& limits,
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

// Cuts `http://authority/path?query` into authority and target. False when it is none.
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

std::optional<Refusal> find_authority(const MessageFields& found, Request& request) {
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

}  // namespace

Result<RequestHead, Refusal> parse_request_head(Bytes head, uint32_t lines,
                                                const ServerLimits& limits) {
  const std::string_view text = as_text(head);
  const auto version = check_request_line(text.substr(0, text.find('\r')), limits);
  if (!version) return Unexpected(version.error());
  if (lines - 1 > limits.max_fields) return Unexpected(Refusal::FieldsTooLarge);

  Result<RequestHead, Refusal> parsed{RequestHead{}};
  Request& request = parsed->request;
  request.version = *version;
  request.fields.reserve(lines - 1);
  const auto keep_alive = run_llhttp(head, request);
  // Each line must have become one field: llhttp joins lines where we would not.
  if (!keep_alive || request.fields.size() != lines - 1) return Unexpected(Refusal::Malformed);
  parsed->keep_alive = *keep_alive;

  const MessageFields found = find_message_fields(request.fields);
  if (found.value_octets > limits.max_field_values) return Unexpected(Refusal::FieldsTooLarge);
  if (found.ambiguous) return Unexpected(Refusal::Malformed);
  if (const auto refusal = frame_body(found, limits, *parsed)) return Unexpected(*refusal);
  if (const auto refusal = find_authority(found, request)) return Unexpected(*refusal);
  return parsed;
}

}  // namespace inlet53::http
