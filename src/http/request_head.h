// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// Head of a request with its body and connection properties.
struct RequestHead {
  Request request;              // without its body
  bool chunked = false;         // the body uses the chunked coding
  uint64_t body_size = 0;       // when it does not
  bool keep_alive = false;      // the client may send more requests
  bool wants_continue = false;  // it waits for 100 (Continue) before it sends the body
};

/// Parses a whole head. `head`: from the request line to the empty line, as `HeadScanner` found it,
/// with `lines` lines. Both llhttp and the rules here must accept it. The rules refuse
///  - a request line other than method SP target SP version,
///  - HTTP/1.1 without Host, several Hosts, a Host that is not an authority,
///  - Content-Length or Transfer-Encoding in several lines (even with one value), or both of them,
///  - a Content-Length that is not a plain number, Transfer-Encoding in HTTP/1.0,
///  - `chunked` followed by another coding (RFC 9112 §6.3), any coding except `chunked` alone
///    (501),
///  - CONNECT (Malformed), a target with a fragment, `*` with a method other than OPTIONS.
/// For a target in absolute form, its authority also replaces the Host field, as RFC 9112 §3.2.2
/// requires. Expectations other than 100-continue are ignored (permitted by RFC 9110 §10.1.1).
/// Errors: Malformed, BodyTooLarge (by Content-Length), TargetTooLong, FieldsTooLarge,
/// UnsupportedCoding, UnsupportedVersion. Threads: any. Source: RFC 9112.
[[nodiscard]] Result<RequestHead, Refusal> parse_request_head(Bytes head, uint32_t lines,
                                                              const ServerLimits& limits);

}  // namespace inlet53::http
