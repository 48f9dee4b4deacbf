// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/control/control_socket.h"
#include "inlet53/net/loop.h"
#include "inlet53/server/worker.h"

namespace inlet53::app {

/// Commands of `inlet53` to a running DNS daemon:
///
///   cache flush all
///   cache flush name NAME       responses about NAME, and those that have records of it
///   cache flush subtree NAME    the same for NAME and all names below it
///
/// The answer is the number of responses that all workers have removed. Threads: the main thread's.
/// Lifetime: the loop and the workers outlive it.
class OperatorCommands final : control::ControlOwner {
 public:
  using Workers = std::vector<std::unique_ptr<server::Worker>>;

  /// Errors: as ControlSocket::open.
  [[nodiscard]] static Result<std::unique_ptr<OperatorCommands>, std::string> open(
      net::Loop& loop, const std::string& path, const Workers& workers);

 private:
  struct Flushing;

  OperatorCommands(net::Loop& loop, const Workers& workers);
  void handle_command(uint64_t call, std::string_view command) override;
  void flush(uint64_t call, const server::CacheFlush& what);
  void answer_flushed();

  const Workers& workers_;
  std::unique_ptr<control::ControlSocket> socket_;
  std::list<std::shared_ptr<Flushing>> flushing_;
  net::Wakeup flushed_;
};

}  // namespace inlet53::app
