// SPDX-License-Identifier: Apache-2.0

// Send times, choice of targets and limits of a fetch.
#include <map>
#include <random>
#include <set>

#include "fetch_runner.h"
#include "script.h"

namespace inlet53::forward {
namespace {

using Outcome = Submitted::Outcome;

const std::string kAddress = "www.example.com. A 192.0.2.80";

std::shared_ptr<TargetGroup> two_targets() {
  return group_of({do53("192.0.2.1:53"), do53("192.0.2.2:53")});
}

//--- Time

TEST(Fetch, FailsWhenItsTimeIsUp) {
  Script script(settings_with([](settings::Forward& s) { s.query_timeout_ms = 2000; }));
  static_cast<void>(script.ask("www.example.com.", 1));
  const uint64_t began = script.now;
  script.pass(1999 * kMs);
  EXPECT_TRUE(script.outcomes.empty());
  script.pass(2 * kMs);
  ASSERT_TRUE(script.outcomes[1].failed);
  EXPECT_EQ(script.outcomes[1].ede, dns::Ede::NoReachableAuthority);
  EXPECT_EQ(script.outcomes[1].at - began, 2000 * kMs);
  EXPECT_GE(script.sent.size(), 3U);
  EXPECT_LE(script.sent.size(), kMaxAttempts);
  EXPECT_EQ(script.runner.in_flight(), 0U);
}

TEST(Fetch, TakesAResponseToAnEarlierQuery) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  script.pass(400 * kMs);
  ASSERT_GE(script.sent.size(), 2U);
  EXPECT_TRUE(script.answer(script.sent[0], kAddress));
  EXPECT_FALSE(script.outcomes[1].failed);
}

TEST(Fetch, TriesAgainInTheTimeThatTheTargetTakes) {
  Script script;
  script.measure(2 * kMs);
  script.sent.clear();
  static_cast<void>(script.ask("www.example.com.", 100));
  script.pass(1900 * kMs);
  ASSERT_EQ(script.sent.size(), 3U) << "RFC 9520 §3.1";
  EXPECT_EQ(script.sent[1].at - script.sent[0].at, 250 * kMs);
  EXPECT_EQ(script.sent[2].at - script.sent[1].at, 500 * kMs);
}

// While a target answers, no timeout occurs; later timeouts are still on time.
TEST(Fetch, TriesAgainInTimeAfterALongCalm) {
  for (const bool idle : {false, true}) {
    Script script;
    script.measure(2 * kMs);
    if (idle) script.now += 3600 * kSecond;
    for (uint64_t i = 0; !idle && i < 400; ++i) {
      static_cast<void>(script.ask("calm" + std::to_string(i) + ".example.com.", 1000 + i));
      script.now += 2 * kMs;
      script.answer(script.last());
      script.now += 98 * kMs;
    }
    script.sent.clear();
    static_cast<void>(script.ask("one.example.com.", 1));
    script.pass(20 * kMs);
    static_cast<void>(script.ask("two.example.com.", 2));
    script.pass(1900 * kMs);
    ASSERT_EQ(script.sent.size(), 6U) << idle;
    EXPECT_EQ(script.sent[2].at - script.sent[0].at, 250 * kMs) << idle;
    EXPECT_EQ(script.sent[3].at - script.sent[1].at, 250 * kMs) << idle;
  }
}

// A resolver that queries other servers answers slowly after fast answers from its cache.
TEST(Fetch, AsksATargetOnceThatNeedsTwoHundredMilliseconds) {
  Script script;
  script.measure(kMs);
  for (uint64_t token = 100; token < 110; ++token) {
    script.sent.clear();
    static_cast<void>(script.ask("n" + std::to_string(token) + ".example.com.", token));
    script.pass(200 * kMs);
    script.answer(script.sent[0]);
    EXPECT_EQ(script.sent.size(), 1U);
    EXPECT_FALSE(script.outcomes[token].failed);
  }
}

TEST(Fetch, SendsToEachTargetThreeTimesAtTheMost) {
  for (const size_t targets : {1, 2}) {
    Script script;
    std::vector<Target> all;
    for (size_t i = 1; i <= targets; ++i)
      all.push_back(do53("192.0.2." + std::to_string(i) + ":53"));
    script.group = group_of(all);
    static_cast<void>(script.ask("www.example.com.", 1));
    script.pass(1999 * kMs);
    EXPECT_EQ(script.sent.size(), 3 * targets) << "and there is time for all of them";
    std::map<uint32_t, size_t> sent;
    for (const SentQuery& each : script.sent) ++sent[each.target];
    for (const auto& [target, count] : sent) EXPECT_EQ(count, 3U);
    EXPECT_LE(script.sent.back().at, script.sent.front().at + 1800 * kMs);
    EXPECT_TRUE(script.outcomes.empty());
    script.pass(kMs);
    EXPECT_TRUE(script.outcomes[1].failed);
  }
}

//--- Choosing targets

TEST(Fetch, PrefersTheFasterTarget) {
  Script script;
  script.group = two_targets();
  size_t at_slow = 0;
  for (uint64_t token = 0; token < 200; ++token) {
    const size_t first = script.sent.size();
    static_cast<void>(script.ask("www.example.com.", token));
    const auto query = script.sent[first];
    const bool slow = script.address(query) == "192.0.2.2:53";
    at_slow += slow ? 1 : 0;
    script.pass(slow ? 40 * kMs : 2 * kMs);
    for (size_t i = first; i < script.sent.size(); ++i) script.answer(script.sent[i], kAddress);
  }
  EXPECT_LT(at_slow, 10U);
}

TEST(Fetch, SharesQueriesBetweenEqualTargets) {
  Script script;
  script.group = two_targets();
  size_t at_first = 0;
  for (uint64_t token = 0; token < 400; ++token) {
    const size_t first = script.sent.size();
    static_cast<void>(script.ask("www.example.com.", token));
    at_first += script.address(script.sent[first]) == "192.0.2.1:53" ? 1 : 0;
    script.pass(2 * kMs);
    for (size_t i = first; i < script.sent.size(); ++i) script.answer(script.sent[i], kAddress);
  }
  EXPECT_GT(at_first, 120U);
  EXPECT_LT(at_first, 280U);
}

TEST(Fetch, IsNotSlowedByADeadTarget) {
  Script script;
  script.group = two_targets();
  size_t slowed = 0;
  size_t to_dead = 0;
  for (uint64_t token = 0; token < 1000; ++token) {
    const size_t first = script.sent.size();
    const uint64_t began = script.now;
    static_cast<void>(script.ask("www.example.com.", token));
    size_t seen = first;
    while (!script.outcomes.contains(token)) {
      script.pass(1 * kMs);
      for (; seen < script.sent.size(); ++seen) {
        const bool dead = script.address(script.sent[seen]) == "192.0.2.2:53";
        to_dead += dead ? 1 : 0;
        if (!dead) script.answer(script.sent[seen], kAddress);
      }
    }
    ASSERT_FALSE(script.outcomes[token].failed);
    slowed += script.outcomes[token].at - began > 10 * kMs ? 1 : 0;
    script.pass(20 * kMs);
  }
  EXPECT_LE(slowed, 2U);
  // 21 seconds: first some queries until the target is silent, then probes.
  EXPECT_LT(to_dead, 25U);
}

TEST(Fetch, FindsADeadTargetAliveAgain) {
  Script script;
  script.group = two_targets();
  uint64_t token = 0;
  const auto run = [&](uint64_t queries, bool second_is_dead) {
    size_t at_second = 0;
    for (uint64_t end = token + queries; token < end; ++token) {
      const size_t first = script.sent.size();
      static_cast<void>(script.ask("www.example.com.", token));
      for (size_t seen = first; !script.outcomes.contains(token); script.pass(kMs)) {
        for (; seen < script.sent.size(); ++seen) {
          const bool second = script.address(script.sent[seen]) == "192.0.2.2:53";
          at_second += second ? 1 : 0;
          if (!second || !second_is_dead) script.answer(script.sent[seen], kAddress);
        }
      }
      script.pass(50 * kMs);
    }
    return at_second;
  };
  EXPECT_LT(run(600, true), 25U);
  run(300, false);
  EXPECT_GT(run(200, false), 40U);
}

//--- Bounds

// A target receives nothing; a healthy group is not affected.
TEST(Fetch, KeepsABlackHoleToItself) {
  Script script;
  const auto healthy = group_of({do53("192.0.2.9:53")}, "healthy.test.");
  const auto hole = script.group;
  uint64_t refused = 0;
  size_t seen = 0;
  std::map<uint64_t, uint64_t> asked_at;
  const auto answer_healthy = [&] {
    for (; seen < script.sent.size(); ++seen) {
      if (script.address(script.sent[seen]) == "192.0.2.9:53") script.answer(script.sent[seen]);
    }
  };
  for (uint64_t token = 0; token < 2000; ++token) {
    script.group = hole;
    asked_at[token] = script.now;
    const auto submitted = script.ask("n" + std::to_string(token) + ".example.com.", token);
    refused += submitted.outcome == Outcome::Refused ? 1 : 0;
    if (token % 20 == 0) {
      script.group = healthy;
      asked_at[10'000 + token] = script.now;
      const std::string qname = "n" + std::to_string(token) + ".healthy.test.";
      ASSERT_EQ(script.ask(qname, 10'000 + token).outcome, Outcome::Started);
    }
    script.pass(kMs / 2);
    answer_healthy();
  }
  script.pass(3 * kSecond);
  EXPECT_EQ(script.outcomes.size(), 100 + 2000 - refused);
  EXPECT_EQ(refused, 0U);
  for (const auto& [token, outcome] : script.outcomes) {
    EXPECT_EQ(outcome.failed, token < 10'000);
    EXPECT_LE(outcome.at, asked_at[token] + 2 * kSecond);
  }
  EXPECT_EQ(script.runner.counts().targets_silent, 1U);
  EXPECT_EQ(script.runner.in_flight(), 0U);

  // The target is silent: it still gets queries, but fewer questions may wait for it.
  script.group = hole;
  size_t started = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const auto submitted = script.ask("m" + std::to_string(i) + ".example.com.", 50'000 + i);
    started += submitted.outcome == Outcome::Started ? 1 : 0;
    if (submitted.outcome != Outcome::Refused) continue;
    EXPECT_EQ(submitted.failure.ede, dns::Ede::NoReachableAuthority);
    EXPECT_EQ(submitted.failure.text, "the targets of the rule have not answered for a while");
  }
  EXPECT_EQ(started, settings::Forward{}.max_in_flight_per_target / 8);
  // An answer to any question ends the silence.
  script.answer(script.last());
  EXPECT_EQ(script.ask("alive.example.com.", 60'000).outcome, Outcome::Started);
}

TEST(Fetch, BoundsWhatWaitsForOneTargetAndInAll) {
  Script script(settings_with([](settings::Forward& s) {
    s.max_in_flight = 15;
    s.max_in_flight_per_target = 10;
  }));
  const auto other = group_of({do53("192.0.2.9:53")});
  uint64_t token = 0;
  for (; token < 10; ++token) {
    EXPECT_EQ(script.ask("n" + std::to_string(token) + ".example.com.", token).outcome,
              Outcome::Started);
  }
  const Submitted busy = script.ask("more.example.com.", ++token);
  EXPECT_EQ(busy.outcome, Outcome::Refused);
  EXPECT_EQ(busy.failure.ede, dns::Ede::Other);
  script.group = other;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(script.ask("o" + std::to_string(i) + ".example.com.", ++token).outcome,
              Outcome::Started);
  }
  EXPECT_EQ(script.ask("over.example.com.", ++token).outcome, Outcome::Refused);
  // Answers reduce the number of waiting questions.
  script.answer(script.sent[0]);
  EXPECT_EQ(script.ask("over.example.com.", ++token).outcome, Outcome::Started);
}

TEST(Fetch, SendsSixteenQueriesAtTheMost) {
  Script script(settings_with([](settings::Forward& s) { s.query_timeout_ms = 10'000; }));
  std::vector<Target> targets;
  for (int i = 1; i <= 6; ++i) targets.push_back(do53("192.0.2." + std::to_string(i) + ":53"));
  script.group = group_of(targets);
  static_cast<void>(script.ask("www.example.com.", 1));
  script.pass(11 * kSecond);
  EXPECT_TRUE(script.outcomes[1].failed);
  EXPECT_LE(script.sent.size(), kMaxAttempts);
}

//--- Groups

TEST(Fetch, KeepsWhatIsKnownOfATargetOverAReload) {
  Script script;
  script.group = two_targets();
  static_cast<void>(script.ask("www.example.com.", 1));
  for (const SentQuery& each : std::deque(script.sent)) script.answer(each, kAddress);
  EXPECT_EQ(script.targets.size(), 2U);
  script.sent.clear();
  script.group = group_of({do53("192.0.2.2:53"), do53("192.0.2.3:53")});
  static_cast<void>(script.ask("www.example.com.", 2));
  // The first target was removed, the second is known, the third is new.
  std::set<std::string> addresses;
  for (const auto& [index, address] : script.targets) addresses.insert(address);
  EXPECT_EQ(addresses, (std::set<std::string>{"192.0.2.2:53", "192.0.2.3:53"}));
}

}  // namespace
}  // namespace inlet53::forward
