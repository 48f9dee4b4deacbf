#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http2_request.h"
#include <nghttp2/nghttp2.h>

#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// One HTTP/2 connection, over nghttp2. A stream:
///
///   Reading ──► Owed ──► Answered ──► closed
///      └─ refused ──────────┘
///
/// What bounds memory: `max_streams` streams; bodies beyond kSmallBody are let in kLargeBodies at a
/// time, by the streams' windows (the connection's window never holds anybody up, so that none
/// waits for another in a circle). What bounds work: nghttp2's limits on resets, acknowledgements,
/// CONTINUATION and SETTINGS, and two here: requests given up, and frames that say nothing.
class Http2Session final : public ServerSession {
 public:
  Http2Session(SessionOwner& owner, const ServerLimits& limits);
  ~Http2Session() override;
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  size_t received(Bytes stream) override;
  [[nodiscard]] bool paused() const override;
  void respond(StreamId stream, Response&& response) override;
  void resume() override;
  void time_out() override;
  void drain() override;
  [[nodiscard]] bool finished() const override;
  [[nodiscard]] SessionPhase phase() const override;
  [[nodiscard]] bool waits_for_peer() const override;

  /// Octets of a body that need nobody's leave; the window that a stream begins with.
  static constexpr uint32_t kSmallBody = 64U << 10;
  static constexpr uint32_t kLargeBodies = 2;

 private:
  struct Stream;
  struct Callbacks;  // what nghttp2 calls

  //--- What nghttp2 says, while it reads
  void begin_stream(int32_t id);
  void head_ended(Stream& stream, bool body_follows);
  void body_arrived(Stream& stream, Bytes octets);
  void request_ended(Stream& stream);
  void stream_closed(Stream& stream);
  void quiet_frame_arrived();

  //--- Large bodies
  void ask_for_room(Stream& stream);
  void give_room(Stream& stream);
  void give_room_to_next();

  //--- Sending
  void refuse(Stream& stream, Refusal refusal);
  void submit(Stream& stream, Response&& response);
  bool take_piece(Stream& stream, Bytes frame_head, size_t size);
  void flush();
  void send_gathered();
  void end_for_abuse();
  [[nodiscard]] Stream* find(StreamId id) const;

  SessionOwner& owner_;
  const ServerLimits limits_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::string gathered_;       // frames that go out together; empty between calls
  uint32_t requests_ = 0;      // all that came
  uint32_t answered_ = 0;      // of them
  uint32_t abandoned_ = 0;     // given up by the client while owed
  uint32_t quiet_frames_ = 0;  // since something was said last
  uint32_t owed_ = 0;          // streams of that state
  uint32_t large_bodies_ = 0;  // streams that have room for one
  bool inside_ = false;        // nghttp2 is reading: what is said goes out afterwards
  bool full_ = false;          // enough is gathered
  bool draining_ = false;
  bool failed_ = false;
};

}  // namespace inlet53::http
