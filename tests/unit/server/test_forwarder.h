// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/server/replier.h"

namespace inlet53::server {

/// Forwarder whose queries wait until a test answers them.
struct TestForwarder final : QueryForwarder {
  void begin(const ReplyTo& to, Bytes message, const resolver::ForwardQuestion&) override {
    waiting.push_back({to, {message.begin(), message.end()}});
    if (at_once) at_once();
  }
  void refresh(const resolver::ForwardQuestion&) override {}
  void forget(const Replier&) override {}

  /// Answers the oldest waiting query with its own message.
  void answer_first() {
    const auto [to, message] = std::exchange(waiting.front(), {});
    waiting.pop_front();
    to.replier->reply(to, message);
  }

  std::deque<std::pair<ReplyTo, std::vector<uint8_t>>> waiting;
  std::function<void()> at_once;  // called for each query; may be empty
};

}  // namespace inlet53::server
