// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::control {

/// A request to a daemon.
struct ControlCall {
  std::string_view method = "GET";
  std::string_view target;  // path and query, encoded: `/v1/status`
  std::string_view body;    // JSON; empty: none
};

/// The daemon's response.
struct ControlAnswer {
  uint16_t status = 0;
  std::string body;  // JSON
};

/// Sends a request to the daemon whose control socket is `path`, and waits up to `timeout_ms` for
/// the whole response. Errors: a text with the path that says why the daemon cannot be reached or
/// did not respond. Threads: any; blocks.
[[nodiscard]] Result<ControlAnswer, std::string> call_daemon(const std::string& path,
                                                             const ControlCall& call,
                                                             uint32_t timeout_ms);

}  // namespace inlet53::control
