// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "http1_parser.h"

#include "inlet53/base/bytes.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

/// Reads one response of HTTP/1.1 or 1.0 as it arrives, and skips interim ones (1xx). As strict as
/// the server side: an ambiguous response is Malformed, and its connection is not reused. Kept
/// bytes are charged to the client's budget first. A body of known length is charged completely at
/// once, so that concurrent calls do not all fail in the middle.
/// Source: RFC 9112 §4, §6.3.
class ResponseReader {
 public:
  enum class ReadResult : uint8_t { Incomplete, Complete, Malformed, TooLarge, NoRoom };
  struct Limits {
    uint32_t max_head = 64U << 10;
    uint32_t max_fields = 1000;
    uint32_t max_body = 10485760;
  };
  /// Maximum number of interim responses to one request; more are Malformed.
  static constexpr uint32_t kMaxInterim = 16;

  /// `to_head`: the request's method was HEAD. Lifetime: `account` outlives the reader.
  ResponseReader(const Limits& limits, bool to_head, BodyAccount& account)
      : limits_(limits), to_head_(to_head), account_(&account) {}

  /// Reads bytes until the response is complete or refused. Bytes after it do not belong to a
  /// response to this request.
  [[nodiscard]] ReadResult read(Bytes octets);
  /// Handles a regular end of the connection. Complete when the body ends there, else Malformed.
  [[nodiscard]] ReadResult end_of_stream();

  /// Returns the complete response with its charge, without the fields of the connection and the
  /// framing.
  [[nodiscard]] Response& response() noexcept { return response_; }
  /// Returns true when another request may use the connection: the response is complete, the server
  /// keeps the connection, and no byte follows.
  [[nodiscard]] bool may_reuse() const noexcept { return keep_alive_ && !has_rest_; }
  /// Returns true when any byte has arrived.
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
  std::string head_;  // the bytes received so far
  Response response_;
};

}  // namespace inlet53::http
