// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <openssl/x509.h>

#include "inlet53/base/ip_address.h"

namespace inlet53::net {

/// Names that an authority may certify: DNS names at and below each domain, and single addresses.
/// Other domains are not permitted. An address family without a permitted address is excluded
/// completely, because a list of domains alone would permit every address.
/// Source: RFC 5280 §4.2.1.10.
struct PermittedNames {
  std::set<std::string> domains;
  std::set<IpAddress> addresses;

  /// Permits the names of a certificate: DNS names (without `*.`) and IP addresses.
  void add(const std::vector<std::string>& names);
  /// Returns true when this permits all of `other`.
  [[nodiscard]] bool covers(const PermittedNames& other) const;
  /// Returns the domains, then the addresses, as texts.
  [[nodiscard]] std::vector<std::string> to_texts() const;

  friend bool operator==(const PermittedNames&, const PermittedNames&) = default;
};

/// Returns the value of the extension in OpenSSL's configuration syntax (x509v3_config(5)).
/// Requires: there is a domain.
[[nodiscard]] std::string constraints_text(const PermittedNames& permitted);

/// Returns the constraints of an authority; absent unless they are critical and have the form of
/// `constraints_text`.
[[nodiscard]] std::optional<PermittedNames> read_constraints(const X509* authority);

}  // namespace inlet53::net
