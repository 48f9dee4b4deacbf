// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// Makes a request of the fields of an HTTP/2 HEADERS frame, one by one as they are decoded.
/// nghttp2 has refused by then what RFC 9113 §8.2 and §8.3 forbid (pseudo-header fields missing,
/// twice or too late, upper case, fields of a connection); the rest is checked here: the limits,
/// the target's octets, one authority for :authority and Host.
class Http2Request {
 public:
  Http2Request() {
    constexpr size_t kUsualFields = 8;
    request_.version = Version::Http2;
    request_.fields.reserve(kUsualFields);
  }

  void add(std::string_view name, std::string_view value, const ServerLimits& limits);

  /// The head is complete. Absent when it is sound; else what it is refused for.
  [[nodiscard]] std::optional<Refusal> end_head(const ServerLimits& limits);
  [[nodiscard]] bool wants_continue() const noexcept { return wants_continue_; }
  /// Content-Length; 0 when there is none.
  [[nodiscard]] uint64_t body_size() const noexcept { return body_size_; }
  /// Bytes that the decoded head occupies, about.
  [[nodiscard]] uint64_t head_bytes() const noexcept {
    return head_octets_ + request_.fields.size() * sizeof(Field);
  }
  [[nodiscard]] Request& request() noexcept { return request_; }

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  void add_host(std::string_view value);
  void add_cookie(std::string_view name, std::string_view value);
  void refuse(Refusal refusal) noexcept;

  Request request_;
  std::optional<Refusal> refusal_;  // the first reason
  bool has_host_ = false;
  bool wants_continue_ = false;
  uint32_t cookie_ = UINT32_MAX;  // index of the field, once there is one
  uint64_t body_size_ = 0;
  uint64_t head_octets_ = 0;
  uint64_t value_octets_ = 0;
};

/// A field as nghttp2 takes it. Lifetime: the texts'; nghttp2 copies them when it is given it.
[[nodiscard]] nghttp2_nv http2_field(std::string_view name, std::string_view value,
                                     uint8_t flags = NGHTTP2_NV_FLAG_NONE) noexcept;

/// The fields of a response's HEADERS frame: `:status`, those that may be sent, and Content-Length
/// where the status has a body. Lifetime: `response` outlives it. Source: RFC 9113 §8.3.2.
class Http2ResponseHead {
 public:
  explicit Http2ResponseHead(const Response& response);
  Http2ResponseHead(const Http2ResponseHead&) = delete;
  Http2ResponseHead& operator=(const Http2ResponseHead&) = delete;

  [[nodiscard]] const std::vector<nghttp2_nv>& fields() const noexcept { return fields_; }

 private:
  std::array<char, 3> status_;
  std::array<char, 20> length_;
  std::vector<nghttp2_nv> fields_;
};

}  // namespace inlet53::http
