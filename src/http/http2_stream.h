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

/// One stream of an HTTP/2 connection: a request and its response.
struct Http2Stream final : BodyWaiter {
  enum class State : uint8_t {
    Head,      // its head is not whole
    Body,      // its head is; the owner has it if a body follows
    Owed,      // the whole request is with the owner
    Answered,  // the response is with nghttp2, which may still send it
  };
  /// Memory that the body may occupy, which sets the stream's window.
  enum class Room : uint8_t {
    Small,    // the window that every stream begins with
    Waiting,  // more is asked for
    Large,    // all that it needs: the window moves on as data comes
  };

  Http2Stream(Http2Session& of, int32_t number) : session(of), id(number) {}

  //--- BodyWaiter
  void room_granted(BodyCharge&& charge) override;
  void room_denied() override;

  /// Whether its client may send more of its body now.
  [[nodiscard]] bool reads_body() const noexcept {
    return state == State::Body && room != Room::Waiting;
  }

  Http2Session& session;
  const int32_t id;
  size_t index = 0;  // in the session's list
  State state = State::Head;
  Room room = Room::Small;
  uint64_t body_ms = 0;         // when the last byte of the request's body came, or its room
  bool request_ended = false;   // END_STREAM came
  bool is_head = false;         // the method is HEAD
  bool wants_continue = false;  // the client waits for 100 (Continue)
  BodyUse body_use = BodyUse::Keep;
  uint64_t discarded = 0;  // bytes of the request's body
  Http2Request head;
  BodyCharge head_charge;  // of the decoded head, until the request is with the owner
  BodyWait wait;           // while `room` is Waiting
  std::string body;        // of the response
  BodyCharge body_charge;  // of it
  size_t sent = 0;         // of it
};

}  // namespace inlet53::http
