// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "socket_watcher.h"
#include "tcp_stage.h"

#include "inlet53/net/tcp_listener.h"

namespace inlet53::net {

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
  void send(Bytes octets);
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
  void write(Bytes octets);
  void write_unsent();
  [[nodiscard]] size_t try_send(Bytes octets);
  void keep_unsent(Bytes octets);

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
