#pragma once

#include <memory>

#include "frozen_zone.h"

#include "inlet53/zone/zone_data.h"
#include "inlet53/zone/zone_table.h"

namespace inlet53::zone {

/// Lays `data` out for lookups, as ZoneTable::build says.
/// Cost: linear but for RRsets of many records; beside the result some 44 octets for each name
/// while it runs.
[[nodiscard]] std::unique_ptr<const FrozenZone> freeze(const ZoneData& data, HashSeed seed,
                                                       const ZoneTableOptions& options);

}  // namespace inlet53::zone
