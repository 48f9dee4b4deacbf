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

/// One HTTP/2 connection, over nghttp2. A stream:
///
///   Head ──► Body ──► Owed ──► Answered ──► closed
///     └────────┴─ refused ──────┘
///
/// Memory bounds: `max_streams` streams; of each, a large head and the body have room in the
/// budget before they are kept. A stream begins with a window of kSmallBody, and with room for as
/// much or 503, unless it says that its body is larger; that gets a window when the budget has room
/// for all of it (the connection's window never holds anybody up, so that none waits for another in
/// a circle). Work bounds: `Http2Work`, and nghttp2's limits on resets, acknowledgements,
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

  /// Bytes of a body up to which it waits for nothing; the window that a stream begins with.
  static constexpr uint32_t kSmallBody = BodyBudget::kSmallBody;

 private:
  friend struct Http2Stream;
  friend struct Http2Callbacks;  // what nghttp2 calls

  //--- What nghttp2 says, while it reads
  void begin_stream(int32_t id);
  void head_ended(Http2Stream& stream, bool body_follows);
  void body_arrived(Http2Stream& stream, Bytes octets);
  void request_ended(Http2Stream& stream);
  void stream_closed(Http2Stream& stream);
  void count_request();

  //--- Room for bodies
  [[nodiscard]] bool charge_head(Http2Stream& stream);
  void begin_body(Http2Stream& stream);
  void ask_for_room(Http2Stream& stream, uint64_t size);
  void open_window(Http2Stream& stream);
  void say_continue(Http2Stream& stream);
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

  /// Use of further frames that are ready to be sent.
  enum class Gathering : uint8_t {
    Open,
    Full,  // enough is gathered: it goes out first
  };

  /// Open ──drain──► Draining; each ──no HTTP/2, a flood, an error of nghttp2──► Failed.
  enum class Stage : uint8_t {
    Open,
    Draining,  // GOAWAY is said: no further request is looked at
    Failed,    // nothing more is read or sent
  };

  SessionOwner& owner_;
  const ServerLimits limits_;
  BodyAccount& account_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Http2Stream>> streams_;
  std::string gathered_;  // frames that go out together; empty between calls
  Http2Work work_;
  uint32_t requests_ = 0;  // all that came
  uint32_t owed_ = 0;      // streams of that state
  Stage stage_ = Stage::Open;
  Gathering gathering_ = Gathering::Open;
  bool inside_ = false;  // nghttp2 is reading: what is said goes out afterwards
};

}  // namespace inlet53::http
