#pragma once

#include <string>

#include "chunked_reader.h"
#include "head_scanner.h"
#include "request_head.h"

#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// One HTTP/1.x connection. One request at a time is read, waits for its response, is answered:
///
///   Head ──► Body ──► Owed ──► Sending ──► Head …
///     └─ refused ──────────────┘  └─ last response ──► finished
///
/// A head stays with the caller (nothing of it is consumed) until all of it is there; so a
/// connection that waits holds this object and nothing on the heap.
class Http1Session final : public ServerSession {
 public:
  Http1Session(SessionOwner& owner, const ServerLimits& limits) : owner_(owner), limits_(limits) {}

  size_t received(Bytes stream) override;
  [[nodiscard]] bool paused() const override;
  void respond(StreamId stream, Response&& response) override;
  void resume() override;
  void time_out() override;
  void drain() override;
  [[nodiscard]] bool finished() const override { return step_ == Step::Finished; }
  [[nodiscard]] SessionPhase phase() const override;
  [[nodiscard]] bool waits_for_peer() const override { return step_ == Step::Sending; }

 private:
  enum class Step : uint8_t { Head, Body, Owed, Sending, Finished };

  size_t read_head(Bytes stream);
  void begin_request(RequestHead&& head, bool body_is_there);
  size_t read_body(Bytes stream);
  size_t read_chunks(Bytes stream);
  void deliver();
  void refuse(Refusal refusal);
  void send(Response&& response);
  [[nodiscard]] std::string compose_head(const Response& response, size_t room_behind) const;
  void send_rest();
  void end_response();
  /// Whether the connection ends with the response to the present request.
  [[nodiscard]] bool is_last() const noexcept { return !keep_alive_ || draining_; }

  SessionOwner& owner_;
  const ServerLimits limits_;
  Step step_ = Step::Head;
  Version version_ = Version::Http11;  // this and the next three are of the present request
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool is_head_ = false;             // its method is HEAD
  bool begun_ = false;               // octets of the next head are there
  bool skipped_empty_line_ = false;  // before the next head
  bool draining_ = false;
  StreamId stream_ = 0;  // of the present request; counts them
  HeadScanner scanner_;
  ChunkedReader chunks_;
  uint64_t body_left_ = 0;  // octets to come when it is not chunked
  Request request_;         // while its body is read
  std::string sending_;     // the body of a response that does not go out in one piece
  size_t sent_ = 0;         // octets of it
};

}  // namespace inlet53::http
