// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_data.h"

#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

dns::Name name(std::string_view text) { return dns::Name::parse_text(text).value(); }

TEST(ZoneData, ReturnsRecordsInTheOrderOfAdding) {
  ZoneData data(name("corp.example").view());
  const uint8_t address[] = {10, 0, 0, 1};
  data.add(name("b.corp.example").view(), 1, 300, address);
  data.add(name("a.corp.example").view(), 65535, 0x7FFFFFFF, {});
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data.record(0).owner.to_text(), "b.corp.example.");
  EXPECT_EQ(data.record(0).type, 1);
  EXPECT_EQ(data.record(0).ttl, 300U);
  EXPECT_TRUE(std::ranges::equal(data.record(0).rdata, address));
  EXPECT_EQ(data.record(1).owner.to_text(), "a.corp.example.");
  EXPECT_EQ(data.record(1).type, 65535);
  EXPECT_EQ(data.record(1).ttl, 0x7FFFFFFFU);
  EXPECT_TRUE(data.record(1).rdata.empty());
}

TEST(ZoneData, FoldsOwnersAndApexButNotRdata) {
  ZoneData data(name("CORP.Example").view());
  const dns::Name target = name("WWW.Corp.Example");
  data.add(name("FTP.corp.EXAMPLE").view(), 5, 60, target.view().bytes());
  EXPECT_EQ(data.apex().to_text(), "corp.example.");
  EXPECT_EQ(data.record(0).owner.to_text(), "ftp.corp.example.");
  EXPECT_TRUE(std::ranges::equal(data.record(0).rdata, target.view().bytes()));
}

TEST(ZoneData, StoresTheLargestNameAndRdata) {
  ZoneData data{dns::NameView()};
  const std::string label(63, 'a');
  const dns::Name longest = name(concat(label, ".", label, ".", label, ".", std::string(61, 'b')));
  ASSERT_EQ(longest.view().size(), dns::kMaxName);
  const std::vector<uint8_t> rdata(65535, 7);
  data.add(longest.view(), 16, 1, rdata);
  data.add(dns::NameView(), 2, 2, {});
  EXPECT_TRUE(data.record(0).owner.equals(longest.view()));
  EXPECT_EQ(data.record(0).rdata.size(), 65535U);
  EXPECT_TRUE(data.record(1).owner.is_root());
  EXPECT_EQ(data.record(1).ttl, 2U);
}

}  // namespace
}  // namespace inlet53::zone
