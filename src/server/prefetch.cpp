// SPDX-License-Identifier: Apache-2.0
#include "prefetch.h"

#include "inlet53/dns/types.h"

namespace inlet53::server {

void BatchPrefetcher::prefetch(const zone::ZoneIndex& zones,
                               std::span<const net::Datagram> batch) noexcept {
  if (batch.size() < 2 || !zones.has_large_zone()) return;
  dns::FoldedName& name = key_.begin(zones.seed());
  size_t count = 0;
  for (const net::Datagram& datagram : batch) {
    // The responder checks later whether the message is a query.
    const Bytes message{datagram.data, datagram.received};
    if (message.size() <= dns::kHeaderSize) continue;
    if (name.assign_flat(message.subspan(dns::kHeaderSize)) == 0) continue;
    slots_[count++] = zones.prefetch(key_);
  }
  for (size_t i = 0; i < count; ++i) zone::ZoneTable::prefetch_node(slots_[i]);
}

}  // namespace inlet53::server
