#pragma once

#include "rdata_names.h"
#include "wire.h"

namespace inlet53::dns {

/// Copies the octets from `at` on that RdataNames counts as `before` and `strings`; moves `at`.
template <class Sink>
[[nodiscard]] bool copy_before_names(const RdataNames& layout, Bytes message, size_t end,
                                     size_t& at, Sink& out) {
  size_t size = layout.before;
  for (uint8_t left = layout.strings; left > 0; --left) {
    if (at + size >= end) return false;
    size += 1 + size_t{message[at + size]};
  }
  if (size > end - at || !out.append(message.subspan(at, size))) return false;
  at += size;
  return true;
}

/// Copies a record's RDATA into `out` with its names made flat, for the types that may come with
/// compressed ones; other RDATA as it stands. `Sink` has `bool append(Bytes)`, false: it is full.
/// False too when the RDATA has not its type's shape. Source: RFC 3597 §4.
template <class Sink>
[[nodiscard]] bool copy_flat_rdata(Bytes message, const RecordExtent& record, Sink& out) {
  const RdataNames layout = rdata_names(record.type);
  size_t at = record.rdata;
  if (layout.names != 0 && !copy_before_names(layout, message, record.end, at, out)) return false;
  for (uint8_t left = layout.names; left > 0; --left) {
    const auto name = parse_name(message, at);
    if (!name || name->end > record.end || !out.append(name->name.view().bytes())) return false;
    at = name->end;
  }
  const size_t after = record.end - at;
  if (!out.append(message.subspan(at, after))) return false;
  if (record.type == static_cast<uint16_t>(RRType::A)) return after == 4;
  if (record.type == static_cast<uint16_t>(RRType::AAAA)) return after == 16;
  return layout.names == 0 || layout.open_end || after == layout.after;
}

}  // namespace inlet53::dns
