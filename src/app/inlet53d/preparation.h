#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "options.h"

#include "inlet53/config/config.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/tls_contexts.h"

namespace inlet53::app {

/// A configuration with the state that was built from it.
struct Prepared {
  config::Config config;
  std::shared_ptr<const resolver::ResolverState> state;
  server::TlsContexts tls;
};

/// Reads the configuration file, builds the state and loads the certificates that it calls for,
/// whole, before any worker gets it. `previous`: the state that is served now, null at the start;
/// `tls_before`: its certificates, whose session tickets stay valid. Logs every error; null when
/// there was one. Cost: loads every zone. Threads: any, one at a time.
[[nodiscard]] std::unique_ptr<Prepared> prepare(const Options& options, zone::HashSeed seed,
                                                const resolver::ResolverState* previous,
                                                const server::TlsContexts& tls_before);

/// Prepares a reload on a thread of its own, which gives way to the workers (nice 10): a million
/// records take seconds, and neither an answer nor a signal is to wait for them.
/// Threads: the owner's; `done` is called on the thread.
class Preparation {
 public:
  /// Requires: `options` outlives this object.
  Preparation(const Options& options, zone::HashSeed seed,
              std::shared_ptr<const resolver::ResolverState> previous, server::TlsContexts tls,
              std::function<void()> done);
  /// Waits for the thread.
  ~Preparation();
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  /// True when there is a result to take.
  [[nodiscard]] bool finished() const noexcept { return finished_.load(); }

  /// What `prepare` gave. Requires: finished.
  [[nodiscard]] std::unique_ptr<Prepared> take() noexcept { return std::move(prepared_); }

 private:
  std::unique_ptr<Prepared> prepared_;
  std::atomic<bool> finished_{false};
  std::thread thread_;  // last: starts when everything above stands
};

}  // namespace inlet53::app
