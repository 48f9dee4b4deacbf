// SPDX-License-Identifier: Apache-2.0
#include "request_head.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "message_head.h"

#include "inlet53/http/url.h"

namespace inlet53::http {

namespace {

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

}  // namespace

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
  if (found.value_octets > limits.max_field_values) return Unexpected(Refusal::FieldsTooLarge);
  if (found.ambiguous) return Unexpected(Refusal::Malformed);
  if (const auto refusal = frame_body(found, limits, *parsed)) return Unexpected(*refusal);
  if (const auto refusal = find_authority(found, request)) return Unexpected(*refusal);
  return parsed;
}

}  // namespace inlet53::http
