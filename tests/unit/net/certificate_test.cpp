// SPDX-License-Identifier: Apache-2.0
#include "certificate.h"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "inlet53/net/certificate_authority.h"

namespace inlet53::net {

namespace {

PermittedNames permitted(const std::vector<std::string>& names) {
  PermittedNames out;
  out.add(names);
  return out;
}

std::optional<PermittedNames> read_back(const std::string& constraints) {
  const Key key = make_key();
  const int64_t now = std::time(nullptr);
  const Certificate made = make_certificate({.common_name = "x",
                                             .names = {},
                                             .constraints = constraints,
                                             .not_before = now,
                                             .not_after = now + 10},
                                            key.get(), nullptr, key.get());
  return read_constraints(made.get());
}

TEST(NameConstraints, AreReadAsTheyWereWritten) {
  for (const auto& each : {permitted({"*.a.example", "b.example"}), permitted({"a", "10.0.0.1"}),
                           permitted({"a", "2001:db8::1"}), permitted({"a", "::1", "127.0.0.1"})}) {
    EXPECT_EQ(read_back(constraints_text(each)), each) << constraints_text(each);
  }
}

TEST(NameConstraints, ExcludeAFamilyWithoutAddresses) {
  EXPECT_EQ(constraints_text(permitted({"a"})),
            "critical,permitted;DNS:a,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::");
  EXPECT_EQ(constraints_text(permitted({"a", "10.0.0.1"})),
            "critical,permitted;DNS:a,permitted;IP:10.0.0.1/255.255.255.255,excluded;IP:::/::");
}

TEST(NameConstraints, OfAnotherFormAreRejected) {
  for (const char* other :
       {"critical,permitted;DNS:amazonaws.com", "permitted;DNS:a,excluded;IP:0.0.0.0/0.0.0.0",
        "critical,permitted;DNS:a,permitted;IP:10.0.0.0/255.0.0.0,excluded;IP:::/::",
        "critical,permitted;DNS:a,permitted;email:b,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::",
        "critical,permitted;DNS:a,excluded;DNS:b.a,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::",
        "critical,permitted;DNS:a,excluded;IP:0.0.0.0/0.0.0.0",
        "critical,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::"}) {
    EXPECT_EQ(read_back(other), std::nullopt) << other;
  }
}

TEST(NameConstraints, CoverOthers) {
  const PermittedNames all = permitted({"a", "b", "10.0.0.1"});
  EXPECT_TRUE(all.covers(permitted({"a"})));
  EXPECT_TRUE(all.covers(all));
  EXPECT_FALSE(all.covers(permitted({"a", "c"})));
  EXPECT_FALSE(all.covers(permitted({"a", "10.0.0.2"})));
  EXPECT_EQ(all.to_texts(), (std::vector<std::string>{"a", "b", "10.0.0.1"}));
}

TEST(RenewalTimer, WaitsUntilTheRenewalButAtMostAMinute) {
  EXPECT_EQ(renewal_delay_ms({900, 1030}, 1000), 30'000U);
  EXPECT_EQ(renewal_delay_ms({900, 1000}, 1000), 1000U);
  EXPECT_EQ(renewal_delay_ms({0, 1}, 1000), 1000U);
  EXPECT_EQ(renewal_delay_ms({900, 1000 + 86400 * 60}, 1000), 60'000U);
}

// A timer with one long wait would not notice a clock change or a suspended machine; this timer
// reads the clock again.
TEST(RenewalTimer, FindsACertificateDueAfterAClockThatWasSetEitherWay) {
  const RenewalTimes times{1000, 2000};
  EXPECT_FALSE(is_due(times, 1000));
  EXPECT_FALSE(is_due(times, 1999));
  EXPECT_TRUE(is_due(times, 2000));
  EXPECT_TRUE(is_due(times, 1'000'000));
  EXPECT_TRUE(is_due(times, 999));
  EXPECT_EQ(renewal_delay_ms(times, 999), 1000U);
  EXPECT_FALSE(is_due({}, 0));
  EXPECT_FALSE(is_due({1000, 0}, 0));
}

// Sets the timer and counts its calls until it is no longer set.
int calls_of(const RenewalTimes& times) {
  Loop loop;
  int calls = 0;
  RenewalTimer* timer = nullptr;
  RenewalTimer made(loop, [&] {
    ++calls;
    timer->set({});
  });
  timer = &made;
  made.set(times);
  loop.run();  // ends when the timer is no longer set
  return calls;
}

TEST(RenewalTimer, CallsWhenTheTimeHasCome) {
  const int64_t now = std::time(nullptr);
  EXPECT_EQ(calls_of({now - 10, now + 2}), 1);
}

TEST(RenewalTimer, CallsForACertificateThatIsNotValidYet) {
  const int64_t now = std::time(nullptr);
  EXPECT_EQ(calls_of({now + 3600, now + 86400}), 1);
}

TEST(RenewalTimer, NeverCallsWhereNothingIsRenewed) {
  Loop loop;
  RenewalTimer timer(loop, [] { FAIL(); });
  timer.set({0, std::time(nullptr)});
  timer.set({});
  loop.run();
}

}  // namespace

}  // namespace inlet53::net
