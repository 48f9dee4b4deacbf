#pragma once

#include <string>
#include <vector>

#include "arena.h"

#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// Lays one RRset out as frozen_zone.h says. Used again for each RRset. Threads: one.
class RRsetLayout {
 public:
  bool rotate = false;  // address RRsets are stored doubled
  bool render = false;  // with their JSON

  /// Starts another RRset.
  void clear() noexcept;
  /// Adds a record. Requires: the same type for all.
  void add(const ZoneData::Record& record) { records_.push_back(record); }
  /// Appends the RRset, without records that repeat an earlier one (RFC 2181 §5).
  void append_to(Arena& arena);
  /// Records of the RRset that was appended last.
  [[nodiscard]] size_t record_count() const noexcept { return records_.size(); }

 private:
  void drop_repeated();
  [[nodiscard]] bool rotates() const noexcept;
  void compose_wire(bool doubled);
  void render_whole(size_t wire_octets);
  void render_doubled();

  std::vector<ZoneData::Record> records_;
  std::vector<uint8_t> wire_;
  std::string json_;
  std::vector<uint32_t> json_starts_;  // of a doubled RRset's first `count` elements
  uint32_t json_octets_ = 0;           // of `count` elements
};

}  // namespace inlet53::zone
