// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/resolver/decision.h"

namespace inlet53::server {

/// Answer that a query stores because the cache did not store it. Owns its memory; movable.
/// Threads: one at a time.
class KeptAnswer {
 public:
  /// Returns the size of a copy of the question and the response in bytes.
  [[nodiscard]] static size_t octets_of(const resolver::ForwardQuestion& question,
                                        const cache::ReceivedResponse& response) noexcept;
  /// Copies the question and the response.
  KeptAnswer(const resolver::ForwardQuestion& question, const cache::ReceivedResponse& response);

  /// Lifetime: this object's.
  [[nodiscard]] resolver::ReceivedAnswer view() const noexcept;

 private:
  resolver::ForwardQuestion question_;
  cache::ReceivedResponse response_;
  std::unique_ptr<uint8_t[]> octets_;
  std::vector<cache::CachedRRset> answers_;
  std::unique_ptr<cache::CachedRRset> authority_;
};

}  // namespace inlet53::server
