// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/worker.h"

#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "doh_service.h"
#include "endpoint_service.h"
#include "forwarding.h"
#include "prefetch.h"
#include "stream_services.h"
#include "udp_service.h"
#include <pthread.h>
#include <sched.h>

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/udp_source.h"
#include "inlet53/server/responder.h"

namespace inlet53::server {

namespace {

using topology::EndpointProtocol;

// Interval at which pending records are passed to the writer. Together with the writer's interval
// of 200 ms, a reader sees each record within a second.
constexpr uint64_t kFlushMs = 200;
constexpr uint64_t kDrainPollMs = 10;

void pin_to(uint32_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    log_warning(concat("cannot pin a worker to CPU ", cpu));
  }
}

// Distributes by ID, so that the queries of one client reach several workers.
void spread_by_id(int udp, const SocketAddress& listen, uint32_t workers) {
  if (net::spread_by_query_id(udp, workers)) return;
  log_warning(concat(listen.to_text(),
                     ": the kernel does not accept the program that distributes queries by ID; ",
                     "they are distributed by client"));
}

/// Passes pending records to the writer in time. The timer runs only while there are records, so
/// that an idle daemon sleeps.
class LogFlusher {
 public:
  LogFlusher(net::Loop& loop, querylog::LogAppender* log)
      : log_(log), timer_(loop, [this] { expired(); }) {}

  void batch_done() {
    if (log_ == nullptr || armed_ || !log_->pending()) return;
    armed_ = true;
    timer_.start(kFlushMs);
  }

 private:
  void expired() {
    armed_ = false;
    log_->flush();
  }

  querylog::LogAppender* log_;
  bool armed_ = false;
  net::Timer timer_;
};

}  // namespace

Result<std::vector<std::vector<AddressSockets>>, net::SocketError> open_sockets(
    const std::vector<ServedAt>& places, const settings::Server& settings) {
  std::vector<std::vector<AddressSockets>> out(settings.workers);
  for (const ServedAt& place : places) {
    const SocketAddress& listen = place.listen;
    const bool over_udp = place.protocol == EndpointProtocol::Do53;
    const auto free = over_udp ? net::probe_address(listen) : net::probe_tcp_address(listen);
    if (!free) return Unexpected(free.error());
    for (auto& sockets : out) {
      net::Descriptor udp;
      if (over_udp) {
        auto opened = net::open_udp(listen, settings.udp_receive_buffer);
        if (!opened) return Unexpected(opened.error());
        udp = std::move(*opened);
      }
      auto tcp = net::open_tcp(listen);
      if (!tcp) return Unexpected(tcp.error());
      sockets.push_back({place, std::move(udp), std::move(*tcp)});
    }
    if (over_udp && settings.workers > 1 && settings.udp_spread != settings::UdpSpread::Client) {
      const bool fill = settings.udp_spread == settings::UdpSpread::Fill;
      spread_by_id(out.back().back().udp.get(), listen, fill ? 1 : settings.workers);
    }
  }
  return out;
}

struct Worker::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        batch(options.settings.server.udp_segment),
        cache(options.settings.cache),
        responder({options.settings, options.cookie_secrets, options.limits}, options.log, &cache,
                  counts),
        flusher(loop, options.log),
        forwarding(loop,
                   {options.settings, options.forward_tls.get(), options.log, options.fell_behind},
                   cache, responder, counts),
        wakeup(loop, [this] { run_tasks(); }),
        drain_timer(loop, [this] { check_drained(); }) {
    counts.refused_clients = options.refused_clients;
    thread = start_thread([this] { run(); });
  }

  /// DNS over UDP and TCP at one endpoint IP address.
  struct Do53Service final : EndpointService {
    Do53Service(Impl& owner, AddressSockets sockets, const resolver::EndpointAddress& address)
        : listen(address.listen),
          tcp(owner.loop, std::move(sockets.tcp), owner.options.settings.tcp, owner.responder,
              owner.forwarding, owner.counts, address, [&owner] { owner.flusher.batch_done(); }),
          udp(owner.loop, owner.open_source(std::move(sockets.udp)), owner.prefetcher,
              {owner.responder, owner.forwarding, owner.counts,
               [&owner] { owner.flusher.batch_done(); }},
              address, owner.options.fell_behind) {}

    [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
      return udp.address();
    }
    void set_address(const resolver::EndpointAddress& address) override {
      udp.set_address(address);
      tcp.set_address(address);
    }
    void spread_queries(uint32_t workers) override {
      spread_by_id(udp.descriptor(), listen, workers);
    }
    void drain() override { tcp.drain(); }
    [[nodiscard]] size_t open_connections() const noexcept override {
      return tcp.open_connections();
    }

    const SocketAddress listen;
    TcpService tcp;
    UdpService udp;
  };

  /// Opens the source of datagrams of one address and selects its type.
  std::unique_ptr<net::DatagramSource> open_source(net::Descriptor socket) {
    return std::make_unique<net::UdpSource>(loop, std::move(socket), batch);
  }

  void run() {
    if (options.cpu) pin_to(*options.cpu);
    loop.run();
    services.clear();
    if (options.log != nullptr) options.log->flush();
    if (options.ended) options.ended();
  }

  /// Runs `task` on the worker's thread after earlier tasks. Threads: any.
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex);
      tasks.push_back(std::move(task));
    }
    wakeup.wake();
  }

  void run_tasks() {
    std::vector<std::function<void()>> posted;
    {
      const std::lock_guard lock(mutex);
      posted.swap(tasks);
    }
    for (const auto& task : posted) task();
  }

  void spread(uint32_t workers) {
    spread_over = workers;
    for (auto& service : services) service->spread_queries(workers);
  }

  void set_tls(const TlsContexts& contexts) {
    for (auto& service : services) service->set_tls(contexts);
  }

  void replace_state(Assignment next) {
    if (draining) return;
    apply(std::move(next));
    if (options.assigned) options.assigned();
  }

  size_t flush(const CacheFlush& order) {
    switch (order.what) {
      case CacheFlush::What::All:
        break;
      case CacheFlush::What::Name:
        return cache.flush_name(order.name.view());
      case CacheFlush::What::Subtree:
        return cache.flush_subtree(order.name.view());
    }
    const size_t entries = cache.counts().entries;
    cache.flush_all();
    return entries;
  }

  void apply(Assignment next) {
    std::vector<std::unique_ptr<EndpointService>> kept;
    for (auto& service : services) {
      const resolver::EndpointAddress& before = service->address();
      const auto* address = next.state->find(before.listen, before.protocol);
      if (address == nullptr) continue;  // closed below, with `services`
      service->set_address(*address);
      service->set_tls(next.tls);
      kept.push_back(std::move(service));
    }
    services = std::move(kept);
    for (AddressSockets& sockets : next.sockets) {
      const auto* address = next.state->find(sockets.at.listen, sockets.at.protocol);
      INLET53_CHECK(address != nullptr);
      services.push_back(make_service(std::move(sockets), *address, next.tls));
      if (spread_over) services.back()->spread_queries(*spread_over);
    }
    forwarding.replace_state(*next.state);
    state = std::move(next.state);  // nothing refers to the old state any more
  }

  std::unique_ptr<EndpointService> make_service(AddressSockets sockets,
                                                const resolver::EndpointAddress& address,
                                                const TlsContexts& tls) {
    if (address.protocol == EndpointProtocol::Do53) {
      return std::make_unique<Do53Service>(*this, std::move(sockets), address);
    }
    if (address.protocol == EndpointProtocol::DoH) {
      return std::make_unique<DohService>(loop, std::move(sockets.tcp), options.settings.tls,
                                          tls.doh, responder, forwarding, counts, address,
                                          [this] { flusher.batch_done(); });
    }
    return std::make_unique<DotService>(loop, std::move(sockets.tcp), options.settings.tls, tls.dot,
                                        responder, forwarding, counts, address,
                                        [this] { flusher.batch_done(); });
  }

  void drain() {
    if (std::exchange(draining, true)) return;
    for (auto& service : services) service->drain();
    drain_until = read_clock().monotonic_ms + kDrainMs;
    // At least one turn of the loop, so that datagrams that have arrived are answered.
    drain_timer.start(kDrainPollMs, kDrainPollMs);
  }

  void check_drained() {
    size_t open = 0;
    for (const auto& service : services) open += service->open_connections();
    open += forwarding.waiting();
    if (open == 0 || read_clock().monotonic_ms >= drain_until) loop.stop();
  }

  const Options options;
  WorkerCounts counts;

  std::mutex mutex;  // guards the tasks
  std::vector<std::function<void()>> tasks;

  net::Loop loop;
  net::UdpBatch batch;
  BatchPrefetcher prefetcher;
  cache::Cache cache;
  Responder responder;
  LogFlusher flusher;
  Forwarding forwarding;
  net::Wakeup wakeup;
  net::Timer drain_timer;
  bool draining = false;
  uint64_t drain_until = 0;
  std::shared_ptr<const resolver::ResolverState> state;
  std::optional<uint32_t> spread_over;  // argument of the last `spread_queries`
  std::vector<std::unique_ptr<EndpointService>> services;
  std::thread thread;  // last: it uses the members above
};

Worker::Worker(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Worker::~Worker() {
  stop();
  impl_->thread.join();
}

void Worker::assign(Assignment assignment) {
  // A task must be copyable; sockets are not.
  auto shared = std::make_shared<Assignment>(std::move(assignment));
  impl_->post([this, shared] { impl_->replace_state(std::move(*shared)); });
}

void Worker::set_tls(TlsContexts contexts) {
  impl_->post([this, contexts = std::move(contexts)] { impl_->set_tls(contexts); });
}

void Worker::flush(CacheFlush flush, std::function<void(size_t)> flushed) {
  impl_->post([this, flush, flushed = std::move(flushed)] { flushed(impl_->flush(flush)); });
}

void Worker::spread_queries(uint32_t workers) {
  impl_->post([this, workers] { impl_->spread(workers); });
}

void Worker::stop() {
  impl_->post([this] { impl_->drain(); });
}

const WorkerCounts& Worker::counts() const noexcept { return impl_->counts; }

uint64_t Worker::cpu_time_ns() const noexcept {
  clockid_t clock{};
  timespec used{};
  if (pthread_getcpuclockid(impl_->thread.native_handle(), &clock) != 0) return 0;
  if (clock_gettime(clock, &used) != 0) return 0;
  return static_cast<uint64_t>(used.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(used.tv_nsec);
}

}  // namespace inlet53::server
