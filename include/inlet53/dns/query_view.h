// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// What a query's OPT record says.
/// Lifetime: `options` borrows the message, and dies when a response is composed in its buffer.
/// Source: RFC 6891 §6.1.
struct QueryEdns {
  bool present = false;
  bool dnssec_ok = false;  // DO
  uint8_t version = 0;
  uint16_t udp_size = 0;  // octets, as sent; below 512 counts as 512 (RFC 6891 §6.2.3)
  Bytes options;          // all of them, known or not, checked to lie within the record
};

/// One query: header, question and OPT, parsed once and checked. `parse_query` fills it.
/// Lifetime: borrows the message. `qname` outlives the composing of a response in the message's
/// buffer, where the question stays.
struct QueryView {
  uint16_t id = 0;
  uint8_t flags1 = 0;         // QR opcode AA TC RD, as received
  uint8_t flags2 = 0;         // RA Z AD CD rcode, as received
  bool has_question = false;  // qname, qtype and qclass were readable
  NameView qname;
  uint16_t qtype = 0;
  uint16_t qclass = 0;
  uint32_t question_end = kHeaderSize;  // offset after the question that may be echoed
  QueryEdns edns;

  [[nodiscard]] bool recursion_desired() const noexcept { return (flags1 & 0x01) != 0; }
  [[nodiscard]] bool checking_disabled() const noexcept { return (flags2 & 0x10) != 0; }
  [[nodiscard]] Opcode opcode() const noexcept { return static_cast<Opcode>((flags1 >> 3) & 0x0F); }
};

/// What is to be done with a message that claims to be a query. The same on every transport.
enum class QueryVerdict : uint8_t {
  Accept,      // a well-formed query with one question
  Drop,        // shorter than a header, or a response: never answered (RFC 1035 §4.1.1)
  FormErr,     // answered FORMERR
  NotImp,      // an opcode other than QUERY: answered NOTIMP
  BadVers,     // EDNS version over 0: answered BADVERS (RFC 6891 §6.1.3)
  CookieOnly,  // well-formed, without a question: for a server cookie (RFC 7873 §5.4); FORMERR
               // from a server that does not do cookies
};

/// Parses a message and decides what it is worth.
///
/// FormErr: several questions (RFC 9619), or none and no COOKIE option, a question that is cut off
/// or compressed, records in the answer section, or in the authority section of anything but IXFR
/// (RFC 1995 §3), an OPT that stands elsewhere than in the additional section, is not owned by the
/// root, is repeated (RFC 6891 §6.1.1) or has options that leave it, a section that is shorter than
/// its count, octets after the last record, OPT or TSIG asked for as a type. NotImp: nothing beyond
/// the question is looked at, for the sections mean other things there; so its response has no OPT.
/// BadVers: the message is sound, but for what a later version's options look like.
/// Ignored: AA, TC, RA, Z, AD, the rcode; the class, which is judged where the answer is; other
/// records in the additional section, whose owners are skipped and not followed; unknown options.
/// After every verdict but Drop, `query` has what the error response needs: id, flags, the question
/// when it was readable, and the OPT when one was recognised, whatever is wrong with its options or
/// behind it: then the error has an OPT too (RFC 6891 §7).
/// Threads: any. Cost: no allocation; linear in the message, and no more for counts that lie.
/// Source: RFC 1035 §4.1, RFC 6891 §6-7.
[[nodiscard]] QueryVerdict parse_query(Bytes message, QueryView& query) noexcept;

/// The same, and `folded` becomes the question's name in lower case, when it was readable, and is
/// unspecified else: one walk over its labels serves both.
[[nodiscard]] QueryVerdict parse_query(Bytes message, QueryView& query,
                                       FoldedName& folded) noexcept;

}  // namespace inlet53::dns
