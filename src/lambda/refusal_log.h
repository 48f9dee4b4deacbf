#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/net/loop.h"

namespace inlet53::lambda {

/// Tells the operator log of refused invocations of one function, with its name: the first at once,
/// then how many more there were, once in 10 s. Threads: the loop's.
class RefusalLog {
 public:
  static constexpr uint64_t kPauseMs = 10'000;

  RefusalLog(net::Loop& loop, std::string function, uint64_t pause_ms = kPauseMs);

  /// An invocation was refused for `reason`.
  void add(std::string_view reason);

 private:
  void report_more();

  const std::string function_;
  const uint64_t pause_ms_;
  uint64_t more_ = 0;        // refusals since the last line
  std::string last_reason_;  // of them
  net::Timer pause_;         // runs after each line
};

}  // namespace inlet53::lambda
