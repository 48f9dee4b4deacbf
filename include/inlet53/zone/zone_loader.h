// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/file.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// A fault in a master file. `file` is the included file when the fault is there.
using ZoneLoadError = FileError;

/// Maximum number of reported faults of one master file.
inline constexpr size_t kMaxZoneFaults = 20;

/// The content of a master file.
struct ZoneFile {
  ZoneData data;
  /// Records outside the zone, which are not in `data`: the first `kMaxZoneFaults`.
  std::vector<FileError> ignored;
};

/// Loads a zone from a master file: every record type that ldns knows, and every type in the form
/// of RFC 3597. Lines may end with LF or CRLF; tabs, comments and a missing final line end are
/// valid.
///
/// Names before any $ORIGIN are relative to `apex`. The TTL of a record is its own, else $TTL's,
/// else the last one stated; if there is none of these, the SOA's MINIMUM, as in BIND. $INCLUDE is
/// relative to the including file, whose origin and owner are valid again after it; $TTL continues.
/// As in a private hosted zone, the apex needs no NS.
///
/// For compatibility with BIND, these are valid: a second SOA that equals the first, at the end of
/// a zone transfer; $GENERATE; names of types that ldns does not know (RESINFO, AMTRELAY, DSYNC …).
///
/// Errors. Each has the line and column of the wrong word, which the message cites; or of the
/// record's start when no single word is wrong; or no column when the fault is in a whole record:
///
///  * the file, or an included one, is missing, not a regular file, empty or unreadable; a file
///    includes itself or is at depth nine;
///  * a byte order mark; an unclosed quote or parenthesis; an unknown or incomplete directive;
///  * an invalid owner, TTL (over 2^31-1), class (other than IN), type or RDATA; no TTL; a type
///    that cannot be in a zone (OPT, TSIG, AXFR, ANY …: RFC 6895 §3.1);
///  * RDATA that an RFC forbids, such as a digest of a wrong length or a repeated key of SVCB;
///  * an RRset that is too large for a message, at the first record that does not fit;
///  * an SOA below the apex, a second and different SOA, or no SOA (line 0);
///  * a CNAME beside other data (RFC 1034 §3.6.2; except signatures, RFC 2181 §10.1), at the line
///    of the CNAME; a second CNAME or DNAME at a name.
///
/// After a fault the loader continues. It stops after `kMaxZoneFaults` faults, and one more entry
/// reports that. It validates the zone as a whole only when all records are valid.
///
/// Threads: any. Cost: linear, n log n in the aliases; allocates. 1,000,000 address records take
/// 1.9 s of CPU time and 85 MB at the peak.
///
/// Source: RFC 1035 §5, RFC 2308 §4, RFC 3597 §5.
[[nodiscard]] Result<ZoneFile, std::vector<ZoneLoadError>> load_zone_file(const std::string& path,
                                                                          dns::NameView apex);

/// Loads a zone from text in memory. `path` names it in errors; $INCLUDE is relative to `path`.
/// Lifetime: borrows `text` for the call.
[[nodiscard]] Result<ZoneFile, std::vector<ZoneLoadError>> load_zone_text(std::string_view text,
                                                                          const std::string& path,
                                                                          dns::NameView apex);

}  // namespace inlet53::zone
