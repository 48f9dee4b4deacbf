// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// One record of a response; the owner and the names in the RDATA are uncompressed.
struct ResponseRecord {
  Name owner;
  uint16_t type = 0;
  uint16_t rrclass = 0;
  uint32_t ttl = 0;
  std::vector<uint8_t> rdata;
};

/// A whole response, parsed for tests. The daemon uses AnswerChain.
struct ResponseMessage {
  uint16_t id = 0;
  uint16_t flags = 0;            // bytes 2 and 3 of the header
  Rcode rcode = Rcode::NoError;  // with the upper bits of the OPT
  Name qname;
  uint16_t qtype = 0;
  uint16_t qclass = 0;
  bool has_question = false;
  bool has_opt = false;
  std::optional<uint16_t> ede;                                // the info code (RFC 8914 §2)
  std::vector<ResponseRecord> answer, authority, additional;  // without the OPT

  [[nodiscard]] bool truncated() const noexcept { return (flags & 0x0200) != 0; }
  [[nodiscard]] bool authoritative() const noexcept { return (flags & 0x0400) != 0; }
  [[nodiscard]] bool recursion_available() const noexcept { return (flags & 0x0080) != 0; }
};

/// Parses a response. Uncompresses the names in the RDATA of types that may be compressed; copies
/// other RDATA. Absent when the message is not a response, is malformed, has several questions or
/// OPTs, has bytes after the last record, or has RDATA that does not have the format of one of
/// those types.
/// Threads: any. Cost: allocates; linear in the message, each name bounded.
/// Source: RFC 1035 §4.1, RFC 3597 §4 (which types), RFC 6891 §6.1, RFC 9267.
[[nodiscard]] std::optional<ResponseMessage> parse_response(Bytes message);

}  // namespace inlet53::dns
