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

/// One client's connection: joins TCP, TLS and HTTP, and keeps their timeouts.
///
///   TcpConnection ──ciphertext──► TlsStream ──plaintext──► ServerSession ──request──► RequestTaker
///
/// Lifetime: what it is given but for `tls` outlives it. Threads: the loop's.
class HttpsConnection final : public net::TcpClient, net::TlsStreamOwner, SessionOwner {
 public:
  /// Takes over `account`, which is open.
  HttpsConnection(uint64_t id, net::TcpConnection& tcp, const net::TlsServerContext& tls,
                  HttpsShared& shared, RequestTaker& taker, BodyAccount& account);
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
  /// Another turn of the loop, for a session whose turn was over.
  void go_on();

 private:
  //--- TlsStreamOwner
  void send_ciphertext(Bytes octets) override;
  size_t received_plaintext(Bytes stream) override;
  bool wants_no_plaintext() const override;

  //--- SessionOwner
  HeadDecision head_received(StreamId stream, Request& head) override;
  void request_received(StreamId stream, Request&& request) override;
  void request_abandoned(StreamId stream) override;
  Response refuse(Refusal refusal) override;
  void send_octets(Bytes octets) override;
  bool congested() const override;
  void room_decided() override;
  uint64_t now_ms() const override;
  uint64_t reading_ms() const override;

  /// What a connection waits for; the time of it is limited.
  enum class Wait : uint8_t {
    Request,  // between requests
    Head,
    Body,    // each body has a timeout of its own
    Room,    // for a body: the budget has a timeout
    Answer,  // no timeout: its owner has one
    Client,  // that reads nothing of a response
  };
  static constexpr uint64_t kNever = UINT64_MAX;

  /// A request that the taker let in, and whose response has not been made.
  struct Unanswered {
    StreamId stream = 0;
    bool whole = false;      // the taker has its body, too
    bool abandoned = false;  // the taker knows that its client has left
  };

  void open_session();
  /// What follows from the state that an event has led to: an end, a pause, another timeout.
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
  RequestTaker& taker_;
  BodyAccount& account_;
  BodyCharge unsent_;  // what TCP holds for a client that does not read
  net::TlsStream tls_;
  std::unique_ptr<ServerSession> session_;  // null until the handshake's end
  std::optional<Wait> timed_;
  uint64_t due_ms_ = kNever;  // when that has lasted for too long
  uint64_t armed_ms_ = 0;     // what the timeout of TCP is set to; 0: that of TLS
  std::vector<Unanswered> unanswered_;
  bool sent_since_ = false;    // octets of responses have gone out since it was set
  bool holds_buffers_ = true;  // TLS's, for records: between requests, for a moment only
  bool receiving_ = false;
  bool paused_ = false;
  bool listed_ = false;     // among those that go on at the end of the turn
  bool peer_gone_ = false;  // it has sent FIN
  bool ending_ = false;
};

}  // namespace inlet53::http
