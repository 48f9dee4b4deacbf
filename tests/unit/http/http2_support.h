// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session_support.h"
#include <nghttp2/nghttp2.h>

namespace inlet53::http {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline nghttp2_nv nv(const std::string& name, const std::string& value) {
  const auto bytes = [](const std::string& text) {
    return const_cast<uint8_t*>(as_bytes(text).data());
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

inline Pairs get(const std::string& path, Pairs more = {}) {
  Pairs fields{{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline Pairs post(const std::string& path, Pairs more = {}) {
  Pairs fields = get(path, std::move(more));
  fields[0].second = "POST";
  return fields;
}

/// Client in memory: nghttp2's, connected to a session by `exchange`.
class Http2Client {
 public:
  struct Stream {
    std::vector<Pairs> heads;  // also of 1xx responses
    std::string body;
    bool ended = false;  // END_STREAM arrived
    bool closed = false;
    uint32_t error = 0;
    std::string upload;
    size_t uploaded = 0;
    bool stops_short = false;  // the upload does not end

    [[nodiscard]] std::string field(const std::string& name) const {
      if (heads.empty()) return "no response";
      for (const auto& [key, value] : heads.back()) {
        if (key == name) return value;
      }
      return "none";
    }
    [[nodiscard]] std::string status() const { return field(":status"); }
  };

  struct Options {
    bool manual_windows = false;  // consumes nothing without a request of the test
    uint32_t window = 65535;
    bool checks = true;  // refuses to send malformed messages
  };

  Http2Client() : Http2Client(Options{}) {}
  explicit Http2Client(const Options& options) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    if (options.manual_windows) nghttp2_option_set_no_auto_window_update(option, 1);
    if (!options.checks) nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_session_client_new2(&session, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.window};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &entry, 1);
  }
  ~Http2Client() { nghttp2_session_del(session); }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  int32_t send(const Pairs& fields, bool with_body = false, std::string body = {}) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields) list.push_back(nv(name, value));
    nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = read_body};
    const int32_t id = nghttp2_submit_request(session, nullptr, list.data(), list.size(),
                                              with_body ? &provider : nullptr, nullptr);
    streams[id].upload = std::move(body);
    return id;
  }
  void reset(int32_t id) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  }

  /// Removes and returns the bytes to be sent.
  std::string pop_output() {
    std::string out;
    const uint8_t* data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session, &data)) > 0;) {
      out += as_text({data, static_cast<size_t>(size)});
    }
    return out;
  }
  /// Transfers bytes in both directions until neither side has any.
  void exchange(TestConnection& server) {
    for (;;) {
      const std::string bytes = pop_output();
      if (!bytes.empty() && !server.is_congested) server.arrive(bytes);
      const std::string answer = server.pop_sent();
      if (bytes.empty() && answer.empty()) return;
      ASSERT_GE(nghttp2_session_mem_recv(session, as_bytes(answer).data(), answer.size()), 0);
    }
  }

  nghttp2_session* session = nullptr;
  std::map<int32_t, Stream> streams;
  bool went_away = false;
  uint32_t goaway_error = 0;

 private:
  static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    self(user).streams[frame->hd.stream_id].heads.emplace_back();
    return 0;
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* user) {
    self(user).streams[frame->hd.stream_id].heads.back().emplace_back(as_text({name, name_size}),
                                                                      as_text({value, value_size}));
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self(user).went_away = true;
      self(user).goaway_error = frame->goaway.error_code;
    }
    const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      self(user).streams[frame->hd.stream_id].ended = true;
    }
    return 0;
  }
  static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                     void* user) {
    self(user).streams[id].body += as_text({data, size});
    return 0;
  }
  static int on_close(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    self(user).streams[id].closed = true;
    self(user).streams[id].error = error;
    return 0;
  }
  static ssize_t read_body(nghttp2_session*, int32_t id, uint8_t* out, size_t room, uint32_t* flags,
                           nghttp2_data_source* source, void*) {
    Stream& stream = static_cast<Http2Client*>(source->ptr)->streams[id];
    const size_t size = stream.upload.copy(reinterpret_cast<char*>(out), room, stream.uploaded);
    stream.uploaded += size;
    if (size == 0 && stream.stops_short) return NGHTTP2_ERR_DEFERRED;
    if (stream.uploaded == stream.upload.size() && !stream.stops_short) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(size);
  }
};

//--- Frames made by hand

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string frame(uint8_t type, uint8_t flags, uint32_t id, std::string_view payload) {
  std::string out;
  const auto add = [&out](size_t byte) { out += static_cast<char>(byte & 0xff); };
  add(payload.size() >> 16);
  add(payload.size() >> 8);
  add(payload.size());
  add(type);
  add(flags);
  for (const int shift : {24, 16, 8, 0}) add(id >> shift);
  return out + std::string(payload);
}

/// Returns the preface and empty SETTINGS.
inline std::string connection_start() {
  return std::string(kPreface) + frame(NGHTTP2_SETTINGS, 0, 0, "");
}

/// Returns fields as HPACK literals without indexing and without Huffman; texts under 127 bytes.
inline std::string literals(const Pairs& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += '\0';
    out += static_cast<char>(name.size());
    out += name;
    out += static_cast<char>(value.size());
    out += value;
  }
  return out;
}

}  // namespace inlet53::http
