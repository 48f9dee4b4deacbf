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

/// Converts RDATA from presentation form to wire form: with ldns for every type that it knows
/// (SVCB, HTTPS and some others have a parser here), and from RFC 3597's form, `\# length hex`, for
/// every type. ldns knows the types NULL, A6, NXT and SINK only by name: they need RFC 3597's form.
///
/// Rejects text that ldns would misread: the words listed in `rdata_words.h` (it wraps numbers),
/// text longer than its buffers (it truncates it), invalid hex (it makes up bytes), names over 255
/// bytes, and a first label `@` (it takes the origin instead). In both forms, rejects RDATA that an
/// RFC forbids (`rdata_rules.h`).
/// Threads: one.
class RdataParser {
 public:
  /// Maximum size in bytes of presentation form in ldns's own buffers; `\#` has no such limit.
  static constexpr size_t kMaxText = 65'000;

  /// Sets the origin of relative names in RDATA. It is the root until the first call.
  void set_origin(dns::NameView origin);

  /// Parses `text`, one line without white space around it, as MasterScanner returns it.
  /// Returns the RDATA; its names keep their letter case and are not compressed. The message of an
  /// error cites its token. Lifetime: until the next call.
  [[nodiscard]] Result<Bytes, TextFault> parse(uint16_t type, std::string_view text);

 private:
  [[nodiscard]] Result<Bytes, TextFault> parse_fields(uint16_t type, std::string_view text);
  [[nodiscard]] Result<Bytes, TextFault> parse_known(uint16_t type, std::string_view text);
  [[nodiscard]] Result<Bytes, TextFault> parse_generic(uint16_t type, std::string_view text);
  /// Joins the fields in rdata_.
  [[nodiscard]] Result<Bytes, TextFault> join_fields(const ldns_rr& rr);
  /// Returns true when ldns accepts `rdata` as RDATA of `type`. Uses rdata_.
  [[nodiscard]] bool has_shape(const ldns_rr_descriptor& descriptor, uint16_t type, Bytes rdata);

  dns::Name origin_;
  LdnsRdf ldns_origin_;
  std::string line_;
  std::vector<uint8_t> rdata_;
};

}  // namespace inlet53::zone
