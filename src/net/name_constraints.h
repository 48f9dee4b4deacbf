// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <openssl/x509.h>

#include "inlet53/base/ip_address.h"

namespace inlet53::net {

/// What an authority may certify: DNS names at and below each domain, and single addresses. Other
/// domains are not permitted. An address family without a permitted address is excluded as a whole:
/// a list of domains alone would permit every address.
/// Source: RFC 5280 §4.2.1.10.
struct PermittedNames {
  std::set<std::string> domains;
  std::set<IpAddress> addresses;

  /// Permits the names of a certificate: DNS names, of which `*.` is left out, and IP addresses.
  void add(const std::vector<std::string>& names);
  /// Whether all of `other` is permitted here.
  [[nodiscard]] bool covers(const PermittedNames& other) const;
  /// The domains, then the addresses, for people.
  [[nodiscard]] std::vector<std::string> to_texts() const;

  friend bool operator==(const PermittedNames&, const PermittedNames&) = default;
};

/// The value of the extension as OpenSSL's configuration spells it (x509v3_config(5)).
/// Requires: there is a domain.
[[nodiscard]] std::string constraints_text(const PermittedNames& permitted);

/// The constraints of an authority; absent unless they are critical and have the form that
/// `constraints_text` gives.
[[nodiscard]] std::optional<PermittedNames> read_constraints(const X509* authority);

}  // namespace inlet53::net
