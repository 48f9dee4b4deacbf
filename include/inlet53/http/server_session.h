// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "inlet53/base/bytes.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"

/// Server side of one HTTP connection, over any byte stream.
///
///   received ──► head_received ──► (body arrives) ──► request_received ──► respond ──► send_bytes
///                   └─ with a response: sent at once; the session drops the body
///
/// Threads: one at a time. Inside `request_received`, an owner may call `respond`. It must not call
/// other functions of the session inside a callback, or destroy the session there.
namespace inlet53::http {

/// Identifies a request within its connection. HTTP/1.1 counts from 1; HTTP/2 uses its stream
/// identifiers.
using StreamId = uint32_t;

/// Reason why a session itself responds to a request. Source: RFC 9110 §15, RFC 9112, RFC 6585.
enum class Refusal : uint8_t {
  Malformed,           // 400: not HTTP, or ambiguous HTTP (request smuggling)
  RequestTimeout,      // 408
  BodyTooLarge,        // 413
  TargetTooLong,       // 414
  FieldsTooLarge,      // 431
  UnsupportedCoding,   // 501: a transfer coding other than chunked
  NoRoom,              // 503: the body of the request or response does not fit in the budget
  UnsupportedVersion,  // 505
};

/// Returns the status code.
[[nodiscard]] uint16_t refusal_status(Refusal refusal) noexcept;

/// Limits of one session.
struct ServerLimits {
  uint32_t max_target = 10240;  // bytes of path and query
  /// Bytes of all field values of a request together; `max_head` and `max_fields` limit the names.
  uint32_t max_field_values = 10240;
  /// Bytes of a request's head, with field names. HTTP/2 adds 32 bytes for each field, as defined
  /// for SETTINGS_MAX_HEADER_LIST_SIZE.
  uint32_t max_head = 64U << 10;
  uint32_t max_fields = 200;     // field lines of a request
  uint32_t max_body = 10485760;  // bytes, decoded
  uint32_t max_streams = 128;    // HTTP/2: concurrent requests (SETTINGS_MAX_CONCURRENT_STREAMS)
  uint32_t max_requests = 0;     // the connection ends after this many; 0: no limit
};

/// Activity of a session, for the timeouts of its connection.
enum class SessionPhase : uint8_t {
  Idle,            // between requests
  ReadingHead,     // part of a request's head has arrived
  ReadingBody,     // a request's head has arrived, its body has not
  WaitingForRoom,  // as ReadingBody, but the body has no room in the budget and is not read
  Responding,      // a complete request waits for its response, or a response is being sent
};

/// Handling of the body of an accepted request.
enum class BodyUse : uint8_t {
  Keep,     // `request_received` gets the body
  Discard,  // the session reads and drops the body; `request_received` gets an empty one
};

/// Result of `head_received`: a response, which refuses the body, or the use of the body.
using HeadDecision = std::variant<BodyUse, Response>;

/// Owner of a session, usually its connection: receives the requests and provides the clock and the
/// output.
class SessionOwner {
 public:
  /// Receives the head of a request that has a body; `head.body` is empty. If the owner returns a
  /// response, the session sends it at once, without 100 (Continue), and drops the body. Otherwise
  /// `request_received` follows when the body has arrived. The owner may move from `head`; the
  /// request of `request_received` then has only the body and its charge. Not called for a request
  /// without a body.
  virtual HeadDecision head_received(StreamId stream, Request& head) = 0;
  /// Receives a complete request. The owner calls `respond` inside this call or later.
  virtual void request_received(StreamId stream, Request&& request) = 0;
  /// Reports that a request of `head_received` or `request_received` has ended without a response:
  /// the client has reset its stream, or the session has refused the rest of it. Not called when
  /// the connection ends.
  virtual void request_abandoned(StreamId stream) = 0;
  /// Returns the response to a request that the session refuses.
  virtual Response refuse(Refusal refusal) = 0;
  /// Sends bytes to the peer, after those of earlier calls. Sends or copies them before it returns.
  virtual void send_bytes(Bytes bytes) = 0;
  /// Returns true if the peer reads too slowly: the session sends nothing until the owner calls
  /// `resume`.
  [[nodiscard]] virtual bool congested() const = 0;
  /// Reports that the budget has granted or denied memory for a body outside of any call of the
  /// session. `paused` and `finished` may have changed.
  virtual void room_decided() = 0;
  /// Returns the time of a monotonic clock in milliseconds.
  [[nodiscard]] virtual uint64_t now_ms() const = 0;
  /// Returns the time in milliseconds of a clock that stops while bytes wait for the peer to read
  /// them.
  [[nodiscard]] virtual uint64_t reading_ms() const { return now_ms(); }

 protected:
  ~SessionOwner() = default;
};

/// Server side of one HTTP connection.
class ServerSession {
 public:
  virtual ~ServerSession() = default;

  /// Parses bytes: `stream` has all bytes that are not consumed yet, the oldest first. Returns the
  /// number of consumed bytes. The caller passes the others again: with the next bytes, or when
  /// `paused` returns false.
  virtual size_t received(Bytes stream) = 0;
  /// Returns true while the session consumes no bytes, because the connection is congested or the
  /// turn is over. An HTTP/1.1 session is also paused until it has sent a response, and while a
  /// body waits for memory. Calls of `respond`, `resume` and `begin_turn` can end the pause; before
  /// the session ends it outside of these calls, it calls `SessionOwner::room_decided`.
  [[nodiscard]] virtual bool paused() const = 0;
  /// Begins a new turn of the loop: the session may do as much work again (see `turn_is_over`).
  virtual void begin_turn() = 0;
  /// Returns true if the session has done all the work that it may do in one turn. Other
  /// connections then come first.
  [[nodiscard]] virtual bool turn_is_over() const = 0;
  /// Sends the response to a request. Does nothing if the stream has ended.
  virtual void respond(StreamId stream, Response&& response) = 0;
  /// Continues to send: the connection is no longer congested.
  virtual void resume() = 0;
  /// Ends a request that has not arrived in time: responds 408 if the HTTP version permits it, and
  /// finishes.
  virtual void time_out() = 0;
  /// Returns when the body that has paused longest got its last byte or its memory, in `reading_ms`
  /// of the owner. Absent if the session reads no body; a body that waits for memory does not
  /// count.
  [[nodiscard]] virtual std::optional<uint64_t> oldest_body_ms() const = 0;
  /// Responds 408 to each request whose body got no byte after `since`. An HTTP/1.1 session then
  /// finishes.
  virtual void time_out_bodies(uint64_t since) = 0;
  /// Accepts no more requests, and finishes when all requests have their responses.
  virtual void drain() = 0;
  /// Returns true if the session will send nothing more. The owner should close the connection when
  /// all bytes are sent.
  [[nodiscard]] virtual bool finished() const = 0;
  [[nodiscard]] virtual SessionPhase phase() const = 0;
  /// Returns true if an incomplete head of a request has arrived, even if other requests are in
  /// progress.
  [[nodiscard]] virtual bool reads_head() const = 0;
  /// Returns true if only the peer can make progress, by reading: each request has its response,
  /// and congestion or a window of HTTP/2 blocks one of the responses. If this lasts while the
  /// connection has no queued bytes, the peer does not read.
  [[nodiscard]] virtual bool waits_for_peer() const = 0;
};

/// Makes a session for HTTP/1.1 and 1.0, with persistent connections, pipelining (requests are
/// answered one after the other), chunked bodies and 100 (Continue). It refuses ambiguous messages.
/// Source: RFC 9112. Lifetime: `owner` and `account` outlive it.
[[nodiscard]] std::unique_ptr<ServerSession> make_http1_session(SessionOwner& owner,
                                                                const ServerLimits& limits,
                                                                BodyAccount& account);

/// Makes a session for HTTP/2 that begins with the connection preface, as after ALPN `h2`; there is
/// no upgrade from HTTP/1.1. The first call that may send also sends SETTINGS: to send them before
/// bytes arrive, call `received` without bytes. Source: RFC 9113. Lifetime: `owner` and `account`
/// outlive it.
[[nodiscard]] std::unique_ptr<ServerSession> make_http2_session(SessionOwner& owner,
                                                                const ServerLimits& limits,
                                                                BodyAccount& account);

}  // namespace inlet53::http
