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

/// A fault of a master file; `file` is the included one, when the fault is there.
using ZoneLoadError = FileError;

/// Faults that are reported of one master file at most.
inline constexpr size_t kMaxZoneFaults = 20;

/// The content of a master file.
struct ZoneFile {
  ZoneData data;
  /// Records outside the zone, which are not in `data`: the first `kMaxZoneFaults`.
  std::vector<FileError> ignored;
};

/// Loads a zone from a master file: every record type that ldns knows, and every type at all in RFC
/// 3597's form. LF or CRLF, tabs, comments and a missing final line end are all taken.
///
/// Names before any $ORIGIN are relative to `apex`. A record's TTL is its own, else $TTL's, else
/// the last one stated; before any of them, the SOA's MINIMUM, as BIND has it. $INCLUDE is relative
/// to the including file, whose origin and owner are valid again after it; $TTL goes on. No NS at
/// the apex is fine, as in a private hosted zone.
///
/// Zones as BIND writes and reads them: a second SOA that is identical to the first, as a zone
/// transfer ends with it; $GENERATE; names of types that ldns does not know (RESINFO, AMTRELAY,
/// DSYNC …).
///
/// Errors, each with line and column of the word that is wrong, which the message cites; of the
/// record's beginning when no word alone is wrong; without a column when the fault is in a whole
/// record:
/// - the file, or an included one, is missing, not a regular file, empty or unreadable; a file that
///   includes itself, or is the ninth in depth;
/// - a byte order mark; text that does not close its quote or parenthesis; a directive that is
///   unknown or incomplete;
/// - an owner, TTL (over 2^31-1), class (but IN), type or RDATA that is none; a TTL that nothing
///   states; a type that no zone can hold (OPT, TSIG, AXFR, ANY …: RFC 6895 §3.1);
/// - RDATA that an RFC forbids, such as a digest of a wrong length or a repeated key of SVCB;
/// - an RRset that no message holds, at the record with which it is too large;
/// - an SOA below the apex, a second one that differs, or none (line 0);
/// - a CNAME beside other data (RFC 1034 §3.6.2; signatures aside, RFC 2181 §10.1), at the CNAME's
///   line; a second CNAME or DNAME at a name.
///
/// The loader goes on after a fault. It stops after `kMaxZoneFaults`, and one more entry says so.
/// It checks the zone as a whole when its records have no fault.
///
/// Threads: any. Cost: linear, n log n in the aliases; allocates. 1,000,000 address records take
/// 1.9 s of CPU time and 85 MB at the peak.
///
/// Source: RFC 1035 §5, RFC 2308 §4, RFC 3597 §5.
[[nodiscard]] Result<ZoneFile, std::vector<ZoneLoadError>> load_zone_file(const std::string& path,
                                                                          dns::NameView apex);

/// Loads a zone from text in memory; `path` names it in errors and is what $INCLUDE is relative to.
/// Lifetime: `text` is borrowed for the call.
[[nodiscard]] Result<ZoneFile, std::vector<ZoneLoadError>> load_zone_text(std::string_view text,
                                                                          const std::string& path,
                                                                          dns::NameView apex);

}  // namespace inlet53::zone
