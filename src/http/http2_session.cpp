// SPDX-License-Identifier: Apache-2.0
#include "http2_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "body_room.h"
#include "http2_stream.h"

#include "inlet53/base/check.h"
#include "inlet53/base/memory.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

using State = Http2Stream::State;
using Room = Http2Stream::Room;

// Window of a stream with memory for a large body, and of the connection: enough for 50 MB/s with a
// delay of 20 ms.
constexpr int32_t kLargeWindow = 1 << 20;
constexpr size_t kGatherLimit = size_t{64} << 10;
// Capacity for the frames of a small response, so that the buffer seldom grows.
constexpr size_t kGatherRoom = 1024;
// Number of bytes passed to nghttp2 in one call: the turn may end between two pieces. A piece can
// hold 50 heads that expand to 64 KiB each.
constexpr size_t kPiece = size_t{2} << 10;

// RST_STREAM frames at once and per second. nghttp2 ends the connection above that.
constexpr uint64_t kResetBurst = 256;
constexpr uint64_t kResetRate = 64;
// Limit of SETTINGS and PING acknowledgements that wait because the peer does not read.
constexpr size_t kMaxWaitingAcks = 128;
// A head of 64 KiB in frames of 16 KiB. nghttp2 decodes a block of a refused stream without a
// callback, so this limits the block.
constexpr size_t kMaxContinuations = 4;
constexpr size_t kMaxSettings = 32;
constexpr size_t kMaxResponseHead = size_t{256} << 10;

struct FreeOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

std::unique_ptr<nghttp2_option, FreeOption> make_options() {
  nghttp2_option* option = nullptr;
  require_memory(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_stream_reset_rate_limit(option, kResetBurst, kResetRate);
  nghttp2_option_set_max_outbound_ack(option, kMaxWaitingAcks);
  nghttp2_option_set_max_continuations(option, kMaxContinuations);
  nghttp2_option_set_max_settings(option, kMaxSettings);
  nghttp2_option_set_max_send_header_block_length(option, kMaxResponseHead);
  return std::unique_ptr<nghttp2_option, FreeOption>(option);
}

}  // namespace

Http2Session::Http2Session(SessionOwner& owner, const ServerLimits& limits, BodyAccount& account)
    : owner_(owner), limits_(limits), account_(account), work_(limits.max_head) {
  const auto callbacks = make_http2_callbacks();
  const auto options = make_options();
  require_memory(nghttp2_session_server_new2(&session_, callbacks.get(), this, options.get()) == 0);
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kSmallBody},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.max_head},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  require_memory(
      nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  require_memory(
      nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kLargeWindow) == 0);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

Http2Stream* Http2Session::find(StreamId id) const {
  return static_cast<Http2Stream*>(
      nghttp2_session_get_stream_user_data(session_, static_cast<int32_t>(id)));
}

size_t Http2Session::received(Bytes stream) {
  if (finished()) return stream.size();
  if (turn_is_over()) return 0;
  size_t done = 0;
  do {
    const Bytes piece = stream.subspan(done, std::min(kPiece, stream.size() - done));
    inside_ = true;
    const ssize_t count = nghttp2_session_mem_recv(session_, piece.data(), piece.size());
    inside_ = false;
    done += piece.size();
    end_if_abused();
    // nghttp2 answers protocol errors itself; a negative result means that this is not HTTP/2, a
    // flood or abuse.
    if (count < 0) {
      flush();
      fail();
    }
  } while (done < stream.size() && stage_ != Stage::Failed && !turn_is_over());
  flush();
  return finished() ? stream.size() : done;
}

bool Http2Session::paused() const { return owner_.congested() || turn_is_over(); }

//--- Reading

void Http2Session::begin_stream(int32_t id) {
  work_.request_began();
  if (stage_ != Stage::Open) {
    // GOAWAY tells the client that this request was not processed: it may send it again elsewhere.
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  auto stream = std::make_unique<Http2Stream>(*this, id);
  stream->index = streams_.size();
  nghttp2_session_set_stream_user_data(session_, id, stream.get());
  streams_.push_back(std::move(stream));
}

void Http2Session::head_ended(Http2Stream& stream, bool body_follows) {
  work_.carried_data();
  Request& request = stream.head.request();
  stream.is_head = request.method == "HEAD";
  if (const auto refusal = stream.head.end_head(limits_)) return refuse(stream, *refusal);
  if (!charge_head(stream)) return refuse(stream, Refusal::NoRoom);
  stream.state = State::Body;
  if (!body_follows) return;
  stream.wants_continue = stream.head.wants_continue();
  HeadDecision decision = owner_.head_received(static_cast<StreamId>(stream.id), request);
  if (auto* response = std::get_if<Response>(&decision)) {
    count_request();
    work_.answered();
    return submit(stream, std::move(*response));
  }
  stream.body_use = std::get<BodyUse>(decision);
  stream.body_use == BodyUse::Discard ? open_window(stream) : begin_body(stream);
}

// A few bytes of HPACK may expand to a large head.
bool Http2Session::charge_head(Http2Stream& stream) {
  const uint64_t bytes = stream.head.head_bytes();
  if (bytes <= BodyBudget::kSmallHead ||
      account_.budget.try_charge(account_, bytes, stream.head_charge)) {
    return true;
  }
  account_.budget.count_refused();
  return false;
}

void Http2Session::body_arrived(Http2Stream& stream, Bytes octets) {
  work_.carried_data();
  if (stream.state != State::Body) return;  // it has its response
  Request& request = stream.head.request();
  if (octets.size() > limits_.max_body - request.body.size() - stream.discarded) {
    return refuse(stream, Refusal::BodyTooLarge);
  }
  if (stream.body_use == BodyUse::Discard) {
    stream.body_ms = owner_.reading_ms();
    stream.discarded += octets.size();
    nghttp2_session_consume_stream(session_, stream.id, octets.size());
    return;
  }
  if (request.body.size() + octets.size() > request.charge.bytes()) {
    account_.budget.count_refused();
    return refuse(stream, Refusal::NoRoom);
  }
  stream.body_ms = owner_.reading_ms();
  set_room(request.body, ample_room(request.body, octets.size(), request.charge.bytes()));
  request.body += as_text(octets);
  if (stream.room == Room::Large) {
    nghttp2_session_consume_stream(session_, stream.id, octets.size());
  } else if (stream.head.body_size() == 0 && request.body.size() > kSmallBody / 2) {
    request_room(stream, limits_.max_body);
  }
}

void Http2Session::request_ended(Http2Stream& stream) {
  stream.request_ended = true;
  if (stream.state != State::Body) return;
  stream.state = State::Owed;
  stream.wait.cancel();
  ++owed_;
  count_request();
  Request& request = stream.head.request();
  request.charge.shrink_to(held_bytes(request.body, request.charge.bytes()));
  request.charge.add(std::move(stream.head_charge));
  owner_.request_received(static_cast<StreamId>(stream.id), std::move(request));
}

void Http2Session::count_request() {
  ++requests_;
  if (limits_.max_requests != 0 && requests_ >= limits_.max_requests) drain();
}

void Http2Session::stream_closed(Http2Stream& stream) {
  const auto id = static_cast<StreamId>(stream.id);
  const State state = stream.state;
  nghttp2_session_set_stream_user_data(session_, stream.id, nullptr);
  const size_t index = stream.index;
  std::swap(streams_[index], streams_.back());
  streams_[index]->index = index;
  streams_.pop_back();
  switch (state) {
    case State::Head:
      return work_.wasted();
    case State::Body:
      work_.wasted();
      return owner_.request_abandoned(id);
    case State::Owed:
      --owed_;
      work_.abandoned();
      return owner_.request_abandoned(id);
    case State::Answered:
      return;
  }
}

//--- Memory for bodies

// A small body is charged at once, or the request gets 503: its client needs no window to send it.
// A larger body waits for memory for the whole body. If not even a small one fits, it has no memory
// until then: `body_arrived` refuses a client that sends meanwhile.
void Http2Session::begin_body(Http2Stream& stream) {
  stream.body_ms = owner_.reading_ms();
  const uint64_t length = stream.head.body_size();  // 0: unknown
  const uint64_t small = std::min<uint64_t>(kSmallBody, length != 0 ? length : limits_.max_body);
  Request& request = stream.head.request();
  const bool fits = account_.budget.try_charge(account_, small, request.charge);
  if (length > kSmallBody) return request_room(stream, length);
  if (!fits) {
    account_.budget.count_refused();
    return refuse(stream, Refusal::NoRoom);
  }
  request.body.reserve(length);
  send_continue(stream);
}

void Http2Session::request_room(Http2Stream& stream, uint64_t size) {
  if (stream.room != Room::Small) return;
  BodyCharge& charge = stream.head.request().charge;
  const uint64_t more = size - charge.bytes();
  const bool fits =
      account_.budget.charge_or_wait(account_, more, charge, stream, stream.wait, owner_.now_ms());
  if (fits) return open_window(stream);
  stream.room = Room::Waiting;
}

void Http2Session::open_window(Http2Stream& stream) {
  stream.room = Room::Large;
  stream.body_ms = owner_.reading_ms();
  if (stream.body_use == BodyUse::Keep)
    set_room(stream.head.request().body, stream.head.body_size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, stream.id, kLargeWindow);
  nghttp2_session_consume_stream(session_, stream.id, stream.head.request().body.size());
  send_continue(stream);
}

void Http2Session::send_continue(Http2Stream& stream) {
  if (!std::exchange(stream.wants_continue, false)) return;
  const nghttp2_nv status = http2_field(":status", "100");
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
}

void Http2Session::room_granted(Http2Stream& stream, BodyCharge&& charge) {
  stream.head.request().charge.add(std::move(charge));
  open_window(stream);
  flush();
  owner_.room_decided();
}

void Http2Session::room_denied(Http2Stream& stream) {
  refuse(stream, Refusal::NoRoom);
  flush();  // may destroy the stream
  owner_.room_decided();
}

void Http2Stream::room_granted(BodyCharge&& charge) {
  session.room_granted(*this, std::move(charge));
}
void Http2Stream::room_denied() { session.room_denied(*this); }

//--- Answering

void Http2Session::respond(StreamId id, Response&& response) {
  Http2Stream* const stream = find(id);
  if (stream == nullptr || stream->state != State::Owed) return;
  --owed_;
  work_.answered();
  submit(*stream, std::move(response));
  if (!inside_) flush();
}

void Http2Session::refuse(Http2Stream& stream, Refusal refusal) {
  if (refusal != Refusal::NoRoom) work_.wasted();
  if (stream.state == State::Body) owner_.request_abandoned(static_cast<StreamId>(stream.id));
  submit(stream, owner_.refuse(refusal));
}

void Http2Session::submit(Http2Stream& stream, Response&& response) {
  const bool has_request = stream.state != State::Owed;
  stream.state = State::Answered;
  stream.wait.cancel();
  if (has_request) release_memory(stream.head.request());
  stream.head_charge.release();
  if (!stream.is_head) charge_body(stream, response);
  if (response.status < 200 || response.status > 599) response.status = 500;
  const Http2ResponseHead head(response);
  if (has_body(response.status) && !stream.is_head) stream.body = std::move(response.body);
  const nghttp2_data_provider body = http2_body_of(stream);
  if (nghttp2_submit_response(session_, stream.id, head.fields().data(), head.fields().size(),
                              stream.body.empty() ? nullptr : &body) != 0) {
    fail();
  }
}

// A small response is always sent: it may belong to a call that has already run, and max_streams
// limits their number. A larger one must fit in the budget, or becomes 503.
void Http2Session::charge_body(Http2Stream& stream, Response& response) {
  if (!account_.budget.charge_response(account_, response.body.size(), response.charge)) {
    response = owner_.refuse(Refusal::NoRoom);
    account_.budget.set_charge(account_, response.body.size(), response.charge);
  }
  stream.body_charge = std::move(response.charge);
}

// Copies a DATA frame from the body to the collected bytes: the only copy. Returns false to try
// later.
bool Http2Session::gather_data(Http2Stream& stream, Bytes frame_head, size_t size) {
  if (gathered_.size() >= kGatherLimit) {
    gathering_ = Gathering::Full;
    return false;
  }
  work_.carried_data();
  gathered_ += as_text(frame_head);
  gathered_.append(stream.body, stream.sent, size);
  stream.sent += size;
  return true;
}

void Http2Session::flush() {
  while (stage_ != Stage::Failed && !owner_.congested()) {
    gathering_ = Gathering::Open;
    const uint8_t* frames = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &frames);
    if (size < 0) fail();
    if (size > 0) gathered_.reserve(kGatherRoom);
    if (size > 0) gathered_ += as_text({frames, static_cast<size_t>(size)});
    const bool is_full = gathering_ == Gathering::Full;
    if (size <= 0 && !is_full) break;
    if (is_full || gathered_.size() >= kGatherLimit) send_gathered();
  }
  send_gathered();
  release_memory(gathered_);
}

void Http2Session::send_gathered() {
  if (!gathered_.empty()) owner_.send_bytes(as_bytes(gathered_));
  gathered_.clear();
}

void Http2Session::resume() { flush(); }

//--- Ending

void Http2Session::time_out() {
  for (const auto& stream : streams_) {
    if (stream->state == State::Head || stream->state == State::Body) {
      refuse(*stream, Refusal::RequestTimeout);
    }
  }
  drain();
}

std::optional<uint64_t> Http2Session::oldest_body_ms() const {
  std::optional<uint64_t> oldest;
  for (const auto& stream : streams_) {
    if (!stream->reads_body()) continue;
    oldest = std::min(stream->body_ms, oldest.value_or(stream->body_ms));
  }
  return oldest;
}

void Http2Session::time_out_bodies(uint64_t since) {
  for (const auto& stream : streams_) {
    if (stream->reads_body() && stream->body_ms <= since) refuse(*stream, Refusal::RequestTimeout);
  }
  flush();
}

void Http2Session::drain() {
  if (stage_ == Stage::Open) {
    stage_ = Stage::Draining;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }
  if (!inside_) flush();
}

void Http2Session::end_if_abused() {
  if (!work_.is_abuse()) return;
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

bool Http2Session::finished() const {
  return stage_ == Stage::Failed ||
         (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

SessionPhase Http2Session::phase() const {
  if (streams_.empty()) return SessionPhase::Idle;
  SessionPhase phase = SessionPhase::ReadingHead;
  for (const auto& stream : streams_) {
    if (stream->state == State::Owed || stream->state == State::Answered) {
      return SessionPhase::Responding;
    }
    if (stream->state != State::Body || phase == SessionPhase::ReadingBody) continue;
    phase =
        stream->room == Room::Waiting ? SessionPhase::WaitingForRoom : SessionPhase::ReadingBody;
  }
  return phase;
}

bool Http2Session::reads_head() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return stream->state == State::Head; });
}

bool Http2Session::waits_for_peer() const {
  return owed_ == 0 && std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) {
           return stream->state == State::Answered;
         });
}

}  // namespace inlet53::http
