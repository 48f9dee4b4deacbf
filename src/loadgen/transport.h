#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace inlet53::loadgen {

class Ledger;

/// The sockets of a run: moves messages between the ledger and the server. A channel is one socket,
/// numbered from 0. Threads: one.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Comes before everything below. Lifetime: the ledger outlives this.
  virtual void attach(Ledger& ledger) noexcept = 0;
  [[nodiscard]] virtual size_t channels() const noexcept = 0;
  /// Sends up to `count` further queries, each on the next channel in turn, and says how many went:
  /// fewer when a socket takes no more, or an error came in between.
  virtual size_t send(size_t count) noexcept = 0;
  /// Takes in what has arrived on a channel, up to a bound; says how many messages.
  virtual size_t receive(size_t channel) noexcept = 0;
  /// Waits until a channel has something or the time is over. Which ones have is good until the
  /// next call.
  virtual std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept = 0;
  /// Whether there is nobody left to ask: what was answered before is to be reported.
  [[nodiscard]] virtual bool gave_up() const noexcept { return false; }
  /// Why the server can't be reached, or empty: set when that shows before anything was answered.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

 protected:
  std::string failure_;
};

}  // namespace inlet53::loadgen
