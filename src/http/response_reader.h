// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "chunked_reader.h"
#include "message_head.h"

#include "inlet53/base/bytes.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

/// Reads one response of HTTP/1.1 or 1.0 as it arrives, passing over interim ones (1xx). Strict as
/// the server's side is: a response that could mean two things is Malformed, and its connection of
/// no more use. What it keeps has room in the client's budget first: a body of known length for all
/// of it at once, so that calls that compete do not all fail in the middle.
/// Source: RFC 9112 §4, §6.3.
class ResponseReader {
 public:
  enum class ReadResult : uint8_t { Incomplete, Complete, Malformed, TooLarge, NoRoom };
  struct Limits {
    uint32_t max_head = 64U << 10;
    uint32_t max_fields = 1000;
    uint32_t max_body = 10485760;
  };
  /// Interim responses to one request; more are Malformed.
  static constexpr uint32_t kMaxInterim = 16;

  /// `to_head`: the request's method was HEAD. Lifetime: `account` outlives the reader.
  ResponseReader(const Limits& limits, bool to_head, BodyAccount& account)
      : limits_(limits), to_head_(to_head), account_(&account) {}

  /// Takes octets, until it is complete or refused. What is left of them then is not a response to
  /// our request.
  [[nodiscard]] ReadResult read(Bytes octets);
  /// The connection has ended, in order. Complete when the body ends there, else Malformed.
  [[nodiscard]] ReadResult end_of_stream();

  /// When it is complete. Without the fields of the connection and those that frame the message. It
  /// has its charge.
  [[nodiscard]] Response& response() noexcept { return response_; }
  /// Whether another request may go over the connection: it is complete, the server keeps it, and
  /// nothing is behind it.
  [[nodiscard]] bool may_reuse() const noexcept { return keep_alive_ && !has_rest_; }
  /// Whether any octet came.
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  enum class Body : uint8_t { None, Sized, Chunked, UntilEnd };

  [[nodiscard]] ReadResult read_head(Bytes octets, size_t& consumed);
  [[nodiscard]] ReadResult head_ended(Bytes head);
  [[nodiscard]] bool frame_body();
  [[nodiscard]] bool reserve(uint64_t bytes);
  [[nodiscard]] bool reserve_more(size_t more);
  [[nodiscard]] ReadResult read_body(Bytes octets, size_t& consumed);

  Limits limits_;
  bool to_head_;
  BodyAccount* account_;
  bool begun_ = false;
  bool in_body_ = false;
  bool keep_alive_ = false;
  bool has_rest_ = false;
  bool is_http10_ = false;
  Body body_ = Body::None;
  uint32_t interim_ = 0;
  uint64_t body_left_ = 0;
  uint64_t head_bytes_ = 0;  // that the fields occupy
  HeadScanner scanner_;
  ChunkedReader chunks_;
  std::string head_;  // as far as it came
  Response response_;
};

}  // namespace inlet53::http
