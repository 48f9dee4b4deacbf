// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "socket_watcher.h"

#include "inlet53/net/tcp_listener.h"

namespace inlet53::net {

/// Stages of a connection from its beginning to its end.
///
///   Open ──FIN──► HalfClosed ──client finished──► Finishing ──all sent──► Ending
///     │
///     └─client finished──► Draining ──all sent──► Lingering ──FIN──► Ending
///
///   each of these ──failed──► Ending ──handed back──► Ended
///
/// Only Open reads for the client. Open and HalfClosed deliver bytes that the client has not
/// consumed.
enum class TcpStage : uint8_t {
  Open,
  HalfClosed,  // the peer has sent FIN, and the client has responses to make
  Draining,    // the client makes no more responses; queued bytes are being sent
  Finishing,   // the same after the peer's FIN
  Lingering,   // FIN is sent; bytes from the peer are read and dropped
  Ending,      // nothing is sent or read any more
  Ended,       // the connection is being destroyed
};

/// Event that may change the stage of a connection.
enum class TcpEvent : uint8_t {
  PeerFinished,    // FIN arrived
  ClientFinished,  // the client makes no more
  AllSent,         // no byte waits for the peer
  Failed,          // an error, a timeout, RST, or the client's `close`
  HandedBack,      // the listener owns it again
};

/// Returns the stage that follows; the same stage when the event has no effect.
[[nodiscard]] constexpr TcpStage next_stage(TcpStage stage, TcpEvent event) noexcept {
  if (stage == TcpStage::Ended) return TcpStage::Ended;
  if (event == TcpEvent::Failed) return TcpStage::Ending;
  switch (stage) {
    case TcpStage::Open:
      if (event == TcpEvent::PeerFinished) return TcpStage::HalfClosed;
      if (event == TcpEvent::ClientFinished) return TcpStage::Draining;
      break;
    case TcpStage::HalfClosed:
      if (event == TcpEvent::ClientFinished) return TcpStage::Finishing;
      break;
    case TcpStage::Draining:
      if (event == TcpEvent::AllSent) return TcpStage::Lingering;
      break;
    case TcpStage::Finishing:
      if (event == TcpEvent::AllSent) return TcpStage::Ending;
      break;
    case TcpStage::Lingering:
      if (event == TcpEvent::PeerFinished) return TcpStage::Ending;
      break;
    case TcpStage::Ending:
      if (event == TcpEvent::HandedBack) return TcpStage::Ended;
      break;
    case TcpStage::Ended:
      break;
  }
  return stage;
}

/// State shared by the connections of one listener. Each connection uses the buffers while it is
/// read, so that idle connections hold none.
struct TcpConnectionContext {
  Loop& loop;
  TcpListener::Options options;
  /// Calls the client's `closed`, and deletes client and connection.
  std::function<void(TcpConnection&)> ended;

  std::vector<uint8_t> incoming = std::vector<uint8_t>(TcpConnection::kMaxStream);
  std::vector<uint8_t> gathered{};
};

/// One connection. Only `advance` changes its stage (`TcpStage`). Ending becomes Ended in `settle`,
/// the last step of each event, or in `close` outside of an event; only these destroy the object.
/// Bytes flow in two directions:
///
///   peer ──read──► `rest` ──deliver──► client
///     Intake:  Taking ──pause──► Paused ──resume──► Due ──next turn──► Taking
///   client ──send──► `unsent` ──write──► peer
///     Output:  Clear ──► Waiting ──► Congested; each ──all sent──► Clear
struct TcpConnection::Impl {
  /// States of the delivery to the client.
  enum class Intake : uint8_t {
    Taking,
    Paused,  // it accepts none
    Due,     // it accepts bytes again, and has not got the kept ones yet
  };
  /// States of the output to the peer.
  enum class Output : uint8_t {
    Clear,      // none wait
    Waiting,    // some wait in `unsent`
    Congested,  // so many that nothing is read until all are sent
  };
  /// Call in progress.
  enum class Serving : uint8_t {
    Nothing,
    Event,     // of the loop or the listener: `settle` follows at its end
    Received,  // the client's `received`, inside an event: output is collected
  };

  Impl(TcpConnectionContext& shared, Descriptor descriptor, const SocketAddress& from);

  //--- Requests of the client (see TcpConnection)
  void send(Bytes bytes);
  void pause();
  void resume();
  void close_after_send();
  void close();
  void set_timeout(uint64_t milliseconds);

  //--- Events of the loop and the listener
  /// Makes the client. Returns false when it is refused.
  [[nodiscard]] bool accept(const TcpListener::Accept& make_client);
  void drain();
  void on_ready(SocketEvents events);
  void on_expired();

  //--- Reading
  [[nodiscard]] bool wants_to_read() const noexcept;
  [[nodiscard]] bool may_deliver() const noexcept;
  void read();
  void deliver(Bytes fresh);
  void keep(Bytes unconsumed);
  void deliver_rest();

  //--- Writing
  [[nodiscard]] uint64_t waited_ms() const noexcept;
  void flush_gathered();
  void write(Bytes bytes);
  void write_unsent();
  [[nodiscard]] size_t try_send(Bytes bytes);
  void keep_unsent(Bytes bytes);

  //--- Stages
  /// Returns true when the stage has changed.
  bool advance(TcpEvent event) noexcept;
  [[nodiscard]] bool is_over() const noexcept { return stage >= TcpStage::Ending; }
  bool settle();
  void linger();
  void start_idle_deadline(uint64_t milliseconds);
  void discard();
  void settle_soon();
  void end();
  void arm(uint64_t deadline);

  TcpConnectionContext& context;
  TcpConnection* self = nullptr;
  std::unique_ptr<TcpClient> client;  // null until it is accepted
  size_t index = 0;                   // in the listener's list
  Descriptor socket;
  SocketAddress peer;
  SocketWatcher watcher;
  Timer timer;

  std::vector<uint8_t> rest;    // bytes that the client has not consumed
  std::vector<uint8_t> unsent;  // bytes that the socket did not accept, from `sent` on
  size_t sent = 0;
  uint64_t unsent_since_ms = 0;   // while some wait
  uint64_t waited_before_ms = 0;  // total time of earlier waits

  /// Deadline for an action of the peer. The loop runs its timers before its sockets: after a long
  /// turn, data that arrived in time may still wait in the socket. So a deadline that has passed
  /// gets one more turn of the loop before it counts as missed.
  struct Deadline {
    uint64_t at = 0;  // loop milliseconds, 0: none
    bool granted = false;

    void set(uint64_t when) noexcept { *this = {when, false}; }
    void clear() noexcept { *this = {}; }
    [[nodiscard]] bool missed(uint64_t now) noexcept;
  };

  // The timer runs to the earlier of the two, or to an earlier value of one: a restart for each
  // message would cost more than an early expiry.
  Deadline idle_deadline;
  Deadline write_deadline;
  uint64_t timer_deadline = 0;  // loop milliseconds, 0: none

  TcpStage stage = TcpStage::Open;
  Intake intake = Intake::Taking;
  Output output = Output::Clear;
  Serving serving = Serving::Nothing;
};

}  // namespace inlet53::net
