// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/name_key.h"

#include <unistd.h>

#define XXH_INLINE_ALL  // inlined: most parts of names need only 25-50 instructions
#include <xxhash.h>

#include "inlet53/base/check.h"

namespace inlet53::zone {

HashSeed random_seed() {
  HashSeed seed = 0;
  INLET53_CHECK(getentropy(&seed, sizeof seed) == 0);
  return seed;
}

uint64_t name_hash(Bytes labels, HashSeed seed) noexcept {
  return XXH3_64bits_withSeed(labels.data(), labels.size(), seed);
}

}  // namespace inlet53::zone
