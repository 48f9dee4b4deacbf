#pragma once

#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// Why a master file was refused. `line` counts from 1, 0 when the whole file is meant.
struct ZoneLoadError {
  std::string file;
  uint32_t line = 0;
  std::string message;

  [[nodiscard]] std::string to_text() const;  // `zones/corp.zone:12: …`
};

/// Loads a zone from a master file (RFC 1035 §5, RFC 2308 $TTL) through ldns: every record type
/// that ldns knows, and RFC 3597's form for those it does not. $INCLUDE is taken relative to the
/// file. Errors: the file can't be read; a line that ldns does not take; a record outside the apex
/// or of a class but IN; no SOA or several; a CNAME beside other data (RFC 1034 §3.6.2) or twice;
/// no NS is fine (a private hosted zone gets AWS's when it is built). Threads: any. Cost: linear;
/// allocates.
[[nodiscard]] Result<ZoneData, ZoneLoadError> load_zone_file(const std::string& path,
                                                             dns::NameView apex);

/// The same for text in memory; `path` names it in errors and is what $INCLUDE is relative to.
[[nodiscard]] Result<ZoneData, ZoneLoadError> load_zone_text(std::string_view text,
                                                             const std::string& path,
                                                             dns::NameView apex);

}  // namespace inlet53::zone
