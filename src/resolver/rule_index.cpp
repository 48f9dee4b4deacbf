// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/rule_index.h"

#include <algorithm>
#include <cstring>

namespace inlet53::resolver {

namespace {

// Returns a number less than, equal to or more than 0: compares sizes first, then bytes.
int compare(dns::NameView a, dns::NameView b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return std::memcmp(a.data(), b.data(), a.size());
}

}  // namespace

const OutboundAddress& ForwardRule::outbound_for(const SocketAddress& local) const noexcept {
  const auto would_do = [&](const OutboundAddress& each, bool given) {
    return given ? each.send_from == local.address : !each.send_from;
  };
  for (const bool given : {true, false}) {
    const auto fits = [&](const OutboundAddress& each) { return would_do(each, given); };
    const auto count = std::ranges::count_if(outbound, fits);
    if (count == 0) continue;
    auto skip = local.port % count;
    for (const OutboundAddress& each : outbound) {
      if (fits(each) && skip-- == 0) return each;
    }
  }
  return outbound.front();
}

RuleIndex::RuleIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
    return compare(a.apex.view(), b.apex.view()) < 0;
  });
  for (const Entry& entry : entries_) has_size_.set(entry.apex.view().size());
}

RuleIndex::Match RuleIndex::find(const zone::NameKey& key) const noexcept {
  for (size_t label = 0; label <= key.label_count(); ++label) {
    const dns::NameView suffix = key.name().suffix(label);
    if (!has_size_.test(suffix.size())) continue;
    const auto found = std::ranges::lower_bound(
        entries_, suffix, [](dns::NameView a, dns::NameView b) { return compare(a, b) < 0; },
        [](const Entry& entry) { return entry.apex.view(); });
    if (found == entries_.end() || compare(found->apex.view(), suffix) != 0) continue;
    return {found->forward, found->scope, label};
  }
  return {};
}

}  // namespace inlet53::resolver
