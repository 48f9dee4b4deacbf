// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/http/https_connections.h"
#include "inlet53/http/server_session.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_stream.h"

namespace inlet53::http {

/// Connection of one client: connects TCP, TLS and HTTP, and keeps their timeouts.
///
///   TcpConnection ──ciphertext──► TlsStream ──plaintext──► ServerSession ──request──►
///   RequestReceiver
///
/// Only `advance` changes its stage:
///
///   Handshaking ──TLS is open──► Open ──FIN──► HalfClosed
///        │ TLS fails, FIN          │ all is said    │ all is said, nothing is owed
///        └─────────────────────────┴────────────────┴──────────────────────────────► Ending
///
/// Lifetime: all arguments except `tls` outlive it. Threads: the loop's.
class HttpsConnection final : public net::TcpClient, net::TlsStreamOwner, SessionOwner {
 public:
  /// Owns `account`, which is open.
  HttpsConnection(uint64_t id, net::TcpConnection& tcp, const net::TlsServerContext& tls,
                  HttpsShared& shared, RequestReceiver& receiver, BodyAccount& account);
  ~HttpsConnection() override;

  //--- net::TcpClient
  size_t received(Bytes stream) override;
  bool owes_responses() override;
  void caught_up() override;
  bool timed_out() override;
  void drain() override;
  void closed() override;

  /// Answers a request. Nothing happens when the stream is gone.
  void respond(StreamId stream, Response&& response);
  /// Continues a session whose turn was over, in another turn of the loop.
  void continue_work();

 private:
  //--- TlsStreamOwner
  void send_ciphertext(Bytes bytes) override;
  size_t received_plaintext(Bytes stream) override;
  bool wants_no_plaintext() const override;

  //--- SessionOwner
  HeadDecision head_received(StreamId stream, Request& head) override;
  void request_received(StreamId stream, Request&& request) override;
  void request_abandoned(StreamId stream) override;
  Response refuse(Refusal refusal) override;
  void send_bytes(Bytes bytes) override;
  bool congested() const override;
  void room_decided() override;
  uint64_t now_ms() const override;
  uint64_t reading_ms() const override;

  enum class Stage : uint8_t {
    Handshaking,  // the TLS handshake: there is no session
    Open,
    HalfClosed,  // the client has sent FIN and may still get responses
    Ending,      // nothing follows; queued bytes are being sent
  };
  enum class Event : uint8_t { TlsOpened, PeerFinished, Finished };

  /// States of reading ciphertext.
  enum class Intake : uint8_t {
    Taking,
    Paused,  // TCP is paused: the session reads nothing now
    Listed,  // the same, and the session continues in the loop's next turn
  };

  /// Event that a connection waits for, with a time limit.
  enum class Wait : uint8_t {
    Request,  // between requests, at first
    Quiet,    // between requests for longer, without TLS's record buffers
    Head,
    Body,    // each body has its own timeout
    Room,    // of the budget for a body, which has a timeout
    Answer,  // no timeout here: the owner has one
    Client,  // which reads nothing of a response
  };
  static constexpr uint64_t kNever = UINT64_MAX;

  /// Request that the receiver accepted and has not answered.
  struct Unanswered {
    enum class State : uint8_t {
      Arriving,   // its body is incomplete
      Whole,      // the receiver has its body
      Abandoned,  // the receiver knows that its client has left
    };
    StreamId stream = 0;
    State state = State::Arriving;
  };

  void advance(Event event) noexcept;
  /// Returns true while requests are served: Open or HalfClosed.
  [[nodiscard]] bool serves() const noexcept {
    return stage_ == Stage::Open || stage_ == Stage::HalfClosed;
  }
  void open_session();
  /// Acts on the state after an event: ends, pauses, or changes the timeout.
  void settle();
  void continue_reading();
  [[nodiscard]] RequestOrigin origin() const;
  [[nodiscard]] std::vector<Unanswered>::iterator find_unanswered(StreamId stream);
  void end();
  void time_out();
  void abandon_whole_ones();
  void keep_time();
  [[nodiscard]] uint64_t limit_of(Wait wait) const noexcept;
  [[nodiscard]] uint64_t body_due_ms() const;
  [[nodiscard]] bool owes_response() const;
  [[nodiscard]] Wait waits_for() const;

  const uint64_t id_;
  net::TcpConnection& tcp_;
  HttpsShared& shared_;
  const HttpsOptions& options_;
  RequestReceiver& receiver_;
  BodyAccount& account_;
  BodyCharge unsent_;  // bytes in TCP for a client that does not read
  net::TlsStream tls_;
  std::unique_ptr<ServerSession> session_;  // null until the end of the handshake
  Stage stage_ = Stage::Handshaking;
  Intake intake_ = Intake::Taking;
  std::optional<Wait> timed_;
  uint64_t due_ms_ = kNever;  // end of the present timeout
  uint64_t armed_ms_ = 0;     // the timeout that TCP is set to; 0: that of TLS
  std::vector<Unanswered> unanswered_;
  bool sent_since_ = false;  // bytes of responses were sent since `timed_` was set
  bool receiving_ = false;   // bytes are passing through TLS: `settle` follows
};

}  // namespace inlet53::http
