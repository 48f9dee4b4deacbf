#pragma once

#include <array>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "inlet53/http/message.h"

namespace inlet53::http {

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
