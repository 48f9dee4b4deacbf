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

/// Where an endpoint IP address is served, and by which protocol.
struct ServedAt {
  SocketAddress listen;
  topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53;
};

/// One worker's sockets for one of them.
struct AddressSockets {
  ServedAt at;
  net::Descriptor udp;  // of Do53 alone
  net::Descriptor tcp;
};

/// Opens the sockets of the addresses in `places` for the workers of `settings`; nobody is served
/// yet. Each address is probed first, so that a port that another daemon holds is an error.
/// Datagrams are spread as `settings.udp_spread` says; with Fill the first worker gets them all,
/// until it is told otherwise (`Worker::spread_queries`). Returns one list a worker, each with
/// every address.
[[nodiscard]] Result<std::vector<std::vector<AddressSockets>>, net::SocketError> open_sockets(
    const std::vector<ServedAt>& places, const settings::Server& settings);

/// What a worker is to answer from now on.
struct Assignment {
  std::shared_ptr<const resolver::ResolverState> state;
  /// For the addresses of `state` that the worker does not serve yet.
  std::vector<AddressSockets> sockets;
  /// For connections that come from now on. Requires: what `state` serves encrypted has one.
  TlsContexts tls = {};
};

/// What a cache is to forget.
struct CacheFlush {
  enum class What : uint8_t { All, Name, Subtree };
  What what = What::All;
  dns::Name name;  // of Name and Subtree
};

/// One thread that answers: a loop, its own sockets, its own buffers. Workers share nothing.
///
/// A new state arrives as an Assignment and is taken up between two batches, whole: no query sees a
/// mix of old and new. Addresses that the new state lacks are closed, those that it keeps go on.
/// Threads: `assign`, `set_tls`, `flush`, `spread_queries`, `stop`, `counts`, `cpu_time_ns` any;
/// the constructor and destructor the owner's.
class Worker {
 public:
  struct Options {
    settings::DnsDaemon settings;
    CookieSecrets cookie_secrets;         // all workers' alike
    std::shared_ptr<QueryLimits> limits;  // all workers'; null: there are none
    /// Whom DoT targets are trusted by; null: there are none.
    std::shared_ptr<const net::TlsClientContext> forward_tls;
    std::optional<uint32_t> cpu;                // runs there only
    querylog::LogAppender* log = nullptr;       // null: no query log
    RefusedClients* refused_clients = nullptr;  // notes refused clients; null: none
    /// Called on the worker's thread when datagrams come faster than it answers them, or it has
    /// as many questions under way to targets as `[forward]` allows. May be empty.
    std::function<void()> fell_behind;
    /// Called on the worker's thread after an Assignment was taken up.
    std::function<void()> assigned;
    /// Called on the worker's thread when it has ended its work, after `stop`.
    std::function<void()> ended;
  };

  /// Starts the thread; it serves nothing before the first `assign`. Throws when the system has
  /// too little memory, or no thread.
  explicit Worker(Options options);
  /// Stops, and waits for the thread's end.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Hands over what to answer from now on.
  /// Requires: the Assignment before it was taken up (`Options::assigned` was called).
  void assign(Assignment assignment);

  /// Shows another certificate to connections that come after. Requires: as `assign`.
  void set_tls(TlsContexts contexts);

  /// Has the cache forget something; `flushed` is called on the worker's thread with the number of
  /// responses. Nothing is said once the worker has ended. Lifetime of `flushed`: the worker's.
  void flush(CacheFlush flush, std::function<void(size_t)> flushed);

  /// Has the kernel spread datagrams by their IDs over the first `workers` workers, at all
  /// addresses, those that come with later Assignments too. To be asked of the first worker.
  void spread_queries(uint32_t workers);

  /// Ends the thread: datagrams that have arrived are answered, no connection is accepted, open
  /// ones get what they are owed, for `kDrainMs` at the most.
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
