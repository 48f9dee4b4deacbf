// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fetch_runner.h"
#include "support/ldns.h"
#include <gtest/gtest.h>

#include "inlet53/dns/types.h"

namespace inlet53::forward {

constexpr uint64_t kMs = 1000;
constexpr uint64_t kSecond = 1'000'000;

inline dns::Name name(std::string_view text) { return dns::Name::parse_text(text).value(); }

inline Target do53(const std::string& address) {
  return {*SocketAddress::parse(address), TargetProtocol::Do53, ""};
}

template <class Change>
settings::Forward settings_with(Change change) {
  settings::Forward settings;
  change(settings);
  return settings;
}

inline std::shared_ptr<TargetGroup> group_of(std::vector<Target> targets,
                                             std::string_view apex = "example.com.") {
  auto group = std::make_shared<TargetGroup>();
  group->id = "rslvr-rr-1";
  group->apex = name(apex);
  group->targets = std::move(targets);
  return group;
}

/// Composes the response to a query: its question, some flags, records in presentation form.
class Reply {
 public:
  explicit Reply(Bytes query) : query_(query.begin(), query.end()) {}
  Reply& rcode(dns::Rcode rcode) {
    rcode_ = static_cast<uint8_t>(rcode);
    return *this;
  }
  Reply& truncated() {
    tc_ = 0x02;
    return *this;
  }
  Reply& lower_case() {
    lower_case_ = true;
    return *this;
  }
  /// `www.example.com. A 192.0.2.1`; its TTL is 60.
  Reply& answer(const std::string& line) {
    answers_.push_back(line);
    return *this;
  }
  [[nodiscard]] std::vector<uint8_t> message() const {
    const size_t end = question_end();
    std::vector<uint8_t> out(query_.begin(), query_.begin() + static_cast<ptrdiff_t>(end));
    out[2] = static_cast<uint8_t>(0x81 | tc_);
    out[3] = static_cast<uint8_t>(0x80 | rcode_);
    store_be16(&out[6], static_cast<uint16_t>(answers_.size()));
    store_be16(&out[10], 0);
    if (lower_case_) {
      for (size_t i = 12; i < end - 4; ++i) out[i] = static_cast<uint8_t>(std::tolower(out[i]));
    }
    for (const std::string& line : answers_) append_record(line, out);
    return out;
  }

 private:
  static void append_record(const std::string& line, std::vector<uint8_t>& out) {
    const size_t type_at = line.find(' ') + 1;
    const size_t rdata_at = line.find(' ', type_at) + 1;
    const std::string type = line.substr(type_at, rdata_at - 1 - type_at);
    const auto rdata = test::rdata_from_text(type, line.substr(rdata_at)).value();
    const dns::Name owner = name(line.substr(0, type_at - 1));
    out.insert(out.end(), owner.view().data(), owner.view().data() + owner.view().size());
    uint8_t head[10] = {0, 0, 0, 1, 0, 0, 0, 60, 0, 0};
    store_be16(head, dns::parse_type(type).value());
    store_be16(head + 8, static_cast<uint16_t>(rdata.size()));
    out.insert(out.end(), head, head + sizeof head);
    out.insert(out.end(), rdata.begin(), rdata.end());
  }
  [[nodiscard]] size_t question_end() const {
    return 12 + dns::parse_flat_name(query_, 12)->size() + 4;
  }

  std::vector<uint8_t> query_;
  uint8_t rcode_ = 0;
  uint8_t tc_ = 0;
  bool lower_case_ = false;
  std::vector<std::string> answers_;
};

/// Query that the runner sent.
struct SentQuery {
  uint32_t target = 0;
  bool stream = false;
  std::vector<uint8_t> message;
  uint64_t token = 0;
  uint64_t at = 0;

  [[nodiscard]] bool has_opt() const { return message[11] == 1; }
  [[nodiscard]] bool is_lower_case() const {
    return std::none_of(message.begin() + 12, message.end(),
                        [](uint8_t c) { return c >= 'A' && c <= 'Z'; });
  }
};

/// FetchRunner with scripted sockets and clock; a test consists of queries, answers and time steps.
class Script final : public QueryTransport, public ForwardOwner {
 public:
  explicit Script(settings::Forward with = {}) : runner(with, *this, *this, now) {}

  // Calls of the runner to its transport.
  void add_target(uint32_t target, const Target& address, const std::vector<IpAddress>&) override {
    targets[target] = address.address.to_text();
  }
  void remove_target(uint32_t target) override { targets.erase(target); }
  Result<SocketAddress, net::SendError> send_datagram(uint32_t target, Bytes query,
                                                      uint64_t token) override {
    if (no_sockets) return Unexpected(net::SendError{net::SendFailure::NoSocket, 0});
    sent.push_back({target, false, {query.begin(), query.end()}, token, now});
    return SocketAddress{*IpAddress::parse("192.0.2.1"), static_cast<uint16_t>(1023 + sent.size())};
  }
  void send_stream(uint32_t target, Bytes query, uint64_t token) override {
    sent.push_back({target, true, {query.begin(), query.end()}, token, now});
  }

  struct Outcome {
    bool failed = false;
    dns::Ede ede = dns::Ede::Other;
    std::string text;
    dns::Rcode rcode = dns::Rcode::NoError;
    std::vector<std::string> answer;
    uint64_t at = 0;
    bool stored = false;
    std::optional<SentFrom> sent_from;
  };
  static constexpr uint16_t kStreamPort = 777;
  bool concluded(const EndedFetch& fetch, const ForwardResult&) override {
    ++concluded_count;
    ended_query = fetch.query.qname.to_text();
    ended_from = fetch.sent_from;
    return stores;
  }
  void resume(uint64_t token, const ForwardResult& result, bool stored) override {
    EXPECT_FALSE(outcomes.contains(token));
    Outcome& outcome = outcomes[token];
    outcome.stored = stored;
    outcome.sent_from = ended_from;
    outcome.at = now;
    if (!result) {
      outcome.failed = true;
      outcome.ede = result.error().ede;
      outcome.text = result.error().text;
      return;
    }
    outcome.rcode = result->rcode;
    for (const dns::ChainRRset& each : result->answer) {
      outcome.answer.push_back(each.owner.to_text() + " " + dns::type_text(each.rrset.type));
    }
  }

  // Steps.
  Submitted ask(std::string_view qname, uint64_t token, uint16_t qtype = 1) {
    return runner.submit({name(qname).view(), qtype, group, 0, 0}, token, now);
  }
  /// Lets the targets answer some questions, each after `us` microseconds.
  void measure(uint64_t us) {
    for (uint64_t i = 0; i < 30; ++i) {
      const size_t first = sent.size();
      static_cast<void>(ask("measured" + std::to_string(i) + ".example.com.", 900'000 + i));
      pass(us);
      for (size_t at = first; at < sent.size(); ++at) answer(sent[at]);
    }
  }
  /// Advances the time and handles each timeout at its exact time.
  void pass(uint64_t us) {
    const uint64_t end = now + us;
    for (auto next = runner.next_us(); next && *next <= end; next = runner.next_us()) {
      now = std::max(now, *next);
      runner.expire(now);
    }
    now = end;
    runner.expire(now);
  }
  [[nodiscard]] SentQuery& last() { return sent.back(); }
  bool answer(const SentQuery& query, const std::string& line = {}) {
    Reply reply(query.message);
    if (!line.empty()) reply.answer(line);
    return answer(query, reply.message());
  }
  bool answer(const SentQuery& query, std::vector<uint8_t> message) {
    if (!query.stream) return runner.received(query.token, message, now);
    runner.received_on_stream(query.token, message, {*IpAddress::parse("192.0.2.1"), kStreamPort},
                              now);
    return true;
  }
  [[nodiscard]] std::string address(const SentQuery& query) const {
    return targets.at(query.target);
  }

  uint64_t now = 1000 * kSecond;
  std::shared_ptr<TargetGroup> group = group_of({do53("192.0.2.1:53")});
  std::map<uint32_t, std::string> targets;
  std::deque<SentQuery> sent;
  std::map<uint64_t, Outcome> outcomes;
  bool no_sockets = false;
  bool stores = true;  // result of `concluded`
  size_t concluded_count = 0;
  std::string ended_query;
  std::optional<SentFrom> ended_from;
  FetchRunner runner;
};

}  // namespace inlet53::forward
