// SPDX-License-Identifier: Apache-2.0

// A master file is rejected with a place, or becomes a table that has every owner.
#include "fuzz.h"

#include "inlet53/zone/zone_loader.h"
#include "inlet53/zone/zone_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace inlet53;
  using namespace inlet53::zone;
  const auto apex = dns::Name::parse_text("corp.internal.");
  const auto loaded = load_zone_text(as_text({data, size}), "/nonexistent/fuzz.zone", apex->view());
  if (!loaded) {
    FUZZ_CHECK(!loaded.error().empty() && loaded.error().size() <= kMaxZoneFaults);
    for (const ZoneLoadError& error : loaded.error()) FUZZ_CHECK(!error.message.empty());
    return 0;
  }
  constexpr HashSeed kSeed = 1;
  const auto table = ZoneTable::build(loaded->data, kSeed, {});
  FUZZ_CHECK(table->record_count() <= loaded->data.size());
  for (size_t i = 0; i < loaded->data.size(); ++i) {
    const ZoneData::Record record = loaded->data.record(i);
    FUZZ_CHECK(record.owner.is_at_or_below(apex->view()));
    NameKey key;
    key.assign(record.owner, kSeed);
    LookupResult lookup;
    table->find(key, record.type, 0, false, lookup);
    const Found found = lookup.found;
    FUZZ_CHECK(found == Found::Answer || found == Found::SubtreeAlias);
  }
  return 0;
}
