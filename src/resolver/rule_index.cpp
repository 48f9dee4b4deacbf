#include "inlet53/resolver/rule_index.h"

#include <algorithm>
#include <cstring>

namespace inlet53::resolver {

namespace {

// Less than, equal to or more than 0: sizes first, then octets.
int compare(dns::NameView a, dns::NameView b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return std::memcmp(a.data(), b.data(), a.size());
}

}  // namespace

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
    return {found->forward, label};
  }
  return {};
}

}  // namespace inlet53::resolver
