// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/random.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::forward {

/// Form of a query on the wire.
struct QueryForm {
  bool edns = true;
  bool random_case = true;  // else in lower case
};

/// Result of comparing a message with the query.
enum class QueryMatch : uint8_t {
  None,         // no response, or to another question
  OtherCase,    // the same question in other letter case
  BareError,    // FORMERR or NOTIMP without a question, as of servers that do not know EDNS
  SameQuestion  // byte for byte
};

/// The query of a fetch: RD set, one question of class IN, an OPT without options.
/// Source: RFC 1035 §4.1; RFC 6891 §6.1.2; draft-vixie-dnsext-dns0x20 (letters in random case).
class TargetQuery {
 public:
  /// Header, name, type and class, OPT.
  static constexpr size_t kMaxSize = dns::kHeaderSize + dns::kMaxName + 4 + 11;

  /// Requires: `qname` in lower case.
  void assign(dns::NameView qname, uint16_t qtype, uint16_t edns_udp_size,
              RandomBytes& random) noexcept;

  /// Writes the message with id 0 to `out`, which has `kMaxSize` bytes; returns its size.
  size_t compose(QueryForm form, uint8_t* out) const noexcept;

  /// Compares `message` with the message that `compose` wrote for `form`, except for the id.
  [[nodiscard]] QueryMatch match(QueryForm form, Bytes message) const noexcept;

  [[nodiscard]] dns::NameView qname() const noexcept { return qname_.view(); }
  [[nodiscard]] uint16_t qtype() const noexcept { return qtype_; }

 private:
  // The name as it is sent, in mixed case or in lower case.
  [[nodiscard]] const uint8_t* sent_name(QueryForm form) const noexcept {
    return form.random_case ? cased_.data() : qname_.view().data();
  }

  dns::Name qname_;
  std::array<uint8_t, dns::kMaxName + 1> cased_{};  // in whole words, some letters in upper case
  uint16_t qtype_ = 0;
  uint16_t edns_udp_size_ = 0;
};

}  // namespace inlet53::forward
