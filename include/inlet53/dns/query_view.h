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
  uint16_t udp_size = 0;  // bytes, as sent; below 512 counts as 512 (RFC 6891 §6.2.3)
  Bytes options;          // all of them; they lie within the record
};

/// The header, question and OPT of one query, parsed and validated. `parse_query` fills it.
/// Lifetime: borrows the message. `qname` stays valid when a response is composed in the message's
/// buffer, because the question stays in place.
struct QueryView {
  uint16_t id = 0;
  uint8_t flags1 = 0;         // QR opcode AA TC RD, as received
  uint8_t flags2 = 0;         // RA Z AD CD rcode, as received
  bool has_question = false;  // qname, qtype and qclass could be parsed
  NameView qname;
  uint16_t qtype = 0;
  uint16_t qclass = 0;
  uint32_t question_end = kHeaderSize;  // offset after the question
  QueryEdns edns;

  [[nodiscard]] Opcode opcode() const noexcept { return static_cast<Opcode>((flags1 >> 3) & 0x0F); }
};

/// The result of parsing a message from a client. The same on every transport.
enum class QueryVerdict : uint8_t {
  Accept,      // a well-formed query with one question
  Drop,        // shorter than a header, or a response: no answer (RFC 1035 §4.1.1)
  FormErr,     // response FORMERR
  NotImp,      // an opcode other than QUERY: response NOTIMP
  BadVers,     // EDNS version over 0: response BADVERS (RFC 6891 §6.1.3)
  CookieOnly,  // well-formed, without a question: requests a server cookie (RFC 7873 §5.4); FORMERR
               // where the server does not support cookies
};

/// Parses a message and returns a verdict.
///
/// FormErr: several questions (RFC 9619); no question and no COOKIE option; a truncated or
/// compressed question; records in the answer section, or in the authority section of anything but
/// IXFR (RFC 1995 §3); an OPT outside the additional section, with an owner other than the root,
/// repeated (RFC 6891 §6.1.1) or with malformed options; a section shorter than its count; bytes
/// after the last record; a question for type OPT or TSIG.
/// NotImp: the parser reads nothing after the question, because sections of other opcodes have
/// another meaning. So the response has no OPT.
/// BadVers: the message is well-formed; the options are not checked, because a later version may
/// define another format.
/// Ignored: AA, TC, RA, Z, AD and the rcode; the class, which the decision checks; other records in
/// the additional section, whose owners are not followed; unknown options.
///
/// After every verdict except Drop, `query` has what the error response needs: id, flags, the
/// question if it could be parsed, and the OPT if one was found, even when its options or the bytes
/// after it are malformed: then the error response has an OPT too (RFC 6891 §7).
/// Threads: any. Cost: no allocation; linear in the message, also when section counts are wrong.
/// Source: RFC 1035 §4.1, RFC 6891 §6-7.
[[nodiscard]] QueryVerdict parse_query(Bytes message, QueryView& query) noexcept;

/// Parses a message and copies the question's name in lower case to `folded`, in the same walk over
/// the labels. `folded` is unspecified when the question could not be parsed.
[[nodiscard]] QueryVerdict parse_query(Bytes message, QueryView& query,
                                       FoldedName& folded) noexcept;

}  // namespace inlet53::dns
