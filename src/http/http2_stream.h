// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// Builds a request from the fields of an HTTP/2 HEADERS frame, one by one as they are decoded.
/// nghttp2 has already refused the violations of RFC 9113 §8.2 and §8.3 (pseudo-header fields that
/// are missing, duplicate or late, upper case, connection fields). This class checks the rest: the
/// limits, the bytes of the target, and that :authority and Host agree.
class Http2Request {
 public:
  Http2Request() {
    constexpr size_t kUsualFields = 8;
    request_.version = Version::Http2;
    request_.fields.reserve(kUsualFields);
  }

  void add(std::string_view name, std::string_view value, const ServerLimits& limits);

  /// Completes the head. Returns the reason for a refusal; absent when it is valid.
  [[nodiscard]] std::optional<Refusal> end_head(const ServerLimits& limits);
  [[nodiscard]] bool wants_continue() const noexcept { return wants_continue_; }
  /// Returns Content-Length; 0 when there is none.
  [[nodiscard]] uint64_t body_size() const noexcept { return body_size_; }
  /// Returns the approximate number of bytes of the decoded head.
  [[nodiscard]] uint64_t head_bytes() const noexcept {
    return head_bytes_ + request_.fields.size() * sizeof(Field);
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
  uint32_t cookie_ = UINT32_MAX;  // index of the Cookie field, after the first one
  uint64_t body_size_ = 0;
  uint64_t head_bytes_ = 0;
  uint64_t value_bytes_ = 0;
};

/// Returns a field for nghttp2. Lifetime: the texts'; nghttp2 copies them.
[[nodiscard]] nghttp2_nv http2_field(std::string_view name, std::string_view value,
                                     uint8_t flags = NGHTTP2_NV_FLAG_NONE) noexcept;

/// Fields of a response's HEADERS frame: `:status`, the permitted fields, and Content-Length when
/// the status has a body. Lifetime: `response` outlives it. Source: RFC 9113 §8.3.2.
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

class Http2Session;

/// Stream of an HTTP/2 connection: a request and its response.
struct Http2Stream final : BodyWaiter {
  enum class State : uint8_t {
    Head,      // its head is incomplete
    Body,      // its head is complete; the owner has it if a body follows
    Owed,      // the owner has the complete request
    Answered,  // nghttp2 has the response and may still be sending it
  };
  /// Memory for the body, which determines the stream's window.
  enum class Room : uint8_t {
    Small,    // the initial window of every stream
    Waiting,  // more is requested
    Large,    // memory for the whole body: the window moves as data arrives
  };

  Http2Stream(Http2Session& of, int32_t number) : session(of), id(number) {}

  //--- BodyWaiter
  void room_granted(BodyCharge&& charge) override;
  void room_denied() override;

  /// Returns true when the client may send more of its body now.
  [[nodiscard]] bool reads_body() const noexcept {
    return state == State::Body && room != Room::Waiting;
  }

  Http2Session& session;
  const int32_t id;
  size_t index = 0;  // in the session's list
  State state = State::Head;
  Room room = Room::Small;
  uint64_t body_ms = 0;  // time of the last byte of the request's body, or of the grant of memory
  bool request_ended = false;   // END_STREAM arrived
  bool is_head = false;         // the method is HEAD
  bool wants_continue = false;  // the client waits for 100 (Continue)
  BodyUse body_use = BodyUse::Keep;
  uint64_t discarded = 0;  // discarded bytes of the request's body
  Http2Request head;
  BodyCharge head_charge;  // of the decoded head, until the owner has the request
  BodyWait wait;           // while `room` is Waiting
  std::string body;        // of the response
  BodyCharge body_charge;  // of it
  size_t sent = 0;         // of it
};

}  // namespace inlet53::http
