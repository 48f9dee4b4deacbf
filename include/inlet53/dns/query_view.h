// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// The content of a query's OPT record.
/// Lifetime: `options` borrows the message; it is invalid after a response is composed in the same
/// buffer.
/// Source: RFC 6891 §6.1.
struct QueryEdns {
  bool present = false;
  bool dnssec_ok = false;  // DO
  uint8_t version = 0;
  uint16_t udp_size = 0;  // bytes, as received; less than 512 means 512 (RFC 6891 §6.2.3)
  Bytes options;          // all options, as received
};

/// The header, question and OPT of one query, parsed and validated. `parse_query` fills it.
/// Lifetime: borrows the message. `qname` stays valid when a response is composed in the message's
/// buffer, because the question stays in place.
struct QueryView {
  uint16_t id = 0;
  uint8_t flags1 = 0;         // QR opcode AA TC RD, as received
  uint8_t flags2 = 0;         // RA Z AD CD rcode, as received
  bool has_question = false;  // the question could be parsed; qname, qtype and qclass are set
  NameView qname;
  uint16_t qtype = 0;
  uint16_t qclass = 0;
  uint32_t question_end = kHeaderSize;  // offset of the first byte after the question
  QueryEdns edns;

  [[nodiscard]] Opcode opcode() const noexcept { return static_cast<Opcode>((flags1 >> 3) & 0x0F); }
};

/// Result of parsing a message from a client. It does not depend on the transport.
enum class QueryVerdict : uint8_t {
  Accept,      // a well-formed query with one question
  Drop,        // shorter than a header, or a response: no answer (RFC 1035 §4.1.1)
  FormErr,     // malformed: the response is FORMERR
  NotImp,      // the opcode is not QUERY: the response is NOTIMP
  BadVers,     // the EDNS version is not 0: the response is BADVERS (RFC 6891 §6.1.3)
  CookieOnly,  // no question, but a COOKIE option: requests a server cookie (RFC 7873 §5.4). The
               // response is FORMERR if the server does not support cookies
};

/// Parses a message, fills `query` and returns a verdict.
///
/// FormErr:
/// * more than one question (RFC 9619); no question and no COOKIE option;
/// * a truncated or compressed question; a question for type OPT or TSIG;
/// * a record in the answer section; a record in the authority section, except in an IXFR query
///   (RFC 1995 §3);
/// * an OPT outside the additional section, an OPT whose owner is not the root, a second OPT (RFC
///   6891 §6.1.1), or malformed options;
/// * fewer records than a section's count; bytes after the last record.
/// NotImp: the parser reads nothing after the question, because another opcode may define the
/// sections in another way. Therefore the response has no OPT.
/// BadVers: the message is otherwise well-formed. The parser does not check the options, because a
/// later version may define another format.
/// Ignored: AA, TC, RA, Z, AD and the rcode; the class, which the decision checks; other records in
/// the additional section, and where a compressed owner of theirs points; unknown options.
///
/// After every verdict except Drop, `query` has what an error response needs: the id, the flags,
/// the question if it could be parsed, and the OPT if there is one. If there is an OPT, an error
/// response has one, too (RFC 6891 §7), even if its options or the bytes after it are malformed.
/// Threads: any. Cost: no allocation; linear in the size of the message, whatever its section
/// counts.
/// Source: RFC 1035 §4.1, RFC 6891 §6-7.
[[nodiscard]] QueryVerdict parse_query(Bytes message, QueryView& query) noexcept;

/// Does the same, and copies the question's name in lower case to `folded` in the same pass.
/// `folded` is unspecified if the question could not be parsed.
[[nodiscard]] QueryVerdict parse_query(Bytes message, QueryView& query,
                                       FoldedName& folded) noexcept;

}  // namespace inlet53::dns
