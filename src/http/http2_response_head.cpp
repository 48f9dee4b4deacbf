#include "http2_response_head.h"

#include <charconv>

#include "response_fields.h"

#include "inlet53/base/bytes.h"

namespace inlet53::http {

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
    // Else such values would push those out of the table that come again.
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
