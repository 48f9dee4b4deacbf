// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "connection_work.h"
#include "http1_parser.h"

#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// HTTP/1.x connection. It reads one request at a time, waits for its response, and sends it:
///
///   Idle ──► Head ──► Whole ──► (AwaitRoom) ──► Body ──► Owed ──► Sending ──► Idle …
///              │        │            │            │                 ▲ │
///              └────────┴── refused ─┴────────────┴─────────────────┘ ├─ the last ──► Finished
///                                                                     └─ a small body that was
///                                                         refused is left ──► Discard ──► Idle
///
/// The caller keeps the bytes of a head (none are consumed) until the head is complete, so an idle
/// connection needs no memory besides this object. A body is read when it fits in the budget:
/// completely when its length is known; otherwise first with the size of a small body and then with
/// the maximum size. A discarded body needs no memory.
class Http1Session final : public ServerSession, BodyWaiter {
 public:
  Http1Session(SessionOwner& owner, const ServerLimits& limits, BodyAccount& account)
      : owner_(owner), limits_(limits), account_(account) {}

  size_t received(Bytes stream) override;
  [[nodiscard]] bool paused() const override;
  void respond(StreamId stream, Response&& response) override;
  void resume() override;
  void begin_turn() override { turn_.begin(); }
  [[nodiscard]] bool turn_is_over() const override { return turn_.over(); }
  void time_out() override;
  [[nodiscard]] std::optional<uint64_t> oldest_body_ms() const override;
  void time_out_bodies(uint64_t since) override;
  void drain() override;
  [[nodiscard]] bool finished() const override { return step_ == Step::Finished; }
  [[nodiscard]] SessionPhase phase() const override;
  [[nodiscard]] bool reads_head() const override { return step_ == Step::Head; }
  [[nodiscard]] bool waits_for_peer() const override { return step_ == Step::Sending; }

 private:
  enum class Step : uint8_t {
    Idle,       // no byte of the next head has arrived
    EmptyLine,  // an empty line has arrived before it
    Head,       // a part of the head has arrived
    Whole,      // the head is complete; the next step is being decided
    AwaitRoom,
    Body,
    Owed,
    Sending,
    Discard,  // reads the rest of a refused body
    Finished,
  };

  //--- BodyWaiter
  void room_granted(BodyCharge&& charge) override;
  void room_denied() override;

  size_t read(Bytes stream);
  size_t read_head(Bytes stream);
  [[nodiscard]] bool is_between_requests() const noexcept {
    return step_ == Step::Idle || step_ == Step::EmptyLine || step_ == Step::Discard;
  }
  void begin_request(RequestHead&& head, size_t head_size, bool body_is_there);
  void answer_head(Response&& response, bool body_will_come);
  /// Returns true when the body has memory for `bytes` more; otherwise starts to wait for it.
  bool reserve(uint64_t bytes);
  void begin_body();
  size_t read_body(Bytes stream);
  size_t read_chunks(Bytes stream);
  size_t discard(Bytes stream);
  void deliver();
  void refuse(Refusal refusal);
  void send(Response&& response);
  [[nodiscard]] std::string compose_head(const Response& response, size_t room_behind) const;
  void send_rest();
  void end_response();
  /// Returns true when the owner has the present request and will respond to it.
  [[nodiscard]] bool is_announced() const noexcept {
    return step_ == Step::AwaitRoom || step_ == Step::Body || step_ == Step::Owed;
  }

  SessionOwner& owner_;
  const ServerLimits limits_;
  BodyAccount& account_;
  Step step_ = Step::Idle;
  Version version_ = Version::Http11;  // this and the next four belong to the present request
  BodyUse body_use_ = BodyUse::Keep;
  bool chunked_ = false;
  bool is_head_ = false;         // its method is HEAD
  bool wants_continue_ = false;  // the client waits for 100 (Continue)
  bool is_last_ = false;         // the session ends with the response to the present request
  StreamId stream_ = 0;          // of the present request; counts them
  HeadScanner scanner_;
  ChunkedReader chunks_;
  uint64_t body_left_ = 0;     // bytes to come when it is not chunked
  uint64_t body_ms_ = 0;       // time of its last byte, or of the grant of memory
  uint64_t discarded_ = 0;     // discarded bytes of it
  Request request_;            // while its body is read
  BodyCharge head_charge_;     // of a large head, while the body is read
  BodyWait wait_;              // in AwaitRoom
  std::string sending_;        // the body of a response that is sent in several pieces
  BodyCharge sending_charge_;  // of it
  size_t sent_ = 0;            // bytes of it
  TurnWork turn_;
};

}  // namespace inlet53::http
