// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace inlet53::net {

/// Where a connection is between its beginning and its end.
///
///   Open ──FIN──► HalfClosed ──client finished──► Finishing ──all sent──► Ending
///     │
///     └─client finished──► Draining ──all sent──► Lingering ──FIN──► Ending
///
///   each of these ──failed──► Ending ──handed back──► Ended
///
/// Only Open reads for the client. Open and HalfClosed give it octets that were left.
enum class TcpStage : uint8_t {
  Open,
  HalfClosed,  // the peer has sent FIN, and the client owes responses
  Draining,    // the client makes no more; what waits is being sent
  Finishing,   // the same after the peer's FIN
  Lingering,   // our FIN is sent; what the peer still sends is read and dropped
  Ending,      // nothing is sent or read any more
  Ended,       // the connection is being destroyed
};

/// An event that may change the stage of a connection.
enum class TcpEvent : uint8_t {
  PeerFinished,    // FIN came
  ClientFinished,  // the client makes no more
  AllSent,         // no octet waits for the peer
  Failed,          // an error, a timeout, RST, or the client's `close`
  HandedBack,      // the listener has it back
};

/// The stage that follows; the same one where an event means nothing.
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
