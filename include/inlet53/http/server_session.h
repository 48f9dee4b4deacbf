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

/// The server's side of one HTTP connection, over any byte stream.
///
///   bytes in ──► received ──► head_received ──► (a body) ──► request_received ──► respond ──► send
///                                └─ response: it goes out at once, the body is dropped
///
/// Threads: one at a time. An owner may call `respond` within `request_received`, and nothing else
/// within its callbacks; it destroys the session outside of them.
namespace inlet53::http {

/// A request within its connection. HTTP/1.1 counts from 1; HTTP/2 has its stream identifiers.
using StreamId = uint32_t;

/// Why a session answers a request itself, and how. Source: RFC 9110 §15, RFC 9112, RFC 6585.
enum class Refusal : uint8_t {
  Malformed,           // 400: not HTTP, or HTTP that could mean two things (request smuggling)
  RequestTimeout,      // 408
  BodyTooLarge,        // 413
  TargetTooLong,       // 414
  FieldsTooLarge,      // 431
  UnsupportedCoding,   // 501: a transfer coding other than chunked
  NoRoom,              // 503: the budget has no room for its body, or for its response's
  UnsupportedVersion,  // 505
};

/// The status that says so.
[[nodiscard]] uint16_t refusal_status(Refusal refusal) noexcept;

struct ServerLimits {
  uint32_t max_target = 10240;  // octets of path and query
  /// Octets of all field values together. `max_head` and `max_fields` bound the names.
  uint32_t max_field_values = 10240;
  /// Bytes of a request's head, names and all; HTTP/2 counts 32 more for each field, as its
  /// SETTINGS_MAX_HEADER_LIST_SIZE does.
  uint32_t max_head = 64U << 10;
  uint32_t max_fields = 200;     // field lines of a request
  uint32_t max_body = 10485760;  // octets, decoded
  uint32_t max_streams = 128;    // HTTP/2: requests at once (SETTINGS)
  uint32_t max_requests = 0;     // of a connection, then it is ended; 0: no limit
};

/// Activity of a session, for the timeouts of its connection.
enum class SessionPhase : uint8_t {
  Idle,            // between requests
  ReadingHead,     // some bytes of a request's head are there
  ReadingBody,     // a request's head is there, its body is not
  WaitingForRoom,  // as ReadingBody, but the budget has no room for the body: nothing is read
  Responding,      // a whole request waits for its response, or a response for its sending
};

/// Says how a session handles the body of a request that its owner accepts.
enum class BodyUse : uint8_t {
  Keep,     // `request_received` gives it
  Discard,  // it is read, which needs no room, and dropped: `request_received` gives none
};

/// An owner's decision about a head: a response, which refuses the body, or the use of the body.
using HeadDecision = std::variant<BodyUse, Response>;

/// The connection of a session: receives its requests and answers its questions.
class SessionOwner {
 public:
  /// The head of a request came that has a body; `head` has no body yet. A response refuses the
  /// body: it goes out at once, without 100 (Continue), and the session drops the body. Else
  /// `request_received` follows when the body is there. An owner that moves `head` away keeps it:
  /// then only body and charge follow. Not called for a request without a body.
  virtual HeadDecision head_received(StreamId stream, Request& head) = 0;
  /// A whole request came. `respond` may be called at once or at any later time.
  virtual void request_received(StreamId stream, Request&& request) = 0;
  /// A request that `head_received` or `request_received` announced gets no response of the
  /// owner's any more: the client reset the stream, or the session refused the rest of the request.
  /// A connection that ends calls nothing more.
  virtual void request_abandoned(StreamId stream) = 0;
  /// Composes the response to a request that the session refuses.
  virtual Response refuse(Refusal refusal) = 0;
  /// Bytes for the peer, in order. They are copied or sent before it returns.
  virtual void send_octets(Bytes octets) = 0;
  /// Whether the peer reads so slowly that nothing more should be sent now; `resume` follows.
  [[nodiscard]] virtual bool congested() const = 0;
  /// A body got its room, or was denied it, outside of any call: `paused` and `finished` may have
  /// changed.
  virtual void room_decided() = 0;
  /// Milliseconds on a monotonic clock.
  [[nodiscard]] virtual uint64_t now_ms() const = 0;
  /// The same on a clock that stands still while octets wait for the client to read them.
  [[nodiscard]] virtual uint64_t reading_ms() const { return now_ms(); }

 protected:
  ~SessionOwner() = default;
};

class ServerSession {
 public:
  virtual ~ServerSession() = default;

  /// Octets arrived: `stream` holds every octet not yet consumed, oldest first. Returns how many
  /// are done with; the rest must come again, with what arrives next or after `paused` has ended.
  virtual size_t received(Bytes stream) = 0;
  /// Whether it takes nothing more for now: HTTP/1.1 with a response owed (the next request waits
  /// its turn) or a body that waits for room, a congested connection, or a turn that is over. It
  /// ends within `respond`, `resume` or `begin_turn`, or before `SessionOwner::room_decided`.
  [[nodiscard]] virtual bool paused() const = 0;
  /// A new turn of the loop: the session may do work again.
  virtual void begin_turn() = 0;
  /// Whether it has done so much work since `begin_turn` that other connections are due.
  [[nodiscard]] virtual bool turn_is_over() const = 0;
  /// Answers a request. Nothing happens when the stream is gone.
  virtual void respond(StreamId stream, Response&& response) = 0;
  /// The connection is no longer congested.
  virtual void resume() = 0;
  /// A request took too long to arrive: responds 408 where the version has a way to, and finishes.
  virtual void time_out() = 0;
  /// When the body that has paused for the longest got its last octet, or its room; on the owner's
  /// `reading_ms`. Absent when no body is being read; one that waits for room is not.
  [[nodiscard]] virtual std::optional<uint64_t> oldest_body_ms() const = 0;
  /// Responds 408 to the requests whose bodies got no octet after `since`. HTTP/1.1 finishes then.
  virtual void time_out_bodies(uint64_t since) = 0;
  /// Takes no further requests, finishes when the ones under way are answered.
  virtual void drain() = 0;
  /// Whether all is said: the connection is to be closed when its octets are sent.
  [[nodiscard]] virtual bool finished() const = 0;
  [[nodiscard]] virtual SessionPhase phase() const = 0;
  /// Whether a part of a request's head is there, whatever else is under way.
  [[nodiscard]] virtual bool reads_head() const = 0;
  /// Whether nothing is left to do but for the peer to take responses: each request that came has
  /// its response, and one of them is held up by congestion or by HTTP/2's windows. An owner that
  /// sees it for long without octets to send has a peer that does not read.
  [[nodiscard]] virtual bool waits_for_peer() const = 0;
};

/// HTTP/1.1 and 1.0: keep-alive, pipelining (requests are answered one after the other), chunked
/// bodies, 100-continue. Strict: what two readers could take for two things is refused.
/// Source: RFC 9112. Lifetime: `owner` and `account` outlive it.
[[nodiscard]] std::unique_ptr<ServerSession> make_http1_session(SessionOwner& owner,
                                                                const ServerLimits& limits,
                                                                BodyAccount& account);

/// HTTP/2, after ALPN `h2` (prior knowledge; no upgrade). Source: RFC 9113. Lifetime: `owner` and
/// `account` outlive it. Its first frames go out with the first call, an empty `received` at the
/// latest.
[[nodiscard]] std::unique_ptr<ServerSession> make_http2_session(SessionOwner& owner,
                                                                const ServerLimits& limits,
                                                                BodyAccount& account);

}  // namespace inlet53::http
