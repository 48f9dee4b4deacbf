// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/net/socket.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/query_limits.h"
#include "inlet53/server/refused_clients.h"
#include "inlet53/server/server_cookies.h"
#include "inlet53/server/tls_contexts.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// Listen address and protocol of an endpoint IP address.
struct ServedAt {
  SocketAddress listen;
  topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53;
};

/// Sockets of one worker for one listen address.
struct AddressSockets {
  ServedAt at;
  net::Descriptor udp;  // only for Do53
  net::Descriptor tcp;
};

/// Opens the sockets of the addresses in `places` for the workers of `settings`. The sockets do not
/// listen yet. Each address is probed first, so that a port in use by another daemon is an error.
/// Datagrams are distributed as `settings.udp_spread` requires; with Fill the first worker gets all
/// of them until `Worker::spread_queries`. Returns one list per worker, each with every address.
[[nodiscard]] Result<std::vector<std::vector<AddressSockets>>, net::SocketError> open_sockets(
    const std::vector<ServedAt>& places, const settings::Server& settings);

/// New state for a worker.
struct Assignment {
  std::shared_ptr<const resolver::ResolverState> state;
  /// For the addresses of `state` that the worker does not serve yet.
  std::vector<AddressSockets> sockets;
  /// For new connections. Requires: each encrypted protocol of `state` has a context.
  TlsContexts tls = {};
};

/// Responses to remove from a cache.
struct CacheFlush {
  enum class What : uint8_t { All, Name, Subtree };
  What what = What::All;
  dns::Name name;  // of Name and Subtree
};

/// One thread that answers queries, with its own loop, sockets, cache and buffers. Workers share no
/// mutable state except what `Options` names.
///
/// The worker applies an Assignment between two batches, so that no query uses a mix of two states.
/// It closes the sockets of addresses that the new state does not have; others stay open.
/// Threads: `assign`, `set_tls`, `flush`, `spread_queries`, `stop`, `counts`, `cpu_time_ns` any;
/// the constructor and destructor the owner's.
class Worker {
 public:
  struct Options {
    settings::DnsDaemon settings;
    CookieSecrets cookie_secrets;         // the same for all workers
    std::shared_ptr<QueryLimits> limits;  // shared by all workers; null: no limits
    /// Certificate authorities for DoT targets; null: no DoT targets.
    std::shared_ptr<const net::TlsClientContext> forward_tls;
    std::optional<uint32_t> cpu;                // the thread runs only there
    querylog::LogAppender* log = nullptr;       // null: no query log
    RefusedClients* refused_clients = nullptr;  // null: refused clients are not collected
    /// Called on the worker's thread when datagrams arrive faster than it answers them, or when it
    /// has as many questions in flight to targets as `[forward]` allows. May be empty.
    std::function<void()> fell_behind;
    /// Called on the worker's thread after it applied an Assignment.
    std::function<void()> assigned;
    /// Called on the worker's thread when its work has ended, after `stop`.
    std::function<void()> ended;
  };

  /// Starts the thread. It serves nothing before the first `assign`. Throws if the system has no
  /// memory or no thread left.
  explicit Worker(Options options);
  /// Stops the thread and waits for its end.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Passes a new state to the thread.
  /// Requires: the thread applied the last Assignment (`Options::assigned` was called).
  void assign(Assignment assignment);

  /// Replaces the certificates for new connections. Requires: as for `assign`.
  void set_tls(TlsContexts contexts);

  /// Removes responses from the cache, then calls `flushed` on the worker's thread with their
  /// number. Makes no call after the end of the worker. Lifetime of `flushed`: the worker's.
  void flush(CacheFlush flush, std::function<void(size_t)> flushed);

  /// Lets the kernel distribute datagrams by their IDs over the first `workers` workers, for all
  /// addresses, also those of later Assignments. Requires: this is the first worker.
  void spread_queries(uint32_t workers);

  /// Ends the thread. It answers datagrams that have arrived, accepts no connection, and answers
  /// the queries of open connections, for at most `kDrainMs`.
  void stop();
  static constexpr uint64_t kDrainMs = 3000;

  [[nodiscard]] const WorkerCounts& counts() const noexcept;
  /// Nanoseconds of CPU time that the thread has used; 0 once it has ended.
  [[nodiscard]] uint64_t cpu_time_ns() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::server
