// SPDX-License-Identifier: Apache-2.0

// The state machine of one question, event by event.
#include "fetch.h"

#include "script.h"

namespace inlet53::forward {
namespace {

using Kind = Event::Kind;

/// Fetch with targets whose state a test sets.
class Machine {
 public:
  explicit Machine(size_t count, TargetProtocol protocol = TargetProtocol::Do53) {
    for (size_t i = 1; i <= count; ++i) {
      Target target = do53("192.0.2." + std::to_string(i) + ":53");
      target.protocol = protocol;
      states.push_back(std::make_unique<TargetState>(target, std::vector<IpAddress>()));
      views.push_back(states.back().get());
      // The first target is the fastest, so that the choice is not random.
      for (int j = 0; j < 20; ++j) states.back()->answered(now - i * 10 * kMs, now, true);
    }
    const dns::Name qname = name("www.example.com.");
    fetch.begin(qname.view(), 1, 1232, now, now + 2 * kSecond, random);
  }
  Step on(Kind kind, uint8_t attempt = 0, dns::Rcode rcode = dns::Rcode::ServFail) {
    Event event{.kind = kind, .attempt = attempt};
    event.rcode = rcode;
    event.ede = 20;
    event.failure = {dns::Ede::NetworkError, "what the runner says"};
    return on(event);
  }
  Step on(const Event& event) { return fetch.on(event, {now, views, limit, true, &random}); }
  /// "send PLACE", with "stream", "plain" (no EDNS), "lower" (case); "await"; "answered NUMBER",
  /// "declined RCODE", or a failure's text.
  std::string describe(const Step& step) const {
    if (const auto* send = std::get_if<Send>(&step)) {
      const Attempt& attempt = fetch.attempt(send->attempt);
      std::string text = "send " + std::to_string(attempt.place);
      if (attempt.stream != StreamUse::No) text += " stream";
      if (!attempt.form.edns) text += " plain";
      if (!attempt.form.random_case && attempt.stream == StreamUse::No) text += " lower";
      return text;
    }
    if (std::holds_alternative<Await>(step)) return "await";
    const auto& end = std::get<Conclude>(step);
    switch (end.how) {
      case Conclude::How::Answered:
        return "answered " + std::to_string(end.attempt);
      case Conclude::How::Declined:
        return "declined " + std::string(dns::rcode_text(fetch.refusal().rcode));
      case Conclude::How::Failed:
        break;
    }
    return std::string(end.failure.text);
  }

  uint64_t now = 1000 * kSecond;
  std::vector<std::unique_ptr<TargetState>> states;
  std::vector<TargetState*> views;
  uint32_t limit = 100;
  RandomBytes random;
  Fetch fetch;
};

struct Turn {
  Kind kind;
  uint8_t attempt;
  const char* step;  // result of `describe`
  dns::Rcode rcode = dns::Rcode::ServFail;
};
struct Table {
  const char* name;
  size_t targets;
  std::vector<Turn> turns;
};

TEST(FetchMachine, TakesOneStepForEachEvent) {
  using dns::Rcode;
  const std::string silent(kNoTime.text);
  const std::vector<Table> tables{
      {"answered", 1, {{Kind::Begun, 0, "send 0"}, {Kind::Answered, 0, "answered 0"}}},
      {"the next target after its time, and a late answer of the first",
       2,
       {{Kind::Begun, 0, "send 0"},
        {Kind::TimeUp, 0, "send 1"},
        {Kind::Answered, 0, "answered 0"}}},
      {"three queries for each target, in turn",
       2,
       {{Kind::Begun, 0, "send 0"},
        {Kind::TimeUp, 0, "send 1"},
        {Kind::TimeUp, 0, "send 0"},
        {Kind::TimeUp, 0, "send 1"},
        {Kind::TimeUp, 0, "send 0"},
        {Kind::TimeUp, 0, "send 1"},
        {Kind::TimeUp, 0, "await"},
        {Kind::Answered, 2, "answered 2"}}},
      {"the next when one declines, its word when all do",
       2,
       {{Kind::Begun, 0, "send 0"},
        {Kind::Declined, 0, "send 1"},
        {Kind::Declined, 1, "declined REFUSED", Rcode::Refused}}},
      {"the silent are asked twice where one declined",
       2,
       {{Kind::Begun, 0, "send 0"},
        {Kind::Declined, 0, "send 1"},
        {Kind::TimeUp, 0, "send 1"},
        {Kind::TimeUp, 0, "declined SERVFAIL"}}},
      {"without EDNS, then the word",
       1,
       {{Kind::Begun, 0, "send 0"},
        {Kind::Declined, 0, "send 0 plain", Rcode::FormErr},
        {Kind::Declined, 1, "declined FORMERR", Rcode::FormErr}}},
      {"over a stream when truncated",
       1,
       {{Kind::Begun, 0, "send 0"},
        {Kind::Truncated, 0, "send 0 stream"},
        {Kind::Answered, 1, "answered 1"}}},
      {"no stream for what was truncated",
       1,
       {{Kind::Begun, 0, "send 0"},
        {Kind::Truncated, 0, "send 0 stream"},
        {Kind::StreamFailed, 1, "what the runner says"}}},
      {"other letters: a stream once, while the true response is awaited",
       1,
       {{Kind::Begun, 0, "send 0"},
        {Kind::OtherCase, 0, "send 0 stream"},
        {Kind::OtherCase, 0, "await"},
        {Kind::Answered, 0, "answered 0"}}},
      {"other letters and no stream",
       1,
       {{Kind::Begun, 0, "send 0"},
        {Kind::OtherCase, 0, "send 0 stream"},
        {Kind::StreamFailed, 1, "send 0"}}},
      {"malformed", 1, {{Kind::Begun, 0, "send 0"}, {Kind::Malformed, 0, kMalformed.text.data()}}},
      {"a superseded target declines while another is awaited",
       2,
       {{Kind::Begun, 0, "send 0"},
        {Kind::TimeUp, 0, "send 1"},
        {Kind::Unreachable, 0, "await"},
        {Kind::Unreachable, 1, "what the runner says"}}},
      {"not sent: another at once, then a wait for this host",
       2,
       {{Kind::Begun, 0, "send 0"},
        {Kind::NotSent, 0, "send 1"},
        {Kind::TimeUp, 0, "send 0"},
        {Kind::Answered, 2, "answered 2"}}},
      {"nothing could be sent",
       1,
       {{Kind::Begun, 0, "send 0"}, {Kind::NotSent, 0, "what the runner says"}}},
  };
  for (const Table& table : tables) {
    SCOPED_TRACE(table.name);
    Machine machine(table.targets);
    for (const Turn& turn : table.turns) {
      EXPECT_EQ(machine.describe(machine.on(turn.kind, turn.attempt, turn.rcode)), turn.step);
    }
  }
}

TEST(FetchMachine, GivesUpAtItsDeadline) {
  Machine machine(2);
  static_cast<void>(machine.on(Kind::Begun));
  machine.now += 2 * kSecond;
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), kNoTime.text);
}

// This host may be able to send a little later: the target remains a candidate.
TEST(FetchMachine, WaitsWhenThisHostCannotSend) {
  Machine machine(1);
  static_cast<void>(machine.on(Kind::Begun));
  machine.now += kMs;
  const Step step = machine.on(Kind::NotSent, 0);
  ASSERT_EQ(machine.describe(step), "await");
  machine.now = std::get<Await>(step).until;
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 0");
  // A failure to send does not make the target silent.
  machine.now += kMs;
  static_cast<void>(machine.on(Kind::NotSent, 1));
  machine.now += 2 * kSecond;
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "what the runner says");
}

TEST(FetchMachine, WaitsForRoomAtItsTargets) {
  Machine machine(1);
  static_cast<void>(machine.on(Kind::Begun));
  machine.states[0]->in_flight = machine.limit;
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "await");
  machine.states[0]->in_flight = 0;
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 0");
}

TEST(FetchMachine, SaysWhyItIsNotSent) {
  Machine machine(1);
  machine.states[0]->in_flight = machine.limit;
  EXPECT_EQ(machine.describe(machine.on(Kind::Begun)), kTargetsFull.text);

  Machine silent(1);
  for (uint64_t question = 0; question < 16; ++question) {
    silent.states[0]->unanswered(question, silent.now, silent.now + 2 * kSecond);
  }
  silent.states[0]->in_flight = silent.limit / 8;
  EXPECT_EQ(silent.describe(silent.on(Kind::Begun)), kSilent.text);
  silent.states[0]->in_flight = 0;
  EXPECT_EQ(silent.describe(silent.on(Kind::Begun)), "send 0");
}

TEST(FetchMachine, AsksASilentTargetAfterAllOthers) {
  Machine machine(2);
  for (uint64_t question = 0; question < 16; ++question) {
    machine.states[0]->unanswered(question, machine.now, machine.now + 2 * kSecond);
  }
  EXPECT_EQ(machine.describe(machine.on(Kind::Begun)), "send 1");
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 1");
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 1");
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 0");
}

TEST(FetchMachine, UsesOnlyStreamsWhereTheTargetSpeaksTls) {
  Machine machine(1, TargetProtocol::DoT);
  EXPECT_EQ(machine.describe(machine.on(Kind::Begun)), "send 0 stream");
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 0 stream");
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "send 0 stream");
  EXPECT_EQ(machine.describe(machine.on(Kind::TimeUp)), "await");
}

TEST(FetchMachine, ProbesBesideTheQueryThatIsAwaited) {
  Machine machine(2);
  static_cast<void>(machine.on(Kind::Begun));
  const auto probe =
      machine.fetch.probe(1, {machine.now, machine.views, 100, true, &machine.random});
  ASSERT_EQ(probe, 1);
  EXPECT_EQ(machine.fetch.awaited_place(), 0);
  EXPECT_EQ(machine.describe(machine.on(Kind::Answered, *probe)), "answered 1");
}

}  // namespace
}  // namespace inlet53::forward
