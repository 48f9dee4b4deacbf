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

/// DNS messages in a stream, each after its length (RFC 1035 §4.2.2), over any transport.
///
///   bytes ──StreamSession::received───► Responder ──► StreamCarrier::send
///                                          │  └─ a query that waits ──► QueryForwarder
///                StreamSessions::reply ◄───┴──────────────────────────────┘
///
/// Threads: the worker's.
namespace inlet53::server {

/// Transport of one stream: TCP, or TLS over TCP. No method ends the session before it returns.
class StreamCarrier {
 public:
  /// Sends bytes to the client in order. They are copied or sent before this returns.
  virtual void send(Bytes octets) = 0;
  /// Returns whether the client reads too slowly for more responses. Data that `received` did not
  /// consume is passed again when the client has read enough.
  [[nodiscard]] virtual bool congested() const = 0;
  /// Stops calls of `received` until `resume`; unconsumed data is passed again after that.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Reads no more, sends pending data, then ends the stream.
  virtual void close_after_send() = 0;
  /// Starts or restarts the timeout for `StreamSession::timed_out`.
  virtual void set_timeout(uint64_t milliseconds) = 0;

 protected:
  ~StreamCarrier() = default;
};

class StreamSession;

/// State that all streams of one endpoint IP address share.
/// Lifetime: outlives its sessions; its arguments outlive it.
class StreamSessions final : public Replier {
 public:
  struct Options {
    record::Transport transport = record::Transport::Tcp;
    uint32_t idle_timeout_ms = 0;  // without a complete query
  };

  /// `batch_done` is called after the messages of one read were answered.
  StreamSessions(const Options& options, Responder& responder, QueryForwarder& forwarder,
                 const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~StreamSessions();
  StreamSessions(const StreamSessions&) = delete;
  StreamSessions& operator=(const StreamSessions&) = delete;

  /// Uses `address` from now on. Lifetime: until the next `set_address` or the end.
  void set_address(const resolver::EndpointAddress& address) noexcept { address_ = &address; }
  /// Reduces the idle timeout of streams to `kDrainIdleMs`.
  void drain() noexcept { draining_ = true; }
  static constexpr uint64_t kDrainIdleMs = 100;

  //--- Replier
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return *address_;
  }
  void reply(const ReplyTo& to, Bytes response) override;

 private:
  friend class StreamSession;

  /// Number of bytes after which collected responses are sent; larger writes save no more time.
  static constexpr size_t kGatherLimit = size_t{64} << 10;

  [[nodiscard]] uint64_t idle_ms() const noexcept {
    return draining_ ? kDrainIdleMs : options_.idle_timeout_ms;
  }

  const Options options_;
  Responder& responder_;
  QueryForwarder& forwarder_;
  const resolver::EndpointAddress* address_;
  const std::function<void()> batch_done_;
  /// Collected responses to the messages of one read, with their lengths; then room for one more.
  std::unique_ptr<uint8_t[]> buffer_;
  size_t gathered_ = 0;
  const StreamSession* receiving_ = nullptr;                 // its responses are collected
  std::unordered_map<uint64_t, StreamSession*> waited_for_;  // sessions with waiting queries
  uint64_t next_number_ = 1;
  bool draining_ = false;
};

/// Stream of one client. It answers the messages in the order of arrival and sends the responses to
/// one read in one `send`. A query that waits for targets is answered later, out of order (RFC 7766
/// §6.2.1.1).
///
/// It disconnects a client that sends an invalid message (shorter than 12 bytes, or a response), as
/// RFC 7766 §8 allows: the rest of the stream is not reliable.
class StreamSession {
 public:
  /// Lifetime: `sessions` and `carrier` outlive it.
  StreamSession(StreamSessions& sessions, StreamCarrier& carrier, const SocketAddress& client);
  ~StreamSession();
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  /// Handles received data. `stream`: all bytes that are not consumed yet. Returns the number of
  /// consumed bytes.
  size_t received(Bytes stream);
  /// Handles the end of the client's data. Returns whether responses are pending; the session then
  /// ends the stream itself.
  [[nodiscard]] bool peer_finished() noexcept;
  /// Handles the timeout. Returns whether the stream stays open: a stream with waiting queries is
  /// not idle, and the queries have their own timeout.
  [[nodiscard]] bool timed_out();

 private:
  friend class StreamSessions;

  /// Maximum number of queries that wait for targets; the session pauses at this number.
  static constexpr uint32_t kMaxWaiting = 100;

  /// Answers one message and collects the response. Returns false if the message is invalid.
  bool answer(Bytes message, const Arrival& how);
  void wait(Bytes message, const resolver::ForwardQuestion& question);
  void reply(Bytes response);
  /// Returns the place of the next response, after its length.
  [[nodiscard]] uint8_t* place() const noexcept;
  void send(size_t size);
  void send_gathered();

  StreamSessions& sessions_;
  StreamCarrier& carrier_;
  const SocketAddress client_;
  const uint64_t number_;  // unique, unlike the address of the object
  uint32_t waiting_ = 0;   // queries
  bool finished_ = false;  // the client sends no more data
  bool paused_ = false;
};

}  // namespace inlet53::server
