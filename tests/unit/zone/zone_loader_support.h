// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/dns/rdata_text.h"
#include "inlet53/dns/types.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::zone {

/// Three lines that make a zone of corp.example; the text of a test begins on line 4.
inline constexpr std::string_view kHead =
    "$TTL 300\n"
    "@ SOA ns hostmaster 1 7200 900 1209600 60\n"
    "  NS  ns\n";
inline constexpr uint32_t kHeadLines = 3;

inline dns::Name name(std::string_view text) { return dns::Name::parse_text(text).value(); }

/// Returns the zone, or its first fault.
inline Result<ZoneData, ZoneLoadError> first_fault(
    const Result<ZoneFile, std::vector<ZoneLoadError>>& loaded) {
  if (!loaded) return Unexpected(loaded.error().front());
  return loaded->data;
}

inline Result<ZoneData, ZoneLoadError> load(std::string_view text) {
  return first_fault(load_zone_text(text, "corp.zone", name("corp.example").view()));
}

/// Loads the head and `text`.
inline Result<ZoneData, ZoneLoadError> load_below_head(std::string_view text) {
  return load(concat(kHead, text));
}

/// Returns the records as "owner ttl type rdata", in their order.
inline std::vector<std::string> lines_of(const ZoneData& data) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < data.size(); ++i) {
    const ZoneData::Record record = data.record(i);
    lines.push_back(concat(record.owner.to_text(), " ", record.ttl, " ",
                           dns::type_text(record.type), " ",
                           dns::rdata_text(record.type, record.rdata)));
  }
  return lines;
}

inline std::vector<std::string> lines_of(const Result<ZoneData, ZoneLoadError>& zone) {
  if (!zone) return {zone.error().to_text()};
  return lines_of(*zone);
}

/// Returns the records that `text` adds to the head.
inline std::vector<std::string> lines_below_head(std::string_view text) {
  std::vector<std::string> lines = lines_of(load_below_head(text));
  if (lines.size() >= 2) lines.erase(lines.begin(), lines.begin() + 2);
  return lines;
}

/// One wrong line below the head: the place of the fault, counted from the head's end, and a part
/// of the message.
struct Broken {
  const char* text;
  uint32_t line;
  const char* message;
};

inline void expect_refused(const Broken& broken) {
  const auto zone = load_below_head(broken.text);
  ASSERT_FALSE(zone) << broken.text;
  EXPECT_EQ(zone.error().file, "corp.zone");
  EXPECT_EQ(zone.error().line, kHeadLines + broken.line) << broken.text << zone.error().to_text();
  EXPECT_NE(zone.error().message.find(broken.message), std::string::npos)
      << broken.text << zone.error().to_text();
}

inline void expect_all_refused(std::initializer_list<Broken> all) {
  for (const Broken& broken : all) expect_refused(broken);
}

}  // namespace inlet53::zone
