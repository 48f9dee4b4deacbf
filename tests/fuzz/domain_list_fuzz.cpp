// SPDX-License-Identifier: Apache-2.0

// A file of domains is rejected with the line, or becomes a set that has each of its domains.
#include <algorithm>
#include <string>

#include "fuzz.h"

#include "inlet53/resolver/domain_set.h"

namespace {

using namespace inlet53;

constexpr zone::HashSeed kSeed = 1;

bool contains(const resolver::DomainSet& set, std::string_view name) {
  const auto parsed = dns::Name::parse_text(name);
  FUZZ_CHECK(parsed.has_value());
  zone::NameKey key;
  key.assign(parsed->view(), kSeed);
  return set.contains(key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto loaded = resolver::load_domain_list_text(text, "/nonexistent/list");
  if (!loaded) {
    FUZZ_CHECK(loaded.error().line > 0 && !loaded.error().message.empty());
    return 0;
  }
  const auto set = loaded->build(kSeed);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const auto domain = topology::parse_firewall_domain(text.substr(at, end - at));
    at = end + 1;
    if (!domain) continue;
    const std::string name(domain->name);
    switch (domain->match) {
      case topology::DomainMatch::Exact:
        FUZZ_CHECK(contains(*set, name));
        break;
      case topology::DomainMatch::Below:
        if (name.size() <= 251) FUZZ_CHECK(contains(*set, "x." + name));
        break;
      case topology::DomainMatch::Ending:
        FUZZ_CHECK(contains(*set, name));
        if (name.size() <= 252 && name.find('.') < 63) FUZZ_CHECK(contains(*set, "x" + name));
        break;
      case topology::DomainMatch::All:
        FUZZ_CHECK(contains(*set, "anything.test"));
        break;
    }
  }
  return 0;
}
