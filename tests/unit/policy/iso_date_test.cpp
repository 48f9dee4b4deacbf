// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/iso_date.h"

#include <gtest/gtest.h>

namespace inlet53::policy {
namespace {

TEST(IsoDate, ReadsTheFormsOfTheNote) {
  struct Row {
    const char* text;
    int64_t seconds;
  };
  for (const Row& row : {
           Row{"1970-01-01T00:00:00Z", 0},
           Row{"2026-11-22T15:00:00Z", 1795359600},
           Row{"2026-11-22T15:00Z", 1795359600},
           Row{"2026-11-22T15:00:00.999Z", 1795359600},
           Row{"2026-11-22T16:30:00+01:30", 1795359600},
           Row{"2026-11-22T07:00:00-08:00", 1795359600},
           Row{"2026-11-22", 1795305600},
           Row{"2026-11", 1793491200},
           Row{"2026", 1767225600},
           Row{"2024-02-29", 1709164800},
           Row{"1969-12-31T23:59:59Z", -1},
           Row{"0", 0},
           Row{"1795359600", 1795359600},
           Row{"-5", -5},
           Row{"-123", -123},
           Row{"12345", 12345},
       }) {
    EXPECT_EQ(parse_date(row.text), row.seconds) << row.text;
  }
}

TEST(IsoDate, RefusesTheRest) {
  for (const char* text : {"",
                           "-",
                           "now",
                           "2026-",
                           "2026-1",
                           "2026-13",
                           "2026-00",
                           "2026-11-31",
                           "2025-02-29",
                           "2026-11-22T",
                           "2026-11-22T15Z",
                           "2026-11-22T15:00",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T15:60:00Z",
                           "2026-11-22T15:00:60Z",
                           "2026-11-22T15:00:00.Z",
                           "2026-11-22T15:00:00z",
                           "2026-11-22 15:00:00Z",
                           "2026-11-22T15:00:00+0100",
                           "2026-11-22T15:00:00Zx",
                           " 2026",
                           "99999999999999999999",
                           "1.5",
                           "20 26"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

}  // namespace
}  // namespace inlet53::policy
