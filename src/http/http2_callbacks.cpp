// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "http2_session.h"

#include "inlet53/base/check.h"

namespace inlet53::http {

/// Callbacks of nghttp2. They are noexcept: no exception may pass through a C library.
struct Http2Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }
  // Afterwards nothing more is read (RFC 9113 §5.4.1), not even the rest of a header block.
  static int result_for(const Http2Session& session) noexcept {
    return session.work_.is_abuse() ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }

  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) noexcept {
    if (head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION) {
      self(user).work_.block_frame(head->type == NGHTTP2_HEADERS, head->length);
    }
    return result_for(self(user));
  }

  // A frame that nghttp2 answers itself: for example, a request over the limit of streams.
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int,
                              void* user) noexcept {
    const bool is_known = self(user).find(static_cast<StreamId>(frame->hd.stream_id)) != nullptr;
    if (frame->hd.type == NGHTTP2_HEADERS && !is_known) self(user).work_.wasted();
    return result_for(self(user));
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) self(user).begin_stream(frame->hd.stream_id);
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* user) noexcept {
    self(user).work_.add_field(name_size, value_size);
    Http2Stream* const stream = self(user).find(static_cast<StreamId>(frame->hd.stream_id));
    // Trailer fields are dropped.
    if (stream != nullptr && stream->state == Http2Stream::State::Head) {
      stream->head.add(as_text({name, name_size}), as_text({value, value_size}),
                       self(user).limits_);
    }
    return result_for(self(user));
  }

  // nghttp2 would drop such a field and continue with the others.
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                               const uint8_t*, size_t, uint8_t, void*) noexcept {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Http2Stream* const stream = self(user).find(static_cast<StreamId>(frame->hd.stream_id));
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (stream == nullptr) break;
        if (stream->state == Http2Stream::State::Head) self(user).head_ended(*stream, !ends);
        if (ends) self(user).request_ended(*stream);
        break;
      case NGHTTP2_DATA:
        // Padding carries no data either.
        if (frame->hd.length == frame->data.padlen && !ends) self(user).work_.carried_no_data();
        if (stream != nullptr && ends) self(user).request_ended(*stream);
        break;
      default:
        self(user).work_.carried_no_data();
        break;
    }
    return result_for(self(user));
  }

  static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                     size_t size, void* user) noexcept {
    nghttp2_session_consume_connection(session, size);
    Http2Stream* const stream = self(user).find(static_cast<StreamId>(id));
    if (stream != nullptr) self(user).body_arrived(*stream, {data, size});
    return 0;
  }

  static int on_stream_close(nghttp2_session*, int32_t id, uint32_t, void* user) noexcept {
    Http2Stream* const stream = self(user).find(static_cast<StreamId>(id));
    if (stream != nullptr) self(user).stream_closed(*stream);
    return 0;
  }

  // A response that ends before its request also tells the client to stop sending (RFC 9113 §8.1).
  static int on_frame_send(nghttp2_session* session, const nghttp2_frame* frame,
                           void* user) noexcept {
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const Http2Stream* const stream = self(user).find(static_cast<StreamId>(frame->hd.stream_id));
    if (stream != nullptr && !stream->request_ended) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  // A head that is too large to be sent (kMaxResponseHead). Sends nothing when the client has reset
  // the stream meanwhile (RFC 9113 §5.4.2).
  static int on_frame_not_send(nghttp2_session* session, const nghttp2_frame* frame, int,
                               void* user) noexcept {
    const bool is_open = self(user).find(static_cast<StreamId>(frame->hd.stream_id)) != nullptr;
    if (frame->hd.type == NGHTTP2_HEADERS && is_open) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_INTERNAL_ERROR);
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, int32_t, uint8_t*, size_t room, uint32_t* flags,
                           nghttp2_data_source* source, void*) noexcept {
    const Http2Stream& stream = *static_cast<const Http2Stream*>(source->ptr);
    const size_t left = stream.body.size() - stream.sent;
    const size_t size = std::min(left, room);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (size == left) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_head, size_t size,
                       nghttp2_data_source* source, void* user) noexcept {
    constexpr size_t kFrameHead = 9;
    Http2Stream& stream = *static_cast<Http2Stream*>(source->ptr);
    return self(user).gather_data(stream, {frame_head, kFrameHead}, size) ? 0
                                                                          : NGHTTP2_ERR_WOULDBLOCK;
  }
};

std::unique_ptr<nghttp2_session_callbacks, FreeHttp2Callbacks> make_http2_callbacks() {
  nghttp2_session_callbacks* all = nullptr;
  require_memory(nghttp2_session_callbacks_new(&all) == 0);
  nghttp2_session_callbacks_set_on_begin_frame_callback(all, Http2Callbacks::on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(all, Http2Callbacks::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(all, Http2Callbacks::on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(all, Http2Callbacks::on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(all, Http2Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all,
                                                               Http2Callbacks::on_invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, Http2Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(all, Http2Callbacks::on_stream_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(all, Http2Callbacks::on_frame_send);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(all, Http2Callbacks::on_frame_not_send);
  nghttp2_session_callbacks_set_send_data_callback(all, Http2Callbacks::send_data);
  return std::unique_ptr<nghttp2_session_callbacks, FreeHttp2Callbacks>(all);
}

nghttp2_data_provider http2_body_of(Http2Stream& stream) {
  return {.source = {.ptr = &stream}, .read_callback = Http2Callbacks::read_body};
}

}  // namespace inlet53::http
