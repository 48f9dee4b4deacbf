// SPDX-License-Identifier: Apache-2.0
#include "http2_stream.h"

#include <algorithm>
#include <charconv>

#include "inlet53/base/bytes.h"
#include "inlet53/http/message.h"
#include "inlet53/http/url.h"

namespace inlet53::http {

namespace {

// Applies llhttp's rules for HTTP/1.1 targets.
bool is_target(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

}  // namespace

void Http2Request::add(std::string_view name, std::string_view value, const ServerLimits& limits) {
  head_bytes_ += name.size() + value.size();
  if (head_bytes_ > limits.max_head) refuse(Refusal::FieldsTooLarge);
  if (refusal_) return;  // keeps no further field
  if (name.starts_with(':')) return add_pseudo(name, value);
  value_bytes_ += value.size();
  if (value_bytes_ > limits.max_field_values || request_.fields.size() >= limits.max_fields) {
    return refuse(Refusal::FieldsTooLarge);
  }
  if (name == "host") return add_host(value);
  if (name == "cookie") return add_cookie(name, value);
  if (name == "expect") wants_continue_ = same_field_name(value, "100-continue");
  if (name == "content-length") {
    std::from_chars(value.data(), value.data() + value.size(),
                    body_size_);  // nghttp2 has checked it
  }
  request_.fields.push_back({std::string(name), std::string(value)});
}

void Http2Request::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") {
    request_.method = value;
  } else if (name == ":path") {
    request_.target = value;
  } else if (name == ":authority") {
    value_bytes_ += value.size();
    add_host(value);
  } else if (name == ":scheme" && value != "https" && value != "http") {
    refuse(Refusal::Malformed);
  }
}

// :authority comes first. A Host field must be equal to it (RFC 9113 §8.3.1).
void Http2Request::add_host(std::string_view value) {
  if (has_host_) {
    if (!same_field_name(value, request_.authority)) refuse(Refusal::Malformed);
    return;
  }
  has_host_ = true;
  request_.authority = value;
  request_.fields.push_back({"host", std::string(value)});
}

// Clients may split Cookie; other protocols than HTTP/2 need one field (RFC 9113 §8.2.3).
void Http2Request::add_cookie(std::string_view name, std::string_view value) {
  if (cookie_ < request_.fields.size()) {
    value_bytes_ += 2;  // the separator
    request_.fields[cookie_].value.append("; ").append(value);
    return;
  }
  cookie_ = static_cast<uint32_t>(request_.fields.size());
  request_.fields.push_back({std::string(name), std::string(value)});
}

std::optional<Refusal> Http2Request::end_head(const ServerLimits& limits) {
  const std::string& target = request_.target;
  if (target.size() > limits.max_target) refuse(Refusal::TargetTooLong);
  const bool has_place = target.starts_with('/') || (target == "*" && request_.method == "OPTIONS");
  const bool has_authority = request_.authority.empty() || parse_authority(request_.authority);
  if (!has_place || !is_target(target) || !has_authority || request_.method == "CONNECT") {
    refuse(Refusal::Malformed);
  }
  if (body_size_ > limits.max_body) refuse(Refusal::BodyTooLarge);
  return refusal_;
}

void Http2Request::refuse(Refusal refusal) noexcept {
  if (!refusal_) refusal_ = refusal;
}

nghttp2_nv http2_field(std::string_view name, std::string_view value, uint8_t flags) noexcept {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(as_bytes(text).data());  // nghttp2 copies them
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

Http2ResponseHead::Http2ResponseHead(const Response& response) {
  std::to_chars(status_.data(), status_.data() + status_.size(), response.status);
  fields_.reserve(response.fields.size() + 2);
  fields_.push_back(http2_field(":status", {status_.data(), status_.size()}));
  for (const Field& field : response.fields) {
    if (!may_send(field)) continue;
    // Otherwise such values would remove reusable ones from the table.
    const bool repeated = !is_never_repeated(field.name);
    fields_.push_back(http2_field(field.name, field.value,
                                  repeated ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX));
  }
  if (!has_body(response.status)) return;
  const char* const end =
      std::to_chars(length_.data(), length_.data() + length_.size(), response.body.size()).ptr;
  fields_.push_back(http2_field("content-length", {length_.data(), end}));
}

}  // namespace inlet53::http
