// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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

}  // namespace inlet53::net
