// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "http2_heads.h"

#include "inlet53/http/body_budget.h"
#include "inlet53/http/server_session.h"

namespace inlet53::http {

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
