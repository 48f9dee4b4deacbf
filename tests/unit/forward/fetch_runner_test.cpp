#include "fetch_runner.h"

#include <cerrno>
#include <random>
#include <set>

#include "script.h"

namespace inlet53::forward {
namespace {

using Outcome = Submitted::Outcome;
using Texts = std::vector<std::string>;

constexpr net::SendError kUnreachable{net::SendFailure::Unreachable, ECONNREFUSED};
const std::string kAddress = "www.example.com. A 192.0.2.80";

std::shared_ptr<TargetGroup> two_targets() {
  return group_of({do53("192.0.2.1:53"), do53("192.0.2.2:53")});
}

TEST(Fetch, BringsWhatTheTargetSays) {
  Script script;
  ASSERT_EQ(script.ask("www.example.com.", 7).outcome, Outcome::Started);
  ASSERT_EQ(script.sent.size(), 1U);
  EXPECT_TRUE(script.last().has_opt());
  script.pass(30 * kMs);
  EXPECT_TRUE(script.answer(script.last(), kAddress));
  ASSERT_EQ(script.outcomes.size(), 1U);
  EXPECT_EQ(script.outcomes[7].answer, Texts{"www.example.com. A"});
  EXPECT_EQ(script.outcomes[7].end, dns::ChainEnd::Answer);
  EXPECT_EQ(script.outcomes[7].attempts, 1U);
  EXPECT_EQ(script.runner.in_flight(), 0U);
  EXPECT_FALSE(script.runner.next_us());
  EXPECT_EQ(script.runner.counts().answered, 1U);
}

TEST(Fetch, TakesNegativeAnswersWithOrWithoutASoa) {
  Script script;
  static_cast<void>(script.ask("a.example.com.", 1));
  script.answer(script.last());
  EXPECT_EQ(script.outcomes[1].rcode, dns::Rcode::NoError);
  EXPECT_EQ(script.outcomes[1].end, dns::ChainEnd::NoData);
  static_cast<void>(script.ask("b.example.com.", 2));
  script.answer(script.last(), Reply(script.last().message).rcode(dns::Rcode::NXDomain).message());
  EXPECT_EQ(script.outcomes[2].rcode, dns::Rcode::NXDomain);
}

TEST(Fetch, EndsAtAnAliasThatLeavesTheRule) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  Reply reply(script.last().message);
  reply.answer("www.example.com. CNAME www.example.org.").answer("www.example.org. A 192.0.2.66");
  script.answer(script.last(), reply.message());
  EXPECT_EQ(script.outcomes[1].end, dns::ChainEnd::Outside);
  EXPECT_EQ(script.outcomes[1].answer, Texts{"www.example.com. CNAME"});
}

//--- Joining

TEST(Fetch, JoinsEqualQuestions) {
  Script script;
  EXPECT_EQ(script.ask("www.example.com.", 1).outcome, Outcome::Started);
  EXPECT_EQ(script.ask("www.example.com.", 2).outcome, Outcome::Joined);
  EXPECT_EQ(script.ask("www.example.com.", 3, 28).outcome, Outcome::Started);
  EXPECT_EQ(script.ask("ww.example.com.", 4).outcome, Outcome::Started);
  const auto first_group = std::exchange(script.group, two_targets());
  EXPECT_EQ(script.ask("www.example.com.", 5).outcome, Outcome::Started);
  script.answer(script.sent[0], kAddress);
  EXPECT_EQ(script.outcomes.size(), 2U);
  EXPECT_TRUE(script.outcomes.contains(1) && script.outcomes.contains(2));
  // It is over: the same question is a new one.
  script.group = first_group;
  EXPECT_EQ(script.ask("www.example.com.", 6).outcome, Outcome::Started);
}

TEST(Fetch, ConcludesOnceAndResumesEachWaiter) {
  for (const bool stores : {false, true}) {
    Script script;
    script.stores = stores;
    for (uint64_t token = 1; token <= 3; ++token) {
      static_cast<void>(script.ask("www.example.com.", token));
    }
    script.answer(script.sent[0], kAddress);
    EXPECT_EQ(script.concluded_count, 1U);
    EXPECT_EQ(script.ended_query, "www.example.com.");
    ASSERT_EQ(script.outcomes.size(), 3U);
    for (const auto& [token, outcome] : script.outcomes) EXPECT_EQ(outcome.stored, stores);
  }
}

TEST(Fetch, ConcludesAFailureOnceToo) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  static_cast<void>(script.ask("www.example.com.", 2));
  script.pass(3 * kSecond);
  EXPECT_EQ(script.concluded_count, 1U);
  EXPECT_EQ(script.outcomes.size(), 2U);
}

TEST(Fetch, SaysWhereTheQueryLeftThatWasAnswered) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  script.pass(1'000'000);
  ASSERT_GE(script.sent.size(), 2U);
  script.answer(script.sent[0], kAddress);  // late, and welcome all the same
  ASSERT_TRUE(script.outcomes[1].sent_from);
  EXPECT_EQ(script.outcomes[1].sent_from->address.port, 1024U) << "the first socket's";
  EXPECT_EQ(script.outcomes[1].sent_from->via, SentFrom::Via::Udp);

  static_cast<void>(script.ask("other.example.com.", 2));
  script.answer(script.last(), Reply(script.last().message).truncated().message());
  ASSERT_TRUE(script.last().stream);
  script.answer(script.last(), "other.example.com. A 10.0.0.1");
  ASSERT_TRUE(script.outcomes[2].sent_from);
  EXPECT_EQ(script.outcomes[2].sent_from->address.port, Script::kStreamPort);
  EXPECT_EQ(script.outcomes[2].sent_from->via, SentFrom::Via::Tcp);
}

TEST(Fetch, BoundsThoseWhoWait) {
  Script script(settings_with([](settings::Forward& s) { s.max_waiters = 2; }));
  EXPECT_EQ(script.ask("www.example.com.", 1).outcome, Outcome::Started);
  EXPECT_EQ(script.ask("www.example.com.", 2).outcome, Outcome::Joined);
  const Submitted third = script.ask("www.example.com.", 3);
  EXPECT_EQ(third.outcome, Outcome::Refused);
  EXPECT_EQ(third.failure.ede, dns::Ede::Other);
}

TEST(Fetch, EndsWhenNobodyWaitsAnyMore) {
  Script script;
  const Submitted first = script.ask("www.example.com.", 1);
  const Submitted second = script.ask("www.example.com.", 2);
  script.runner.cancel(first.waiter);
  script.runner.cancel(first.waiter);  // known to be over
  EXPECT_EQ(script.runner.in_flight(), 1U);
  script.runner.cancel(second.waiter);
  EXPECT_EQ(script.runner.in_flight(), 0U);
  EXPECT_TRUE(script.answer(script.last(), kAddress));
  EXPECT_TRUE(script.outcomes.empty());
  EXPECT_EQ(script.runner.counts().late, 1U);
}

// An owner that submits and cancels while it is called.
struct Busybody final : ForwardOwner {
  explicit Busybody(Script& script) : runner({}, script, *this, script.now), group(script.group) {}
  bool concluded(const EndedFetch&, const ForwardResult&) override {
    again = submit(100).outcome;
    return true;
  }
  void resume(uint64_t token, const ForwardResult&, bool) override {
    told.push_back(token);
    for (const WaiterId each : others) runner.cancel(each);
  }
  Submitted submit(uint64_t token) {
    return runner.submit({qname.view(), 1, group, 0, 0}, token, 1000 * kSecond);
  }
  FetchRunner runner;
  std::shared_ptr<TargetGroup> group;
  dns::Name qname = name("www.example.com.");
  std::vector<uint64_t> told;
  std::vector<WaiterId> others;
  std::optional<Outcome> again;
};

TEST(Fetch, LetsItsOwnerSubmitAndCancelWithinACall) {
  Script script;
  Busybody busybody(script);
  std::vector<WaiterId> waiters;
  for (uint64_t token = 0; token < 3; ++token) waiters.push_back(busybody.submit(token).waiter);
  busybody.others = {waiters[0], waiters[2]};
  auto response = Reply(script.last().message).answer(kAddress).message();
  EXPECT_TRUE(busybody.runner.received(script.last().token, response, script.now));
  // The last that came is resumed first, and cancels the first.
  EXPECT_EQ(busybody.told, (std::vector<uint64_t>{2, 1}));
  EXPECT_EQ(busybody.again, Outcome::Started);
  EXPECT_EQ(busybody.runner.in_flight(), 1U);
}

//--- Forged and broken responses

TEST(Fetch, GoesOnWaitingAfterAnotherQuestion) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery query = script.last();
  std::vector<uint8_t> forged = Reply(query.message).answer(kAddress).message();
  forged[14] ^= 1;
  EXPECT_FALSE(script.answer(query, forged));
  EXPECT_FALSE(script.answer(query, query.message));  // no response
  EXPECT_TRUE(script.outcomes.empty());
  EXPECT_EQ(script.runner.counts().mismatched, 2U);
  EXPECT_TRUE(script.answer(query, kAddress));
  EXPECT_EQ(script.outcomes.size(), 1U);
}

TEST(Fetch, IgnoresASecondResponse) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery query = script.last();
  EXPECT_TRUE(script.answer(query, kAddress));
  EXPECT_TRUE(script.answer(query, kAddress));
  EXPECT_EQ(script.runner.counts().late, 1U);
  // Nor does it fit the fetch that has its place now.
  static_cast<void>(script.ask("www.example.com.", 2));
  EXPECT_TRUE(script.answer(query, kAddress));
  EXPECT_FALSE(script.outcomes.contains(2));
}

TEST(Fetch, AsksTheNextTargetAfterABrokenResponse) {
  Script script;
  script.group = two_targets();
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery first = script.sent[0];
  std::vector<uint8_t> broken = Reply(first.message).answer(kAddress).message();
  broken.pop_back();
  EXPECT_TRUE(script.answer(first, broken));
  EXPECT_NE(script.last().target, first.target);
  EXPECT_TRUE(script.answer(script.last(), kAddress));
  EXPECT_FALSE(script.outcomes[1].failed);
  EXPECT_EQ(script.runner.counts().malformed, 1U);
}

TEST(Fetch, FailsWhenAllResponsesAreBroken) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  std::vector<uint8_t> broken = Reply(script.last().message).answer(kAddress).message();
  broken.push_back(0);
  EXPECT_TRUE(script.answer(script.last(), broken));
  EXPECT_TRUE(script.outcomes[1].failed);
  EXPECT_EQ(script.outcomes[1].ede, dns::Ede::NetworkError);
}

//--- Targets that say no

TEST(Fetch, AsksTheOthersWhenOneDeclines) {
  Script script;
  script.group = two_targets();
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery first = script.sent[0];
  script.answer(first, Reply(first.message).rcode(dns::Rcode::ServFail).message());
  EXPECT_TRUE(script.outcomes.empty());
  ASSERT_NE(script.last().target, first.target);
  script.answer(script.last(), kAddress);
  EXPECT_EQ(script.outcomes[1].answer, Texts{"www.example.com. A"});
}

TEST(Fetch, PassesOnTheLastRcodeWhenAllDecline) {
  for (const dns::Rcode rcode : {dns::Rcode::ServFail, dns::Rcode::Refused, dns::Rcode::NotAuth}) {
    Script script;
    script.group = two_targets();
    static_cast<void>(script.ask("www.example.com.", 1));
    const SentQuery first = script.sent[0];
    const SentQuery probe = script.sent[1];  // nothing is known of either target
    script.answer(first, Reply(first.message).rcode(dns::Rcode::ServFail).message());
    ASSERT_EQ(script.sent.size(), 3U);
    script.answer(script.last(), Reply(script.last().message).rcode(rcode).message());
    EXPECT_FALSE(script.outcomes[1].failed);
    EXPECT_EQ(script.outcomes[1].rcode, rcode);
    EXPECT_TRUE(script.outcomes[1].answer.empty());
    EXPECT_EQ(script.runner.counts().declined, 1U);
    script.answer(probe, kAddress);
    EXPECT_EQ(script.runner.in_flight(), 0U);
  }
}

// Whoever stays silent beside one that declined is not waited for to the end.
TEST(Fetch, WaitsNoMoreThanTwiceForTheSilentWhenOneDeclined) {
  Script script;
  script.group = two_targets();
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery first = script.sent[0];
  script.answer(first, Reply(first.message).rcode(dns::Rcode::ServFail).message());
  script.pass(kSecond);
  ASSERT_TRUE(script.outcomes.contains(1));
  EXPECT_EQ(script.outcomes[1].rcode, dns::Rcode::ServFail);
}

TEST(Fetch, GoesOnAtOnceWhenATargetCannotBeReached) {
  Script script;
  script.group = two_targets();
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery first = script.sent[0];
  script.runner.undeliverable(first.token, kUnreachable, script.now);
  EXPECT_NE(script.last().target, first.target);
  script.runner.undeliverable(script.last().token, kUnreachable, script.now);
  EXPECT_TRUE(script.outcomes[1].failed);
  EXPECT_EQ(script.outcomes[1].ede, dns::Ede::NetworkError);
  EXPECT_EQ(script.outcomes[1].at, script.now);
}

TEST(Fetch, IsRefusedWhenThereIsNoSocket) {
  Script script;
  script.no_sockets = true;
  const Submitted submitted = script.ask("www.example.com.", 1);
  EXPECT_EQ(submitted.outcome, Outcome::Refused);
  EXPECT_EQ(submitted.failure.ede, dns::Ede::Other) << "it is not the target's";
  EXPECT_EQ(script.runner.in_flight(), 0U);
  EXPECT_TRUE(script.outcomes.empty());
}

//--- EDNS

TEST(Fetch, AsksWithoutEdnsWhereItIsNotUnderstood) {
  for (const dns::Rcode rcode : {dns::Rcode::FormErr, dns::Rcode::NotImp}) {
    for (const bool bare : {false, true}) {
      Script script;
      static_cast<void>(script.ask("www.example.com.", 1));
      std::vector<uint8_t> error = Reply(script.last().message).rcode(rcode).message();
      if (bare) {
        error.resize(12);
        error[5] = 0;
      }
      EXPECT_TRUE(script.answer(script.last(), error));
      ASSERT_EQ(script.sent.size(), 2U);
      EXPECT_FALSE(script.last().has_opt());
      script.answer(script.last(), kAddress);
      EXPECT_FALSE(script.outcomes[1].failed);
      // From now on without, and after ten minutes with it again.
      static_cast<void>(script.ask("a.example.com.", 2));
      EXPECT_FALSE(script.last().has_opt());
      script.answer(script.last(), "a.example.com. A 192.0.2.1");
      script.pass(601 * kSecond);
      static_cast<void>(script.ask("a.example.com.", 3));
      EXPECT_TRUE(script.last().has_opt());
    }
  }
}

TEST(Fetch, TriesWithoutEdnsWhereNothingEverCame) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  for (int i = 0; i < 200 && script.sent.size() < 3; ++i) script.pass(kSecond / 100);
  ASSERT_EQ(script.sent.size(), 3U);
  EXPECT_TRUE(script.sent[0].has_opt());
  EXPECT_TRUE(script.sent[1].has_opt());
  EXPECT_FALSE(script.sent[2].has_opt());
  script.answer(script.last(), kAddress);
  EXPECT_FALSE(script.outcomes[1].failed);
  static_cast<void>(script.ask("a.example.com.", 2));
  EXPECT_FALSE(script.last().has_opt());
}

TEST(Fetch, KeepsEdnsWhereALateAnswerHadIt) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  for (int i = 0; i < 200 && script.sent.size() < 3; ++i) script.pass(kSecond / 100);
  ASSERT_EQ(script.sent.size(), 3U);
  ASSERT_FALSE(script.sent[2].has_opt());
  script.answer(script.sent[0], kAddress);
  EXPECT_FALSE(script.outcomes[1].failed);
  static_cast<void>(script.ask("a.example.com.", 2));
  EXPECT_TRUE(script.last().has_opt());
}

TEST(Fetch, KeepsEdnsWhereSomethingCame) {
  Script script;
  script.pass(kSecond);
  static_cast<void>(script.ask("www.example.com.", 1));
  script.answer(script.last(), kAddress);
  static_cast<void>(script.ask("a.example.com.", 2));
  script.pass(3 * kSecond);
  ASSERT_GE(script.sent.size(), 4U);
  for (const SentQuery& sent : script.sent) EXPECT_TRUE(sent.has_opt());
}

TEST(Fetch, PassesOnAFormErrThatIsNotAboutEdns) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  for (int i = 0; i < 2; ++i) {
    const SentQuery query = script.last();
    script.answer(query, Reply(query.message).rcode(dns::Rcode::FormErr).message());
  }
  EXPECT_EQ(script.outcomes[1].rcode, dns::Rcode::FormErr);
  static_cast<void>(script.ask("a.example.com.", 2));
  EXPECT_TRUE(script.last().has_opt());
}

//--- Streams

TEST(Fetch, AsksOverAStreamWhatWasTruncated) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  script.answer(script.last(), Reply(script.last().message).truncated().message());
  ASSERT_EQ(script.sent.size(), 2U);
  EXPECT_TRUE(script.last().stream);
  script.answer(script.last(), kAddress);
  EXPECT_EQ(script.outcomes[1].answer, Texts{"www.example.com. A"});
  EXPECT_EQ(script.runner.counts().over_stream, 1U);
}

TEST(Fetch, FailsAloneWhenTheStreamOfATruncatedResponseFails) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  static_cast<void>(script.ask("a.example.com.", 2));
  script.answer(script.sent[0], Reply(script.sent[0].message).truncated().message());
  script.runner.stream_failed(script.last().token, script.now);
  EXPECT_TRUE(script.outcomes[1].failed);
  EXPECT_EQ(script.outcomes[1].ede, dns::Ede::NetworkError);
  // Nothing else of that target is touched.
  EXPECT_TRUE(script.answer(script.sent[1], "a.example.com. A 192.0.2.1"));
  EXPECT_FALSE(script.outcomes[2].failed);
  EXPECT_EQ(script.ask("b.example.com.", 3).outcome, Outcome::Started);
}

TEST(Fetch, TakesNoTruncatedResponseFromAStream) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  for (int i = 0; i < 2; ++i) {
    const SentQuery query = script.last();
    script.answer(query, Reply(query.message).truncated().message());
  }
  EXPECT_TRUE(script.outcomes[1].failed);
}

TEST(Fetch, AsksDotTargetsOverTheirStreamOnly) {
  Script script;
  Target dot = do53("192.0.2.1:853");
  dot.protocol = TargetProtocol::DoT;
  script.group = group_of({dot});
  static_cast<void>(script.ask("www.example.com.", 1));
  EXPECT_TRUE(script.last().stream);
  script.answer(script.last(), kAddress);
  EXPECT_FALSE(script.outcomes[1].failed);
  static_cast<void>(script.ask("www.example.com.", 2));
  script.runner.stream_failed(script.last().token, script.now);
  EXPECT_EQ(script.outcomes[2].ede, dns::Ede::NetworkError);
}

//--- Letters

TEST(Fetch, AsksOverAStreamWhenLettersComeBackChanged) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  const SentQuery query = script.last();
  const auto changed = Reply(query.message).answer(kAddress).lower_case().message();
  EXPECT_FALSE(script.answer(query, changed));
  EXPECT_FALSE(script.answer(query, changed));  // asked once
  ASSERT_EQ(script.sent.size(), 2U);
  EXPECT_TRUE(script.last().stream);
  EXPECT_TRUE(script.outcomes.empty());
  // A forger changed them: the true response is still welcome.
  EXPECT_TRUE(script.answer(query, kAddress));
  EXPECT_FALSE(script.outcomes[1].failed);
  EXPECT_EQ(script.runner.counts().case_changed, 2U);
}

TEST(Fetch, TakesLettersAsTheyAreWhenThereIsNoStreamEither) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  script.answer(script.last(), Reply(script.last().message).lower_case().message());
  script.runner.stream_failed(script.last().token, script.now);
  ASSERT_EQ(script.sent.size(), 3U);
  EXPECT_FALSE(script.last().stream);
  EXPECT_TRUE(script.last().is_lower_case());
  EXPECT_TRUE(script.answer(script.last(), kAddress));
  EXPECT_FALSE(script.outcomes[1].failed);
  static_cast<void>(script.ask("another-name.example.com.", 2));
  EXPECT_TRUE(script.last().is_lower_case());
}

TEST(Fetch, LeavesLettersAloneWhenToldTo) {
  Script script(settings_with([](settings::Forward& s) { s.case_randomization = false; }));
  static_cast<void>(script.ask("a-name-with-many-letters.example.com.", 1));
  EXPECT_TRUE(script.last().is_lower_case());
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

// After fast answers: of a resolver that has to ask others itself.
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
  // 21 seconds: first some to find out, then probes.
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

// Everything goes into a black hole; a healthy group beside it notices nothing.
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

  // It is known to be silent: it is still asked, but so many questions wait for it and no more.
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
  // One answer, to whatever question, and it answers.
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
  // Answers make room.
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
  // The first target is gone, the second is known, the third is new.
  std::set<std::string> addresses;
  for (const auto& [index, address] : script.targets) addresses.insert(address);
  EXPECT_EQ(addresses, (std::set<std::string>{"192.0.2.2:53", "192.0.2.3:53"}));
}

}  // namespace
}  // namespace inlet53::forward
