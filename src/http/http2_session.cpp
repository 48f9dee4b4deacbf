#include "http2_session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "response_fields.h"

#include "inlet53/base/check.h"

namespace inlet53::http {

namespace {

// The window of a stream that has leave for a large body, and of the connection: enough for
// 50 MB/s over 20 ms.
constexpr int32_t kLargeWindow = 1 << 20;
constexpr size_t kGatherLimit = size_t{64} << 10;

// Frames that change nothing (WINDOW_UPDATE, PING, empty DATA) between two that do. A client needs
// some, but not without end (CVE-2019-9513, CVE-2019-9518). PRIORITY is not looked at at all.
constexpr uint32_t kMaxQuietFrames = 10000;
// By how many the requests given up may outnumber the answered ones, whoever reset the stream
// (CVE-2023-44487, CVE-2025-8671).
constexpr uint32_t kMaxAbandoned = 200;
// RST_STREAM frames at once and per second; nghttp2 ends the connection over that.
constexpr uint64_t kResetBurst = 256;
constexpr uint64_t kResetRate = 64;
// SETTINGS and PING that wait for their acknowledgement because the peer does not read.
constexpr size_t kMaxWaitingAcks = 128;
constexpr size_t kMaxContinuations = 8;
constexpr size_t kMaxSettings = 32;
constexpr size_t kMaxResponseHead = size_t{256} << 10;

struct FreeOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct FreeCallbacks {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};

std::unique_ptr<nghttp2_option, FreeOption> make_options() {
  nghttp2_option* option = nullptr;
  INLET53_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_stream_reset_rate_limit(option, kResetBurst, kResetRate);
  nghttp2_option_set_max_outbound_ack(option, kMaxWaitingAcks);
  nghttp2_option_set_max_continuations(option, kMaxContinuations);
  nghttp2_option_set_max_settings(option, kMaxSettings);
  nghttp2_option_set_max_send_header_block_length(option, kMaxResponseHead);
  return std::unique_ptr<nghttp2_option, FreeOption>(option);
}

nghttp2_nv field(std::string_view name, std::string_view value,
                 uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  const auto octets = [](std::string_view text) {
    return const_cast<uint8_t*>(as_bytes(text).data());  // nghttp2 copies them
  };
  return {octets(name), octets(value), name.size(), value.size(), flags};
}

}  // namespace

struct Http2Session::Stream {
  enum class State : uint8_t { Reading, Owed, Answered };

  int32_t id = 0;
  State state = State::Reading;
  bool head_ended = false;
  bool wants_room = false;  // for a large body
  bool has_room = false;
  bool request_ended = false;
  bool is_head = false;  // the method is HEAD
  size_t index = 0;      // in streams_
  Http2Request head;
  std::string body;  // of the response
  size_t sent = 0;   // of it
};

//--- What nghttp2 calls

struct Http2Session::Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) self(user).begin_stream(frame->hd.stream_id);
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* user) {
    Stream* const stream = self(user).find(static_cast<StreamId>(frame->hd.stream_id));
    // Trailer fields are dropped.
    if (stream == nullptr || stream->head_ended) return 0;
    stream->head.add(as_text({name, name_size}), as_text({value, value_size}), self(user).limits_);
    return 0;
  }

  // nghttp2 would drop such a field and go on with the rest.
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                               const uint8_t*, size_t, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Stream* const stream = self(user).find(static_cast<StreamId>(frame->hd.stream_id));
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (stream == nullptr) break;
        if (!stream->head_ended) self(user).head_ended(*stream, !ends);
        if (ends) self(user).request_ended(*stream);
        break;
      case NGHTTP2_DATA:
        if (frame->hd.length == 0 && !ends) self(user).quiet_frame_arrived();
        if (stream != nullptr && ends) self(user).request_ended(*stream);
        break;
      default:
        self(user).quiet_frame_arrived();
        break;
    }
    return 0;
  }

  static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                     size_t size, void* user) {
    nghttp2_session_consume_connection(session, size);
    Stream* const stream = self(user).find(static_cast<StreamId>(id));
    if (stream != nullptr) self(user).body_arrived(*stream, {data, size});
    return 0;
  }

  static int on_stream_close(nghttp2_session*, int32_t id, uint32_t, void* user) {
    Stream* const stream = self(user).find(static_cast<StreamId>(id));
    if (stream != nullptr) self(user).stream_closed(*stream);
    return 0;
  }

  // A response that ends before its request does says that the rest is not wanted
  // (RFC 9113 §8.1).
  static int on_frame_send(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const Stream* const stream = self(user).find(static_cast<StreamId>(frame->hd.stream_id));
    if (stream != nullptr && !stream->request_ended) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  // A head that is too large to be sent (kMaxResponseHead). When the client has reset the stream
  // meanwhile, nothing is to be said about it (RFC 9113 §5.4.2).
  static int on_frame_not_send(nghttp2_session* session, const nghttp2_frame* frame, int,
                               void* user) {
    const bool is_open = self(user).find(static_cast<StreamId>(frame->hd.stream_id)) != nullptr;
    if (frame->hd.type == NGHTTP2_HEADERS && is_open) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_INTERNAL_ERROR);
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, int32_t, uint8_t*, size_t room, uint32_t* flags,
                           nghttp2_data_source* source, void*) {
    const Stream& stream = *static_cast<const Stream*>(source->ptr);
    const size_t left = stream.body.size() - stream.sent;
    const size_t size = std::min(left, room);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (size == left) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_head, size_t size,
                       nghttp2_data_source* source, void* user) {
    constexpr size_t kFrameHead = 9;
    Stream& stream = *static_cast<Stream*>(source->ptr);
    return self(user).take_piece(stream, {frame_head, kFrameHead}, size) ? 0
                                                                         : NGHTTP2_ERR_WOULDBLOCK;
  }

  static std::unique_ptr<nghttp2_session_callbacks, FreeCallbacks> make() {
    nghttp2_session_callbacks* all = nullptr;
    INLET53_CHECK(nghttp2_session_callbacks_new(&all) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(all, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, on_frame_not_send);
    nghttp2_session_callbacks_set_send_data_callback(all, send_data);
    return std::unique_ptr<nghttp2_session_callbacks, FreeCallbacks>(all);
  }
};

//--- The session

Http2Session::Http2Session(SessionOwner& owner, const ServerLimits& limits)
    : owner_(owner), limits_(limits) {
  const auto callbacks = Callbacks::make();
  const auto options = make_options();
  INLET53_CHECK(nghttp2_session_server_new2(&session_, callbacks.get(), this, options.get()) == 0);
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kSmallBody},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.max_head},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  INLET53_CHECK(
      nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  INLET53_CHECK(
      nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kLargeWindow) == 0);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

Http2Session::Stream* Http2Session::find(StreamId id) const {
  return static_cast<Stream*>(
      nghttp2_session_get_stream_user_data(session_, static_cast<int32_t>(id)));
}

size_t Http2Session::received(Bytes stream) {
  if (finished()) return stream.size();
  inside_ = true;
  const ssize_t count = nghttp2_session_mem_recv(session_, stream.data(), stream.size());
  inside_ = false;
  // Errors of the protocol are answered by nghttp2 itself; this is no HTTP/2, or a flood.
  if (count < 0) failed_ = true;
  flush();
  return stream.size();
}

bool Http2Session::paused() const { return owner_.congested(); }

//--- Reading

void Http2Session::begin_stream(int32_t id) {
  if (draining_) {
    // Our GOAWAY says that it was not looked at: the client may send it again elsewhere.
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  auto stream = std::make_unique<Stream>();
  stream->id = id;
  stream->index = streams_.size();
  nghttp2_session_set_stream_user_data(session_, id, stream.get());
  streams_.push_back(std::move(stream));
}

void Http2Session::head_ended(Stream& stream, bool body_follows) {
  stream.head_ended = true;
  stream.is_head = stream.head.request().method == "HEAD";
  quiet_frames_ = 0;
  if (const auto refusal = stream.head.end_head(limits_)) return refuse(stream, *refusal);
  if (!body_follows) return;
  if (stream.head.wants_continue()) {
    const nghttp2_nv status = field(":status", "100");
    nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
  }
  if (stream.head.body_size() > kSmallBody) ask_for_room(stream);
}

void Http2Session::body_arrived(Stream& stream, Bytes octets) {
  quiet_frames_ = 0;
  if (stream.state != Stream::State::Reading) return;  // refused
  std::string& body = stream.head.request().body;
  if (octets.size() > limits_.max_body - body.size()) return refuse(stream, Refusal::BodyTooLarge);
  body += as_text(octets);
  if (stream.has_room) {
    nghttp2_session_consume_stream(session_, stream.id, octets.size());
  } else if (body.size() > kSmallBody / 2) {
    ask_for_room(stream);
  }
}

void Http2Session::request_ended(Stream& stream) {
  stream.request_ended = true;
  if (stream.state != Stream::State::Reading) return;
  stream.state = Stream::State::Owed;
  ++owed_;
  ++requests_;
  if (limits_.max_requests != 0 && requests_ >= limits_.max_requests) drain();
  owner_.request_received(static_cast<StreamId>(stream.id), std::move(stream.head.request()));
}

void Http2Session::stream_closed(Stream& stream) {
  const auto id = static_cast<StreamId>(stream.id);
  const bool owed = stream.state == Stream::State::Owed;
  if (owed) --owed_;
  if (stream.has_room) --large_bodies_;
  nghttp2_session_set_stream_user_data(session_, stream.id, nullptr);
  const size_t index = stream.index;
  std::swap(streams_[index], streams_.back());
  streams_[index]->index = index;
  streams_.pop_back();
  give_room_to_next();
  if (!owed) return;
  owner_.request_abandoned(id);
  if (++abandoned_ > answered_ + kMaxAbandoned) end_for_abuse();
}

void Http2Session::quiet_frame_arrived() {
  if (++quiet_frames_ > kMaxQuietFrames) end_for_abuse();
}

//--- Large bodies

void Http2Session::ask_for_room(Stream& stream) {
  if (stream.has_room || stream.wants_room) return;
  if (large_bodies_ < kLargeBodies) return give_room(stream);
  stream.wants_room = true;
}

void Http2Session::give_room(Stream& stream) {
  stream.wants_room = false;
  stream.has_room = true;
  ++large_bodies_;
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, stream.id, kLargeWindow);
  nghttp2_session_consume_stream(session_, stream.id, stream.head.request().body.size());
}

void Http2Session::give_room_to_next() {
  if (large_bodies_ >= kLargeBodies) return;
  Stream* next = nullptr;  // who came first
  for (const auto& stream : streams_) {
    if (stream->wants_room && (next == nullptr || stream->id < next->id)) next = stream.get();
  }
  if (next != nullptr) give_room(*next);
}

//--- Answering

void Http2Session::respond(StreamId id, Response&& response) {
  Stream* const stream = find(id);
  if (stream == nullptr || stream->state != Stream::State::Owed) return;
  --owed_;
  ++answered_;
  submit(*stream, std::move(response));
  if (!inside_) flush();
}

void Http2Session::refuse(Stream& stream, Refusal refusal) {
  stream.head.request().body = {};
  submit(stream, owner_.refuse(refusal));
}

void Http2Session::submit(Stream& stream, Response&& response) {
  if (response.status < 200 || response.status > 599) response.status = 500;
  stream.state = Stream::State::Answered;
  if (stream.has_room) --large_bodies_;
  stream.has_room = stream.wants_room = false;
  give_room_to_next();
  const bool with_body = has_body(response.status) && !stream.is_head;

  std::array<char, 3> status;
  std::to_chars(status.data(), status.data() + status.size(), response.status);
  std::array<char, 20> length;
  const char* const length_end =
      std::to_chars(length.data(), length.data() + length.size(), response.body.size()).ptr;
  std::vector<nghttp2_nv> fields;
  fields.reserve(response.fields.size() + 2);
  fields.push_back(field(":status", {status.data(), status.size()}));
  for (const Field& one : response.fields) {
    if (!may_send(one)) continue;
    // Else such values would push those out of the table that come again.
    const bool repeated = !is_never_repeated(one.name);
    fields.push_back(
        field(one.name, one.value, repeated ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX));
  }
  if (has_body(response.status)) {
    fields.push_back(field("content-length", {length.data(), length_end}));
  }

  if (with_body) stream.body = std::move(response.body);
  nghttp2_data_provider body{.source = {.ptr = &stream}, .read_callback = Callbacks::read_body};
  const bool sends_body = !stream.body.empty();
  if (nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(),
                              sends_body ? &body : nullptr) != 0) {
    failed_ = true;
  }
}

// Takes a DATA frame from the body to what is gathered: its one copy on the way. False: later.
bool Http2Session::take_piece(Stream& stream, Bytes frame_head, size_t size) {
  if (gathered_.size() >= kGatherLimit) {
    full_ = true;
    return false;
  }
  quiet_frames_ = 0;
  gathered_ += as_text(frame_head);
  gathered_.append(stream.body, stream.sent, size);
  stream.sent += size;
  return true;
}

void Http2Session::flush() {
  while (!failed_ && !owner_.congested()) {
    full_ = false;
    const uint8_t* frames = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &frames);
    if (size < 0) failed_ = true;
    if (size > 0) gathered_ += as_text({frames, static_cast<size_t>(size)});
    if (size <= 0 && !full_) break;
    if (full_ || gathered_.size() >= kGatherLimit) send_gathered();
  }
  send_gathered();
  gathered_ = {};
}

void Http2Session::send_gathered() {
  if (!gathered_.empty()) owner_.send_octets(as_bytes(gathered_));
  gathered_.clear();
}

void Http2Session::resume() { flush(); }

//--- Ending

void Http2Session::time_out() {
  for (const auto& stream : streams_) {
    if (stream->state == Stream::State::Reading) refuse(*stream, Refusal::RequestTimeout);
  }
  drain();
}

void Http2Session::drain() {
  if (!std::exchange(draining_, true)) {
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }
  if (!inside_) flush();
}

void Http2Session::end_for_abuse() {
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

bool Http2Session::finished() const {
  return failed_ ||
         (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

SessionPhase Http2Session::phase() const {
  if (streams_.empty()) return SessionPhase::Idle;
  bool reads_body = false;
  for (const auto& stream : streams_) {
    if (stream->state != Stream::State::Reading) return SessionPhase::Responding;
    reads_body = reads_body || stream->head_ended;
  }
  return reads_body ? SessionPhase::ReadingBody : SessionPhase::ReadingHead;
}

bool Http2Session::waits_for_peer() const {
  return owed_ == 0 && std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) {
           return stream->state == Stream::State::Answered;
         });
}

}  // namespace inlet53::http
