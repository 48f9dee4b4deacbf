// SPDX-License-Identifier: Apache-2.0
#include "fetch_runner.h"
#include "script.h"

namespace inlet53::forward {
namespace {

using Outcome = Submitted::Outcome;
using Texts = std::vector<std::string>;

const std::string kAddress = "www.example.com. A 192.0.2.80";

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
  // The other state of that target does not change.
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

// A packet filter drops TCP connections: the target does not become silent.
TEST(Fetch, SaysWhyATruncatedResponseWithoutAConnectionFails) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  for (int i = 0; i < 3 && script.outcomes.empty(); ++i) {
    if (!script.last().stream) {
      script.answer(script.last(), Reply(script.last().message).truncated().message());
    }
    script.pass(kSecond);
  }
  ASSERT_TRUE(script.outcomes[1].failed);
  EXPECT_EQ(script.outcomes[1].ede, dns::Ede::NetworkError);
  EXPECT_EQ(script.outcomes[1].text, "the connection to the target of the rule has failed");
}

TEST(Fetch, TakesALateResponseOnAStreamForASignOfLife) {
  Script script;
  Target dot = do53("192.0.2.1:853");
  dot.protocol = TargetProtocol::DoT;
  script.group = group_of({dot});
  for (uint64_t i = 0; i < 40; ++i) {
    static_cast<void>(script.ask("slow" + std::to_string(i) + ".example.com.", i));
    script.pass(100 * kMs);
  }
  EXPECT_EQ(script.runner.counts().targets_silent, 1U);
  const SentQuery first = script.sent.front();
  script.answer(first, "slow0.example.com. A 192.0.2.80");
  EXPECT_EQ(script.runner.counts().late, 1U);
  // It answers: the limit of waiting questions is as before.
  EXPECT_EQ(script.runner.places(script.group).limit, settings::Forward{}.max_in_flight_per_target);
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
  EXPECT_FALSE(script.answer(query, changed));  // there is only one query over a stream
  ASSERT_EQ(script.sent.size(), 2U);
  EXPECT_TRUE(script.last().stream);
  EXPECT_TRUE(script.outcomes.empty());
  // An attacker changed the letters: the true response is still accepted.
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

TEST(Fetch, TakesLettersAsTheyAreWhenNoConnectionComesInTime) {
  Script script;
  static_cast<void>(script.ask("www.example.com.", 1));
  script.answer(script.last(), Reply(script.last().message).lower_case().message());
  ASSERT_TRUE(script.last().stream);
  script.pass(kSecond);
  EXPECT_FALSE(script.last().stream);
  EXPECT_TRUE(script.last().is_lower_case());
  EXPECT_TRUE(script.answer(script.last(), kAddress));
  EXPECT_FALSE(script.outcomes[1].failed);
}

/// Returns the first record of a result in wire format.
struct NameCollector final : ForwardOwner {
  bool concluded(const EndedFetch& fetch, const ForwardResult& result) override {
    EXPECT_EQ(fetch.query.qname.to_text(), "many-letters-to-be-mixed.example.com.");
    EXPECT_TRUE(result);
    if (!result || result->answer.empty()) return true;
    owner = result->answer[0].owner.to_text();
    const Bytes records = result->answer[0].rrset.records;
    rdata.assign(records.begin() + dns::PreparedRecord::kHead, records.end());
    return true;
  }
  void resume(uint64_t, const ForwardResult&, bool) override {}
  Script script;
  FetchRunner runner{{}, script, *this, 1000 * kSecond};
  std::string owner;
  std::vector<uint8_t> rdata;
};

// Names that a target compresses against the question become lower case in every type.
TEST(Fetch, GivesNamesInTheLettersOfTheClient) {
  struct Case {
    uint16_t type;
    std::vector<uint8_t> before;  // in the RDATA, before the name
    std::vector<uint8_t> after;
  };
  const std::vector<Case> cases{
      {2, {}, {}},                  // NS
      {5, {}, {}},                  // CNAME
      {12, {}, {}},                 // PTR
      {15, {0, 10}, {}},            // MX
      {33, {0, 1, 0, 2, 0, 3}, {}}  // SRV
  };
  for (const Case& each : cases) {
    NameCollector collector;
    const dns::Name qname = name("many-letters-to-be-mixed.example.com.");
    const ForwardQuery query{qname.view(), each.type, collector.script.group, 0, 0};
    static_cast<void>(collector.runner.submit(query, 1, 1000 * kSecond));
    const SentQuery sent = collector.script.last();
    ASSERT_FALSE(sent.is_lower_case());
    std::vector<uint8_t> message = Reply(sent.message).message();
    message[7] = 1;
    const size_t size = each.before.size() + 5;
    const uint8_t record[] = {0xC0, 12, 0, static_cast<uint8_t>(each.type), 0, 1, 0, 0,
                              0,    60, 0, static_cast<uint8_t>(size)};
    message.insert(message.end(), std::begin(record), std::end(record));
    message.insert(message.end(), each.before.begin(), each.before.end());
    // The label "Mx", then a pointer to the second label of the question.
    const uint8_t target[] = {2, 'M', 'x', 0xC0, 12 + 25};
    message.insert(message.end(), std::begin(target), std::end(target));
    EXPECT_TRUE(collector.runner.received(sent.token, message, 1000 * kSecond));
    EXPECT_EQ(collector.owner, "many-letters-to-be-mixed.example.com.");
    const dns::Name expected = name("Mx.example.com.");
    ASSERT_GE(collector.rdata.size(), expected.view().size());
    EXPECT_TRUE(std::ranges::equal(std::span(collector.rdata).last(expected.view().size()),
                                   expected.view().bytes()))
        << each.type;
  }
}

TEST(Fetch, LeavesLettersAloneWhenToldTo) {
  Script script(settings_with([](settings::Forward& s) { s.case_randomization = false; }));
  static_cast<void>(script.ask("a-name-with-many-letters.example.com.", 1));
  EXPECT_TRUE(script.last().is_lower_case());
}

}  // namespace
}  // namespace inlet53::forward
