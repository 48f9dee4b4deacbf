// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connection_work.h"
#include "http2_stream.h"
#include <nghttp2/nghttp2.h>

#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// HTTP/2 connection, on top of nghttp2. States of a stream:
///
///   Head ──► Body ──► Owed ──► Answered ──► closed
///     └────────┴─ refused ──────┘
///
/// Memory limits: `max_streams` streams; a large head and the body of each are charged to the
/// budget before they are kept. A stream starts with a window of kSmallBody and the same charge, or
/// gets 503. If it declares a larger body, it gets a window when the budget has memory for the
/// whole body. The connection's window never blocks a stream, so that streams cannot wait for each
/// other in a cycle. Work limits: `Http2Work`, and nghttp2's limits of resets, acknowledgements,
/// CONTINUATION and SETTINGS.
class Http2Session final : public ServerSession {
 public:
  Http2Session(SessionOwner& owner, const ServerLimits& limits, BodyAccount& account);
  ~Http2Session() override;
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  size_t received(Bytes stream) override;
  [[nodiscard]] bool paused() const override;
  void begin_turn() override { work_.begin_turn(); }
  [[nodiscard]] bool turn_is_over() const override { return work_.turn_is_over(); }
  void respond(StreamId stream, Response&& response) override;
  void resume() override;
  void time_out() override;
  [[nodiscard]] std::optional<uint64_t> oldest_body_ms() const override;
  void time_out_bodies(uint64_t since) override;
  void drain() override;
  [[nodiscard]] bool finished() const override;
  [[nodiscard]] SessionPhase phase() const override;
  [[nodiscard]] bool reads_head() const override;
  [[nodiscard]] bool waits_for_peer() const override;

  /// Bytes of a body that never waits; also the initial window of a stream.
  static constexpr uint32_t kSmallBody = BodyBudget::kSmallBody;

 private:
  friend struct Http2Stream;
  friend struct Http2Callbacks;  // called by nghttp2

  //--- Events of nghttp2 while it reads
  void begin_stream(int32_t id);
  void head_ended(Http2Stream& stream, bool body_follows);
  void body_arrived(Http2Stream& stream, Bytes bytes);
  void request_ended(Http2Stream& stream);
  void stream_closed(Http2Stream& stream);
  void count_request();

  //--- Room for bodies
  [[nodiscard]] bool charge_head(Http2Stream& stream);
  void begin_body(Http2Stream& stream);
  void request_room(Http2Stream& stream, uint64_t size);
  void open_window(Http2Stream& stream);
  void send_continue(Http2Stream& stream);
  void room_granted(Http2Stream& stream, BodyCharge&& charge);
  void room_denied(Http2Stream& stream);

  //--- Sending
  void refuse(Http2Stream& stream, Refusal refusal);
  void submit(Http2Stream& stream, Response&& response);
  void charge_body(Http2Stream& stream, Response& response);
  bool gather_data(Http2Stream& stream, Bytes frame_head, size_t size);
  void flush();
  void send_gathered();
  void end_if_abused();
  void fail() noexcept { stage_ = Stage::Failed; }
  [[nodiscard]] Http2Stream* find(StreamId id) const;

  /// Result of collecting another frame.
  enum class Gathering : uint8_t {
    Open,
    Full,  // enough is collected: send it first
  };

  /// Open ──drain──► Draining; each ──no HTTP/2, a flood, an error of nghttp2──► Failed.
  enum class Stage : uint8_t {
    Open,
    Draining,  // GOAWAY is sent: further requests are ignored
    Failed,    // nothing more is read or sent
  };

  SessionOwner& owner_;
  const ServerLimits limits_;
  BodyAccount& account_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Http2Stream>> streams_;
  std::string gathered_;  // frames that are sent together; empty between calls
  Http2Work work_;
  uint32_t requests_ = 0;  // total
  uint32_t owed_ = 0;      // streams in that state
  Stage stage_ = Stage::Open;
  Gathering gathering_ = Gathering::Open;
  bool inside_ = false;  // nghttp2 is reading: frames are sent afterwards
};

struct FreeHttp2Callbacks {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};

/// Makes the callbacks for nghttp2. Each calls the session, which is its user data.
/// @{
[[nodiscard]] std::unique_ptr<nghttp2_session_callbacks, FreeHttp2Callbacks> make_http2_callbacks();
/// Reads the response's body from its stream. Lifetime: the stream outlives its use.
[[nodiscard]] nghttp2_data_provider http2_body_of(Http2Stream& stream);
/// @}

}  // namespace inlet53::http
