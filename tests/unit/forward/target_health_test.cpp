// SPDX-License-Identifier: Apache-2.0

// Loads with targets that drop, delay or lose some queries, in virtual time and with many seeds.
// The tests check the results for names that the targets answer.
#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <random>

#include "fetch_runner.h"
#include "script.h"

namespace inlet53::forward {
namespace {

constexpr uint64_t kLate = 5 * kSecond;

/// Behaviour of a target for the first label of a name: "good", "dropped" or "late".
struct Behaviour {
  uint64_t latency_us = kMs;
  double lost = 0;  // share of lost datagrams in each direction
};

/// Targets, clients and the clock of a FetchRunner.
class Simulation final : public QueryTransport, public ForwardOwner {
 public:
  Simulation(std::vector<Behaviour> targets, uint64_t seed)
      : behaviours_(std::move(targets)), random_(seed), runner({}, *this, *this, now) {
    groups_.push_back(make_group("example.com."));
    groups_.push_back(make_group("other.example."));
  }

  void add_target(uint32_t target, const Target& address, const std::vector<IpAddress>&) override {
    behaviour_of_.resize(std::max<size_t>(behaviour_of_.size(), target + 1));
    behaviour_of_[target] = address.address.port - 1;
  }
  void remove_target(uint32_t) override {}
  Result<SocketAddress, net::SendError> send_datagram(uint32_t target, Bytes query,
                                                      uint64_t token) override {
    const std::string qname = dns::Name(*dns::parse_flat_name(query, 12)).view().to_text();
    const uint8_t sends = ++sends_[{target, lower(qname)}];
    EXPECT_LE(sends, kMaxTries);
    const Behaviour& behaviour = behaviours_[behaviour_of_[target]];
    const char kind = lower(qname)[0];
    if (kind == 'd' || loses(behaviour) || loses(behaviour)) return SocketAddress{};
    const uint64_t takes = kind == 'l' ? kLate : behaviour.latency_us;
    responses_.push({now + takes, token, Reply(query).message()});
    return SocketAddress{*IpAddress::parse("192.0.2.1"), 1024};
  }
  void send_stream(uint32_t, Bytes, uint64_t) override {}
  bool concluded(const EndedFetch&, const ForwardResult&) override { return true; }
  void resume(uint64_t token, const ForwardResult& result, bool) override {
    end(token, result.has_value());
  }

  /// Submits a question for a name of this kind, of the first or another rule for the same targets.
  void ask(std::string_view kind, uint64_t at, size_t rule = 0) {
    arrivals_.emplace(at, Arrival{std::string(kind), rule});
  }
  /// Submits questions at a rate, evenly spaced or at random times.
  void ask_evenly(std::string_view kind, double per_second, uint64_t until, size_t rule = 0) {
    const auto gap = static_cast<uint64_t>(1e6 / per_second);
    for (uint64_t at = now + gap / 2; at < until; at += gap) ask(kind, at, rule);
  }
  void ask_at_random(std::string_view kind, double per_second, uint64_t until, size_t rule = 0) {
    std::exponential_distribution<double> gap(per_second / 1e6);
    for (double at = static_cast<double>(now) + gap(random_); at < static_cast<double>(until);
         at += gap(random_)) {
      ask(kind, static_cast<uint64_t>(at), rule);
    }
  }

  void run(uint64_t until) {
    for (;;) {
      uint64_t next = until;
      if (!arrivals_.empty()) next = std::min(next, arrivals_.begin()->first);
      if (!responses_.empty()) next = std::min(next, responses_.top().at);
      if (const auto due = runner.next_us()) next = std::min(next, std::max(*due, now));
      now = std::max(now, next);
      if (now >= until) return;
      runner.expire(now);
      while (!responses_.empty() && responses_.top().at <= now) {
        Response response = responses_.top();
        responses_.pop();
        static_cast<void>(runner.received(response.token, response.message, now));
      }
      while (!arrivals_.empty() && arrivals_.begin()->first <= now) {
        const Arrival arrival = arrivals_.begin()->second;
        arrivals_.erase(arrivals_.begin());
        begin(arrival);
      }
    }
  }

  struct Figures {
    size_t asked = 0;
    size_t answered = 0;
    std::vector<uint64_t> latencies;
    [[nodiscard]] uint64_t percentile(double share) {
      if (latencies.empty()) return 0;
      std::sort(latencies.begin(), latencies.end());
      return latencies[static_cast<size_t>(static_cast<double>(latencies.size() - 1) * share)];
    }
  };
  [[nodiscard]] Figures& of(const std::string& kind) { return figures_[kind]; }
  /// Returns the names of questions that failed, for another try.
  std::vector<std::string> failed;

  uint64_t now = 1000 * kSecond;

 private:
  struct Arrival {
    std::string kind;
    size_t rule = 0;
  };
  struct Response {
    uint64_t at = 0;
    uint64_t token = 0;
    std::vector<uint8_t> message;
    bool operator<(const Response& other) const { return at > other.at; }  // earliest on top
  };
  struct Question {
    std::string kind;
    uint64_t at = 0;
  };

  std::shared_ptr<TargetGroup> make_group(std::string_view apex) {
    std::vector<Target> targets;
    for (size_t i = 1; i <= behaviours_.size(); ++i) {
      targets.push_back(do53("192.0.2.1:" + std::to_string(i)));
    }
    return group_of(targets, apex);
  }
  static std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  }
  bool loses(const Behaviour& behaviour) {
    return behaviour.lost > 0 && std::uniform_real_distribution<>()(random_) < behaviour.lost;
  }
  void begin(const Arrival& arrival) {
    const uint64_t token = next_++;
    const auto& group = groups_[arrival.rule];
    const std::string qname =
        arrival.kind + std::to_string(token) + "." + group->apex.view().to_text();
    questions_[token] = {arrival.kind, now};
    ++figures_[arrival.kind].asked;
    const dns::Name parsed = name(qname);
    const Submitted submitted = runner.submit({parsed.view(), 1, group, 0, 0}, token, now);
    if (submitted.outcome == Submitted::Outcome::Refused) end(token, false);
  }
  void end(uint64_t token, bool answered) {
    const Question& question = questions_.at(token);
    Figures& figures = figures_[question.kind];
    figures.answered += answered ? 1 : 0;
    figures.latencies.push_back(now - question.at);
    questions_.erase(token);
  }

  std::vector<Behaviour> behaviours_;
  std::vector<size_t> behaviour_of_;  // by target
  std::mt19937_64 random_;
  std::vector<std::shared_ptr<TargetGroup>> groups_;
  std::multimap<uint64_t, Arrival> arrivals_;
  std::priority_queue<Response> responses_;
  std::map<uint64_t, Question> questions_;
  std::map<std::pair<uint32_t, std::string>, uint8_t> sends_;
  std::map<std::string, Figures> figures_;
  uint64_t next_ = 1;

 public:
  FetchRunner runner;
};

void expect_healthy(Simulation& simulation, uint64_t latency_us, size_t least) {
  Simulation::Figures& good = simulation.of("good");
  EXPECT_GE(good.asked, least);
  EXPECT_EQ(good.answered, good.asked);
  EXPECT_LE(good.percentile(0.99), 2 * latency_us + 5 * kMs);
}

struct Load {
  const char* bad;  // "dropped" or "late"
  double bad_per_second;
  size_t targets;
};

std::vector<Load> loads() {
  std::vector<Load> all;
  for (const char* bad : {"dropped", "late"}) {
    for (const double rate : {1.0, 2.0, 10.0}) {
      for (const size_t targets : {1, 2, 3}) all.push_back({bad, rate, targets});
    }
  }
  return all;
}

std::string text(const Load& load) {
  return std::to_string(load.bad_per_second) + " " + load.bad + " a second, targets " +
         std::to_string(load.targets);
}

// Submits bad names at fixed times with three good names between them.
TEST(TargetHealth, AnswersGroupsOfNamesBetweenBadOnes) {
  for (const Load& load : loads()) {
    SCOPED_TRACE(text(load));
    Simulation simulation(std::vector<Behaviour>(load.targets), 1);
    const uint64_t end = simulation.now + 60 * kSecond;
    simulation.ask_evenly(load.bad, load.bad_per_second, end);
    for (uint64_t at = simulation.now + 3 * kSecond; at < end; at += 4 * kSecond) {
      for (int i = 0; i < 3; ++i) simulation.ask("good", at);
    }
    simulation.run(end + 10 * kSecond);
    expect_healthy(simulation, kMs, 42);
    EXPECT_EQ(simulation.of(load.bad).answered, 0U);
    EXPECT_LE(simulation.of(load.bad).percentile(1), 2004 * kMs);
  }
}

TEST(TargetHealth, AnswersWhatComesAtRandomTimes) {
  for (const Load& load : loads()) {
    for (const double good_per_second : {0.1, 1.0, 20.0}) {
      Simulation::Figures all;
      for (uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(text(load) + ", good " + std::to_string(good_per_second) + ", seed " +
                     std::to_string(seed));
        Simulation simulation(std::vector<Behaviour>(load.targets), seed);
        const uint64_t end = simulation.now + 30 * kSecond;
        simulation.ask_at_random(load.bad, load.bad_per_second, end);
        simulation.ask_at_random("good", good_per_second, end);
        simulation.run(end + 10 * kSecond);
        const Simulation::Figures& good = simulation.of("good");
        EXPECT_EQ(good.answered, good.asked);
        all.latencies.insert(all.latencies.end(), good.latencies.begin(), good.latencies.end());
      }
      SCOPED_TRACE(text(load) + ", good " + std::to_string(good_per_second));
      EXPECT_GT(all.latencies.size(), 15U);
      EXPECT_LE(all.percentile(0.99), 2 * kMs + 5 * kMs);
    }
  }
}

// One zone of a server is broken; another rule uses the same server.
TEST(TargetHealth, AnswersOtherRulesWithTheSameTarget) {
  for (const Load& load : loads()) {
    SCOPED_TRACE(text(load));
    Simulation simulation(std::vector<Behaviour>(load.targets), 3);
    const uint64_t end = simulation.now + 60 * kSecond;
    simulation.ask_at_random(load.bad, load.bad_per_second, end, 0);
    simulation.ask_at_random("good", 0.5, end, 1);
    simulation.run(end + 10 * kSecond);
    expect_healthy(simulation, kMs, 10);
  }
}

TEST(TargetHealth, AnswersFromTheFasterTargetBesideBadNames) {
  for (const char* bad : {"dropped", "late"}) {
    SCOPED_TRACE(bad);
    Simulation simulation({{kMs, 0}, {20 * kMs, 0}}, 5);
    const uint64_t end = simulation.now + 300 * kSecond;
    simulation.ask_at_random(bad, 1, end);
    simulation.ask_at_random("good", 10, end);
    simulation.run(end + 10 * kSecond);
    EXPECT_EQ(simulation.of("good").answered, simulation.of("good").asked);
    EXPECT_LE(simulation.of("good").percentile(0.5), 2 * kMs);
    EXPECT_LE(simulation.of("good").percentile(0.99), 2 * 20 * kMs + 5 * kMs);
  }
}

// A flood of dead names uses all places of a silent target, except for a moment after each answer.
TEST(TargetHealth, KeepsAFloodOfDeadNamesFromOtherTargets) {
  Simulation flooded({{kMs, 0}}, 7);
  const uint64_t end = flooded.now + 5 * kSecond;
  flooded.ask_evenly("dropped", 2000, end);
  flooded.run(end + 5 * kSecond);
  EXPECT_EQ(flooded.runner.in_flight(), 0U);
  EXPECT_LE(flooded.of("dropped").percentile(1), 2004 * kMs);
}

TEST(TargetHealth, LearnsThatATargetHasBecomeSlow) {
  // Its answers arrive after its timeout, when the other target has answered the fetches.
  Simulation simulation({{400 * kMs, 0}, {2 * kMs, 0}}, 11);
  const uint64_t end = simulation.now + 60 * kSecond;
  simulation.ask_at_random("good", 20, end);
  simulation.run(end + 10 * kSecond);
  EXPECT_EQ(simulation.of("good").answered, simulation.of("good").asked);
  EXPECT_LE(simulation.of("good").percentile(0.98), 5 * kMs);
}

//--- Lost datagrams

// Each query gets a response with a probability of 49 %; of six, 1.8 % get none.
TEST(TargetHealth, AnswersThoughThirtyPercentIsLostInEachDirection) {
  Simulation simulation({{5 * kMs, 0.3}, {5 * kMs, 0.3}}, 13);
  constexpr double kAsked = 40'000;
  const uint64_t end = simulation.now + 400 * kSecond;
  simulation.ask_at_random("good", 100, end);
  simulation.run(end + 10 * kSecond);
  const Simulation::Figures& first = simulation.of("good");
  EXPECT_GT(static_cast<double>(first.asked), 0.95 * kAsked);
  const double answered = static_cast<double>(first.answered) / static_cast<double>(first.asked);
  EXPECT_GE(answered, 0.98);
  EXPECT_LE(simulation.of("good").percentile(1), 2004 * kMs);

  // Each failed question is submitted again; the probability of two failures is the product.
  const size_t again = first.asked - first.answered;
  const uint64_t second_end = simulation.now + again * 10 * kMs;
  simulation.ask_evenly("goodagain", 100, second_end);
  simulation.run(second_end + 10 * kSecond);
  const Simulation::Figures& second = simulation.of("goodagain");
  const auto lost = static_cast<double>(second.asked - second.answered);
  EXPECT_GE(1 - lost / static_cast<double>(first.asked), 0.999);
}

TEST(TargetHealth, IsNotMistakenAboutATargetThatLosesDatagrams) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Simulation simulation({{5 * kMs, 0.3}}, seed);
    const uint64_t end = simulation.now + 60 * kSecond;
    simulation.ask_at_random("good", 20, end);
    simulation.run(end + 10 * kSecond);
    EXPECT_EQ(simulation.runner.counts().targets_silent, 0U);
    const Simulation::Figures& good = simulation.of("good");
    EXPECT_GE(static_cast<double>(good.answered), 0.82 * static_cast<double>(good.asked));
  }
}

}  // namespace
}  // namespace inlet53::forward
