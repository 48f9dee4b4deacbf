#pragma once

#include "rdata_reader.h"
#include "text_sink.h"

namespace inlet53::dns {

/// Writes a LOC record: `42 21 54.000 N 71 06 18.000 W -24.00m 30.00m 1.00m 2.00m`.
/// The reader is broken when the version is not 0 or a number has no meaning. Source: RFC 1876.
void write_loc(RdataReader& rdata, TextSink& text) noexcept;

}  // namespace inlet53::dns
