// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/http/server_session.h"

namespace inlet53::http {

/// A request's head, and what it says of the body and the connection.
struct RequestHead {
  Request request;              // without its body
  bool chunked = false;         // the body is in chunks
  uint64_t body_size = 0;       // when it is not
  bool keep_alive = false;      // the client would send more requests
  bool wants_continue = false;  // it waits for 100 (Continue) before it sends the body
};

/// Parses a whole head. `head`: from the request line to the empty line, as `HeadScanner` found it,
/// with `lines` lines. Two readers must agree on it: llhttp, and the rules here, which refuse
///  - a request line other than method SP target SP version,
///  - HTTP/1.1 without Host, several Hosts, a Host that is no authority,
///  - Content-Length or Transfer-Encoding in several lines (even of one value), or both of them,
///  - a Content-Length that is no plain number, Transfer-Encoding in HTTP/1.0,
///  - `chunked` with a coding behind it (RFC 9112 §6.3), all others but `chunked` alone (501),
///  - CONNECT (Malformed), a target with a fragment, `*` of other methods than OPTIONS.
/// Of a target in absolute form the authority counts, also for the Host field, as RFC 9112 §3.2.2
/// has it. Expectations other than 100-continue are ignored (RFC 9110 §10.1.1 allows it).
/// Errors: Malformed, BodyTooLarge (by Content-Length), TargetTooLong, FieldsTooLarge,
/// UnsupportedCoding, UnsupportedVersion. Threads: any. Source: RFC 9112.
[[nodiscard]] Result<RequestHead, Refusal> parse_request_head(Bytes head, uint32_t lines,
                                                              const ServerLimits& limits);

}  // namespace inlet53::http
