// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"

/// DNS messages in a stream, each behind its length (RFC 1035 §4.2.2), whatever carries the stream.
///
///   octets ──StreamSession::received──► Responder ──► StreamCarrier::send
///                                          │  └─ a query that waits ──► QueryForwarder
///                StreamSessions::reply ◄───┴──────────────────────────────┘
///
/// Threads: the worker's.
namespace inlet53::server {

/// What carries one stream: TCP, or TLS over it. None of these ends the session before it returns.
class StreamCarrier {
 public:
  /// Octets for the client, in order. They are copied or sent before this returns.
  virtual void send(Bytes octets) = 0;
  /// Whether the client reads so slowly that no more should be made for it. What was left in
  /// `received` comes again when it has caught up.
  [[nodiscard]] virtual bool congested() const = 0;
  /// Takes no octets until `resume`; what was left in `received` comes again after that.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Takes no more; what waits is sent, then the stream ends.
  virtual void close_after_send() = 0;
  /// (Re)starts the time after which `StreamSession::timed_out` is to be called.
  virtual void set_timeout(uint64_t milliseconds) = 0;

 protected:
  ~StreamCarrier() = default;
};

class StreamSession;

/// What the streams of one endpoint IP address have in common.
/// Lifetime: outlives its sessions; what it is given outlives it.
class StreamSessions final : public Replier {
 public:
  struct Options {
    record::Transport transport = record::Transport::Tcp;
    uint32_t idle_timeout_ms = 0;  // without a complete query
  };

  /// `batch_done` is called after the messages that one read brought were answered.
  StreamSessions(const Options& options, Responder& responder, QueryForwarder& forwarder,
                 const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~StreamSessions();
  StreamSessions(const StreamSessions&) = delete;
  StreamSessions& operator=(const StreamSessions&) = delete;

  /// From now on answers from `address`. Lifetime: until the next `set_address` or the end.
  void set_address(const resolver::EndpointAddress& address) noexcept { address_ = &address; }
  /// From now on a stream that is idle for `kDrainIdleMs` has had all that it is owed.
  void drain() noexcept { draining_ = true; }
  static constexpr uint64_t kDrainIdleMs = 100;

  //--- Replier
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return *address_;
  }
  void reply(const ReplyTo& to, Bytes response) override;

 private:
  friend class StreamSession;

  /// Responses gather up to here, then they are sent: what carries them has spread its cost thin.
  static constexpr size_t kGatherLimit = size_t{64} << 10;

  [[nodiscard]] uint64_t idle_ms() const noexcept {
    return draining_ ? kDrainIdleMs : options_.idle_timeout_ms;
  }

  const Options options_;
  Responder& responder_;
  QueryForwarder& forwarder_;
  const resolver::EndpointAddress* address_;
  const std::function<void()> batch_done_;
  /// Responses that one read brought about, with their lengths, from the start; then room for one.
  std::unique_ptr<uint8_t[]> buffer_;
  size_t gathered_ = 0;
  const StreamSession* receiving_ = nullptr;                 // whose responses gather
  std::unordered_map<uint64_t, StreamSession*> waited_for_;  // those with queries that wait
  uint64_t next_number_ = 1;
  bool draining_ = false;
};

/// One client's stream: frames it, answers each message in the order of arrival, all that one read
/// brought in one `send`; a query that waits for targets is answered when it can be, after others
/// that came later (RFC 7766 §6.2.1.1).
///
/// A client that sends what can't be answered (a message of under 12 octets, a response) is
/// disconnected, as RFC 7766 §8 allows: nothing after it in the stream can be trusted.
class StreamSession {
 public:
  /// Lifetime: `sessions` and `carrier` outlive it.
  StreamSession(StreamSessions& sessions, StreamCarrier& carrier, const SocketAddress& client);
  ~StreamSession();
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  /// Octets arrived: `stream` holds every octet not yet consumed. Returns how many are done with.
  size_t received(Bytes stream);
  /// The client has said all. Returns whether it waits for responses; the session then ends the
  /// stream itself.
  [[nodiscard]] bool peer_finished() noexcept;
  /// The carrier's time is up. Returns whether the stream goes on: one whose queries wait for
  /// targets is not idle; they end by themselves.
  [[nodiscard]] bool timed_out();

 private:
  friend class StreamSessions;

  /// Queries that may wait for targets; then it takes no more for now.
  static constexpr uint32_t kMaxWaiting = 100;

  /// Answers one message into what gathers. False when the stream is of no more use.
  bool answer(Bytes message, const Arrival& how);
  void wait(Bytes message, const resolver::ForwardQuestion& question);
  void reply(Bytes response);
  /// Where the next response goes, behind its length.
  [[nodiscard]] uint8_t* place() const noexcept;
  void send(size_t size);
  void send_gathered();

  StreamSessions& sessions_;
  StreamCarrier& carrier_;
  const SocketAddress client_;
  const uint64_t number_;  // of all that came: an address may come again
  uint32_t waiting_ = 0;   // queries
  bool finished_ = false;  // the client has said all
  bool paused_ = false;
};

}  // namespace inlet53::server
