// SPDX-License-Identifier: Apache-2.0
#include "name_constraints.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include <openssl/x509v3.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53::net {

namespace {

struct ConstraintsDeleter {
  void operator()(NAME_CONSTRAINTS* constraints) const noexcept {
    NAME_CONSTRAINTS_free(constraints);
  }
};

Bytes octets_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))};
}

bool all_are(Bytes octets, uint8_t value) {
  return std::ranges::all_of(octets, [value](uint8_t octet) { return octet == value; });
}

// Address followed by its mask.
struct AddressBlock {
  Bytes address;
  Bytes mask;
};

std::optional<AddressBlock> block_of(const GENERAL_NAME* name) {
  const Bytes octets = octets_of(name->d.iPAddress);
  if (octets.size() != 8 && octets.size() != 32) return std::nullopt;
  return AddressBlock{octets.first(octets.size() / 2), octets.subspan(octets.size() / 2)};
}

// Returns false when it does not have the form of this program.
bool add_permitted(const GENERAL_NAME* name, PermittedNames& permitted) {
  if (name->type == GEN_DNS) {
    permitted.domains.emplace(as_text(octets_of(name->d.dNSName)));
    return true;
  }
  if (name->type != GEN_IPADD) return false;
  const auto block = block_of(name);
  if (!block || !all_are(block->mask, 0xFF)) return false;
  permitted.addresses.insert(IpAddress::from_bytes(block->address));
  return true;
}

bool has_family(const PermittedNames& permitted, bool v4) {
  return std::ranges::any_of(permitted.addresses,
                             [v4](const IpAddress& each) { return each.is_v4() == v4; });
}

// Returns true when exactly the families without a permitted address are excluded.
bool excludes_the_rest(const NAME_CONSTRAINTS& constraints, const PermittedNames& permitted) {
  bool v4 = false;
  bool v6 = false;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints.excludedSubtrees); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_SUBTREE_value(constraints.excludedSubtrees, i)->base;
    if (name->type != GEN_IPADD) return false;
    const auto block = block_of(name);
    if (!block || !all_are(block->mask, 0)) return false;
    (block->address.size() == 4 ? v4 : v6) = true;
  }
  return v4 != has_family(permitted, true) && v6 != has_family(permitted, false);
}

}  // namespace

void PermittedNames::add(const std::vector<std::string>& names) {
  constexpr std::string_view kWildcard = "*.";
  for (const std::string& name : names) {
    if (const auto address = IpAddress::parse(name)) {
      addresses.insert(*address);
    } else {
      domains.insert(name.starts_with(kWildcard) ? name.substr(kWildcard.size()) : name);
    }
  }
}

bool PermittedNames::covers(const PermittedNames& other) const {
  return std::ranges::includes(domains, other.domains) &&
         std::ranges::includes(addresses, other.addresses);
}

std::vector<std::string> PermittedNames::to_texts() const {
  std::vector<std::string> texts(domains.begin(), domains.end());
  for (const IpAddress& address : addresses) texts.push_back(address.to_text());
  return texts;
}

std::string constraints_text(const PermittedNames& permitted) {
  constexpr std::string_view kHostV4 = "255.255.255.255";
  constexpr std::string_view kHostV6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  INLET53_CHECK(!permitted.domains.empty());
  std::string text = "critical";
  for (const std::string& domain : permitted.domains) text += concat(",permitted;DNS:", domain);
  for (const IpAddress& address : permitted.addresses) {
    text += concat(",permitted;IP:", address.to_text(), "/", address.is_v4() ? kHostV4 : kHostV6);
  }
  if (!has_family(permitted, true)) text += ",excluded;IP:0.0.0.0/0.0.0.0";
  if (!has_family(permitted, false)) text += ",excluded;IP:::/::";
  return text;
}

std::optional<PermittedNames> read_constraints(const X509* authority) {
  int critical = 0;
  const std::unique_ptr<NAME_CONSTRAINTS, ConstraintsDeleter> constraints(
      static_cast<NAME_CONSTRAINTS*>(
          X509_get_ext_d2i(authority, NID_name_constraints, &critical, nullptr)));
  if (constraints == nullptr || critical != 1) return std::nullopt;
  PermittedNames permitted;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
    if (!add_permitted(name, permitted)) return std::nullopt;
  }
  if (permitted.domains.empty() || !excludes_the_rest(*constraints, permitted)) return std::nullopt;
  return permitted;
}

}  // namespace inlet53::net
