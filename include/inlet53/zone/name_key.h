// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// The secret seed of name hashes. It stays the same while the process runs; a client cannot choose
/// names that collide.
using HashSeed = uint64_t;

/// Returns a seed from the kernel's random numbers.
[[nodiscard]] HashSeed random_seed();

/// Returns the hash of labels of a name in lower case, each with its length before it.
[[nodiscard]] uint64_t name_hash(Bytes labels, HashSeed seed) noexcept;

/// A query's name prepared for lookups: in lower case, with the seed of its hashes. A lookup hashes
/// the labels before the apex of its zone when it needs them. Uninitialised until `assign`.
/// Threads: const methods any. Cost: no allocation.
class NameKey {
 public:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): filled by assign, hot path
  NameKey() noexcept {}

  /// Copies `name`, which may be in any letter case.
  void assign(dns::NameView name, HashSeed seed) noexcept {
    name_.assign(name);
    seed_ = seed;
  }

  /// Sets the seed and returns the name, which the caller assigns next.
  [[nodiscard]] dns::FoldedName& begin(HashSeed seed) noexcept {
    seed_ = seed;
    return name_;
  }

  [[nodiscard]] const dns::FoldedName& name() const noexcept { return name_; }
  [[nodiscard]] size_t label_count() const noexcept { return name_.label_count(); }
  /// Returns the bytes of the labels from `first` up to, but without, `last`; `label_count()` is
  /// the root.
  /// Requires: `first <= last <= label_count()`. Lifetime: the key's.
  [[nodiscard]] Bytes labels(size_t first, size_t last) const noexcept {
    const dns::NameView suffix = name_.suffix(first);
    return {suffix.data(), suffix.size() - name_.suffix(last).size()};
  }
  /// Returns the name_hash of `labels(first, last)`.
  [[nodiscard]] uint64_t hash(size_t first, size_t last) const noexcept {
    return name_hash(labels(first, last), seed_);
  }

 private:
  dns::FoldedName name_;
  HashSeed seed_;
};

}  // namespace inlet53::zone
