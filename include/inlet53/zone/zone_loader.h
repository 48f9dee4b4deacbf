#pragma once

#include <string>
#include <string_view>

#include "inlet53/base/file_error.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// Why a master file was refused; `file` is the included one, when the fault is there.
using ZoneLoadError = FileError;

/// Loads a zone from a master file: every record type that ldns knows, and every type at all in RFC
/// 3597's form. LF or CRLF, tabs, comments and a missing final line end are all taken.
///
/// Names before any $ORIGIN are relative to `apex`. A record's TTL is its own, else $TTL's, else
/// the last one stated; before any of them, the SOA's MINIMUM, as BIND has it. $INCLUDE is relative
/// to the including file, whose origin and owner are valid again after it; $TTL goes on. No NS at
/// the apex is fine, as in a private hosted zone.
///
/// Errors, each with the line where the record begins or the fault stands:
/// - the file, or an included one, is missing, not a regular file, empty or unreadable; a file that
///   includes itself, or is the ninth in depth;
/// - text that does not close its quote or parenthesis; a directive that is unknown or incomplete;
/// - an owner, TTL (over 2^31-1), class (but IN), type or RDATA that is none; a TTL that nothing
///   states; a type that no zone can hold (OPT, TSIG, AXFR, ANY …: RFC 6895 §3.1);
/// - an owner outside the zone; an SOA below the apex, a second one, or none (line 0);
/// - a CNAME beside other data (RFC 1034 §3.6.2; signatures aside, RFC 2181 §10.1), at the CNAME's
///   line; a second CNAME or DNAME at a name.
///
/// Threads: any. Cost: linear, n log n in the aliases; allocates. 1,000,000 address records take
/// 1.9 s of CPU time and 85 MB at the peak.
///
/// Source: RFC 1035 §5, RFC 2308 §4, RFC 3597 §5.
[[nodiscard]] Result<ZoneData, ZoneLoadError> load_zone_file(const std::string& path,
                                                             dns::NameView apex);

/// Loads a zone from text in memory; `path` names it in errors and is what $INCLUDE is relative to.
/// Lifetime: `text` is borrowed for the call.
[[nodiscard]] Result<ZoneData, ZoneLoadError> load_zone_text(std::string_view text,
                                                             const std::string& path,
                                                             dns::NameView apex);

}  // namespace inlet53::zone
