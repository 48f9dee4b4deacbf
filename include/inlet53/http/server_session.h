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
///   bytes in ──► received ──► head_received ──► (a body) ──► request_received ──► respond ──► send
///                                └─ response: it goes out at once, the body is dropped
///
/// Threads: one at a time. Inside `request_received` an owner may call `respond`, and no other
/// function inside any callback. It destroys the session outside of callbacks.
namespace inlet53::http {

/// Identifies a request within its connection. HTTP/1.1 counts from 1; HTTP/2 uses its stream
/// identifiers.
using StreamId = uint32_t;

/// Reasons why a session answers a request itself. Source: RFC 9110 §15, RFC 9112, RFC 6585.
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

struct ServerLimits {
  uint32_t max_target = 10240;  // bytes of path and query
  /// Bytes of all field values together. `max_head` and `max_fields` limit the names.
  uint32_t max_field_values = 10240;
  /// Bytes of a request's head with all names. HTTP/2 counts 32 more for each field, as its
  /// SETTINGS_MAX_HEADER_LIST_SIZE does.
  uint32_t max_head = 64U << 10;
  uint32_t max_fields = 200;     // field lines of a request
  uint32_t max_body = 10485760;  // bytes, decoded
  uint32_t max_streams = 128;    // HTTP/2: requests at once (SETTINGS)
  uint32_t max_requests = 0;     // of a connection, which then ends; 0: no limit
};

/// Activity of a session, for the timeouts of its connection.
enum class SessionPhase : uint8_t {
  Idle,            // between requests
  ReadingHead,     // part of a request's head has arrived
  ReadingBody,     // a request's head has arrived, its body has not
  WaitingForRoom,  // as ReadingBody, but the body does not fit in the budget: nothing is read
  Responding,      // a complete request waits for its response, or a response is being sent
};

/// Handling of the body of an accepted request.
enum class BodyUse : uint8_t {
  Keep,     // `request_received` gets it
  Discard,  // read and dropped, without memory: `request_received` gets an empty one
};

/// Decision of an owner about a head: a response, which refuses the body, or the use of the body.
using HeadDecision = std::variant<BodyUse, Response>;

/// Connection of a session: receives its requests and provides its clock and output.
class SessionOwner {
 public:
  /// Receives the head of a request with a body; `head` has no body yet. A returned response
  /// refuses the body: it is sent at once, without 100 (Continue), and the session drops the body.
  /// Otherwise `request_received` follows when the body has arrived. An owner may move `head` away;
  /// then only body and charge follow. Not called for a request without a body.
  virtual HeadDecision head_received(StreamId stream, Request& head) = 0;
  /// Receives a complete request. `respond` may be called at once or later.
  virtual void request_received(StreamId stream, Request&& request) = 0;
  /// Ends a request that `head_received` or `request_received` received: it gets no response. The
  /// client reset the stream, or the session refused the rest of the request. Not called when the
  /// connection ends.
  virtual void request_abandoned(StreamId stream) = 0;
  /// Composes the response to a request that the session refuses.
  virtual Response refuse(Refusal refusal) = 0;
  /// Sends bytes to the peer, in order. Copies or sends them before it returns.
  virtual void send_bytes(Bytes bytes) = 0;
  /// Returns true when the peer reads so slowly that nothing more should be sent now. `resume`
  /// follows.
  [[nodiscard]] virtual bool congested() const = 0;
  /// A body got its memory, or was denied it, outside of any call: `paused` and `finished` may have
  /// changed.
  virtual void room_decided() = 0;
  /// Returns milliseconds on a monotonic clock.
  [[nodiscard]] virtual uint64_t now_ms() const = 0;
  /// Returns milliseconds on a clock that stops while bytes wait for the client to read them.
  [[nodiscard]] virtual uint64_t reading_ms() const { return now_ms(); }

 protected:
  ~SessionOwner() = default;
};

class ServerSession {
 public:
  virtual ~ServerSession() = default;

  /// Bytes arrived: `stream` holds all bytes not yet consumed, the oldest first. Returns the number
  /// of consumed bytes. The caller passes the others again, with the next bytes or after `paused`
  /// has ended.
  virtual size_t received(Bytes stream) = 0;
  /// Returns true while the session reads nothing: HTTP/1.1 with a response to make (the next
  /// request waits) or a body that waits for memory, a congested connection, or the end of its
  /// turn. This state ends within `respond`, `resume` or `begin_turn`, or before
  /// `SessionOwner::room_decided`.
  [[nodiscard]] virtual bool paused() const = 0;
  /// Starts a new turn of the loop: the session may continue its work.
  virtual void begin_turn() = 0;
  /// Returns true when the session has done so much work since `begin_turn` that other connections
  /// come first.
  [[nodiscard]] virtual bool turn_is_over() const = 0;
  /// Sends the response to a request. Does nothing when the stream has ended.
  virtual void respond(StreamId stream, Response&& response) = 0;
  /// The connection is no longer congested.
  virtual void resume() = 0;
  /// Ends a request that took too long to arrive: responds 408 where the HTTP version permits it,
  /// and finishes.
  virtual void time_out() = 0;
  /// Returns the time of the last byte (or of the grant of memory) of the body that has paused
  /// longest, on the owner's `reading_ms`. Absent when no body is being read; one that waits for
  /// memory does not count.
  [[nodiscard]] virtual std::optional<uint64_t> oldest_body_ms() const = 0;
  /// Responds 408 to requests whose bodies got no byte after `since`. HTTP/1.1 then finishes.
  virtual void time_out_bodies(uint64_t since) = 0;
  /// Accepts no further requests. Finishes when the requests in progress are answered.
  virtual void drain() = 0;
  /// Returns true when nothing follows: the connection should close when its bytes are sent.
  [[nodiscard]] virtual bool finished() const = 0;
  [[nodiscard]] virtual SessionPhase phase() const = 0;
  /// Returns true when a part of a request's head has arrived, independent of other requests.
  [[nodiscard]] virtual bool reads_head() const = 0;
  /// Returns true when only the peer can make progress, by reading: each request has its response,
  /// and congestion or HTTP/2's windows block one of them. If this lasts while no bytes are waiting
  /// to be sent, the peer does not read.
  [[nodiscard]] virtual bool waits_for_peer() const = 0;
};

/// Makes a session for HTTP/1.1 and 1.0: keep-alive, pipelining (requests are answered one after
/// the other), chunked bodies, 100-continue. Refuses ambiguous messages.
/// Source: RFC 9112. Lifetime: `owner` and `account` outlive it.
[[nodiscard]] std::unique_ptr<ServerSession> make_http1_session(SessionOwner& owner,
                                                                const ServerLimits& limits,
                                                                BodyAccount& account);

/// Makes a session for HTTP/2, after ALPN `h2` (prior knowledge; no upgrade). It sends its first
/// frames with the first call, at the latest an empty `received`. Source: RFC 9113. Lifetime:
/// `owner` and `account` outlive it.
[[nodiscard]] std::unique_ptr<ServerSession> make_http2_session(SessionOwner& owner,
                                                                const ServerLimits& limits,
                                                                BodyAccount& account);

}  // namespace inlet53::http
