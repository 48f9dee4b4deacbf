// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/control/control_server.h"
#include "inlet53/net/loop.h"
#include "inlet53/server/worker.h"

namespace inlet53::app {

/// Requests about the caches of the workers:
///
///   POST /v1/cache/flush   {"all": true} or {"name": NAME, "subtree": false}: removes the
///   responses
///                          about NAME, and those that have records of it; the response has their
///                          number over all workers, {"removed": 3}
///
/// Threads: the main thread's. Lifetime: the loop and the workers outlive it.
class CacheControl {
 public:
  using Workers = std::vector<std::unique_ptr<server::Worker>>;
  using Respond = std::function<void(control::RequestId, http::Response&&)>;

  CacheControl(net::Loop& loop, const Workers& workers, Respond respond);
  CacheControl(const CacheControl&) = delete;
  CacheControl& operator=(const CacheControl&) = delete;

  /// Lifetime: the routes refer to this.
  [[nodiscard]] std::vector<control::ControlRoute> routes();

 private:
  struct Flushing;

  void flush(control::RequestId id, const std::string& body);
  void respond_to_flushed();

  const Workers& workers_;
  const Respond respond_;
  std::list<std::shared_ptr<Flushing>> flushing_;
  net::Wakeup flushed_;
};

}  // namespace inlet53::app
