#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "inlet53/base/bytes.h"
#include "inlet53/http/message.h"

/// The server's side of one HTTP connection, over any byte stream.
///
///   octets in ──► received ──► request_received ──► (owner decides) ──► respond ──► send_octets
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
  UnsupportedVersion,  // 505
};

/// The status that says so.
[[nodiscard]] uint16_t refusal_status(Refusal refusal) noexcept;

struct ServerLimits {
  uint32_t max_target = 10240;        // octets of path and query
  uint32_t max_field_values = 10240;  // octets of all field values together
  uint32_t max_head = 64U << 10;      // octets of a request's head, names and all
  uint32_t max_fields = 200;          // field lines of a request
  uint32_t max_body = 10485760;       // octets, decoded
  uint32_t max_streams = 128;         // HTTP/2: requests at once (SETTINGS)
  uint32_t max_requests = 0;          // of a connection, then it is ended; 0: no limit
};

/// What is going on, for whoever sets timeouts.
enum class SessionPhase : uint8_t {
  Idle,         // between requests
  ReadingHead,  // some octets of a request's head are there
  ReadingBody,  // a request's head is there, its body is not
  Responding,   // a whole request waits for its response, or a response for its sending
};

/// What a session asks of its connection.
class SessionOwner {
 public:
  /// A whole request came. `respond` may be called at once or at any later time.
  virtual void request_received(StreamId stream, Request&& request) = 0;
  /// Nobody waits for this response any more: the client reset the stream. A connection that ends
  /// says nothing more.
  virtual void request_abandoned(StreamId stream) = 0;
  /// The response with which a request is refused that never gets to `request_received`.
  virtual Response refuse(Refusal refusal) = 0;
  /// Octets for the peer, in order. They are copied or sent before it returns.
  virtual void send_octets(Bytes octets) = 0;
  /// Whether the peer reads so slowly that nothing more should be sent now; `resume` follows.
  [[nodiscard]] virtual bool congested() const = 0;

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
  /// its turn), or a congested connection. It ends within `respond` or `resume`.
  [[nodiscard]] virtual bool paused() const = 0;
  /// Answers a request. Nothing happens when the stream is gone.
  virtual void respond(StreamId stream, Response&& response) = 0;
  /// The connection is no longer congested.
  virtual void resume() = 0;
  /// A request took too long to arrive: says 408 where the version has a way to, and finishes.
  virtual void time_out() = 0;
  /// Takes no further requests, finishes when the ones under way are answered.
  virtual void drain() = 0;
  /// Whether all is said: the connection is to be closed when its octets are sent.
  [[nodiscard]] virtual bool finished() const = 0;
  [[nodiscard]] virtual SessionPhase phase() const = 0;
  /// Whether nothing is left to do but for the peer to take responses: each request that came has
  /// its response, and one of them is held up by congestion or by HTTP/2's windows. An owner that
  /// sees it for long without octets to send has a peer that does not read.
  [[nodiscard]] virtual bool waits_for_peer() const = 0;
};

/// HTTP/1.1 and 1.0: keep-alive, pipelining (requests are answered one after the other), chunked
/// bodies, 100-continue. Strict: what two readers could take for two things is refused.
/// Source: RFC 9112. Lifetime: `owner` outlives it.
[[nodiscard]] std::unique_ptr<ServerSession> make_http1_session(SessionOwner& owner,
                                                                const ServerLimits& limits);

/// HTTP/2, after ALPN `h2` (prior knowledge; no upgrade). Source: RFC 9113. Lifetime: `owner`
/// outlives it. Its first frames go out with the first call, an empty `received` at the latest.
[[nodiscard]] std::unique_ptr<ServerSession> make_http2_session(SessionOwner& owner,
                                                                const ServerLimits& limits);

}  // namespace inlet53::http
