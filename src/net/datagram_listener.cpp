// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/datagram_listener.h"

#include <algorithm>
#include <utility>

#include "socket_watcher.h"

namespace inlet53::net {

struct DatagramListener::Impl {
  Impl(Loop& loop, std::unique_ptr<DatagramSource> datagrams, Handler answer, void* argument,
       std::function<void()> report_behind)
      : source(std::move(datagrams)),
        handler(answer),
        context(argument),
        fell_behind(std::move(report_behind)),
        behind(std::min(source->half_of_buffer(), kBehind)),
        arrivals(loop, source->descriptor(), [this] { return drain(); }) {}

  size_t drain() noexcept;

  std::unique_ptr<DatagramSource> source;
  Handler handler;
  void* context;
  std::function<void()> fell_behind;
  size_t behind;  // this many datagrams in one turn
  ArrivalWatcher arrivals;
};

// Returns the number of datagrams.
size_t DatagramListener::Impl::drain() noexcept {
  size_t drained = 0;
  for (int i = 0; i < kMaxBatches; ++i) {
    const std::span<Datagram> batch = source->poll();
    if (batch.empty()) break;
    handler(context, batch);
    source->send(batch);
    const bool was_behind = drained >= behind;
    drained += batch.size();
    if (!was_behind && drained >= behind && fell_behind) fell_behind();
    if (batch.size() < DatagramSource::kMaxBatch) break;
  }
  return drained;
}

DatagramListener::DatagramListener(Loop& loop, std::unique_ptr<DatagramSource> source,
                                   Handler handler, void* context,
                                   std::function<void()> fell_behind)
    : impl_(std::make_unique<Impl>(loop, std::move(source), handler, context,
                                   std::move(fell_behind))) {}

DatagramListener::~DatagramListener() = default;

DatagramSource& DatagramListener::source() noexcept { return *impl_->source; }
const DatagramSource& DatagramListener::source() const noexcept { return *impl_->source; }

}  // namespace inlet53::net
