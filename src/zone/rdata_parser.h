// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ldns.h"
#include "master_scanner.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// Turns RDATA from presentation form into wire form through ldns, for every type that ldns knows
/// (SVCB and HTTPS have a parser of our own), and from RFC 3597's form, `\# length hex`, for every
/// type. Of the types that ldns names but does not know whole, NULL, A6, NXT and SINK, only the
/// latter is taken.
///
/// ldns is kept from what it would take silently: what `rdata_words.h` names (it wraps numbers),
/// text too long for its buffers (it drops it), hex that is none (it makes up octets), names over
/// 255 octets, and a first label `@` (it takes the origin instead). In both forms, what an RFC
/// forbids is refused (`rdata_rules.h`). Threads: one.
class RdataParser {
 public:
  /// Octets of presentation form that ldns's own buffers hold; `\#` has no such limit.
  static constexpr size_t kMaxText = 65'000;

  /// Relative names in RDATA are completed with `origin`. The root until it is called.
  void set_origin(dns::NameView origin);

  /// `text` one line, without white space around it, as MasterScanner leaves it.
  /// Returns the RDATA with names in the letter case that was written, never compressed; or what is
  /// wrong, whose message cites its token. Lifetime: until the next call.
  [[nodiscard]] Result<Bytes, TextFault> parse(uint16_t type, std::string_view text);

 private:
  [[nodiscard]] Result<Bytes, TextFault> parse_fields(uint16_t type, std::string_view text);
  [[nodiscard]] Result<Bytes, TextFault> parse_known(uint16_t type, std::string_view text);
  [[nodiscard]] Result<Bytes, TextFault> parse_generic(uint16_t type, std::string_view text);
  /// Joins the fields in rdata_.
  [[nodiscard]] Result<Bytes, TextFault> join_fields(const ldns_rr& rr);
  /// True when `rdata` is what ldns takes for RDATA of `type`. Uses rdata_.
  [[nodiscard]] bool has_shape(const ldns_rr_descriptor& descriptor, uint16_t type, Bytes rdata);

  dns::Name origin_;
  LdnsRdf ldns_origin_;
  std::string line_;
  std::vector<uint8_t> rdata_;
};

}  // namespace inlet53::zone
