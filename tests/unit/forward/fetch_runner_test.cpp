// SPDX-License-Identifier: Apache-2.0
#include "fetch_runner.h"

#include <cerrno>

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
  EXPECT_EQ(script.runner.counts().attempts, 1U);
  EXPECT_EQ(script.runner.in_flight(), 0U);
  EXPECT_FALSE(script.runner.next_us());
  EXPECT_EQ(script.runner.counts().answered, 1U);
}

TEST(Fetch, TakesNegativeAnswersWithOrWithoutASoa) {
  Script script;
  static_cast<void>(script.ask("a.example.com.", 1));
  script.answer(script.last());
  EXPECT_EQ(script.outcomes[1].rcode, dns::Rcode::NoError);
  EXPECT_EQ(script.outcomes[1].answer, Texts{});
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
  // The fetch has ended: the same question starts a new fetch.
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
  script.answer(script.sent[0], kAddress);  // late responses are accepted
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

TEST(Fetch, EndsWhenNoQueryWaits) {
  Script script;
  const Submitted first = script.ask("www.example.com.", 1);
  const Submitted second = script.ask("www.example.com.", 2);
  script.runner.cancel(first.waiter);
  script.runner.cancel(first.waiter);  // the wait has already ended
  EXPECT_EQ(script.runner.in_flight(), 1U);
  script.runner.cancel(second.waiter);
  EXPECT_EQ(script.runner.in_flight(), 0U);
  EXPECT_TRUE(script.answer(script.last(), kAddress));
  EXPECT_TRUE(script.outcomes.empty());
  EXPECT_EQ(script.runner.counts().late, 1U);
}

// Owner that submits and cancels within its calls.
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
  // The last waiter is resumed first and cancels the first one.
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
  EXPECT_FALSE(script.answer(query, query.message));  // not a response
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
  // It does not match the fetch that now uses the same slot either.
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

//--- Targets that decline

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
    const SentQuery probe = script.sent[1];  // the latency of both targets is unknown
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

// A fetch does not wait to the end for a silent target when another one has declined.
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
      // Queries have no EDNS for ten minutes, then they have it again.
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

}  // namespace
}  // namespace inlet53::forward
