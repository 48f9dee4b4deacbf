// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "inlet53/net/datagram_source.h"
#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_index.h"

namespace inlet53::server {

/// Loads the entries of large zones that the queries of a batch will read into the processor's
/// cache, so that their waits for memory overlap. A name of a zone with a million names lies in two
/// or three cache lines that were not read for long; each takes about 100 ns.
/// Threads: one. Cost: for a batch of more than one where a zone is large, some 250 instructions a
/// query; else nothing.
class BatchPrefetcher {
 public:
  void prefetch(const zone::ZoneIndex& zones, std::span<const net::Datagram> batch) noexcept;

 private:
  zone::NameKey key_;
  std::array<zone::PrefetchedSlot, net::DatagramSource::kMaxBatch> slots_;
};

}  // namespace inlet53::server
