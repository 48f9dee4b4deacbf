#pragma once

#include "rdata_reader.h"
#include "text_sink.h"

namespace inlet53::dns {

/// Writes the SvcParams that follow an SVCB or HTTPS record's target, each behind a space, as in
/// `alpn=h2,h3 port=443`. Values stand in quotation marks only when they have to.
/// The reader is broken when keys do not ascend or a value has not its key's shape.
/// Source: RFC 9460 §2.1, §2.2, §7, appendix A; RFC 9461 (dohpath).
void write_svc_params(RdataReader& rdata, TextSink& text) noexcept;

}  // namespace inlet53::dns
