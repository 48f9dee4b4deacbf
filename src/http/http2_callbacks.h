// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "http2_stream.h"
#include <nghttp2/nghttp2.h>

namespace inlet53::http {

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
