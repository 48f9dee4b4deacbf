// SPDX-License-Identifier: Apache-2.0

// The forwarder with real sockets and targets on loopback.
#include "inlet53/forward/forwarder.h"

#include "script.h"
#include "target_server.h"
#include "unit/net/tls_support.h"
#include <gtest/gtest.h>

namespace inlet53::forward {
namespace {

struct Owner final : ForwardOwner {
  bool concluded(const EndedFetch&, const ForwardResult&) override { return true; }
  void resume(uint64_t token, const ForwardResult& result, bool) override {
    if (!result) {
      failures[token] = result.error();
      return;
    }
    std::string text(dns::rcode_text(result->rcode));
    for (const dns::ChainRRset& each : result->answer) {
      text += " " + dns::type_text(each.rrset.type) + "x" + std::to_string(each.rrset.count);
    }
    answers[token] = text;
  }
  [[nodiscard]] size_t told() const { return answers.size() + failures.size(); }
  std::map<uint64_t, std::string> answers;
  std::map<uint64_t, ForwardFailure> failures;
};

struct Scene {
  net::Loop loop;
  Owner owner;
  settings::Forward settings;
  std::shared_ptr<TargetGroup> group;
  std::optional<Forwarder> forwarder;

  void start(std::vector<Target> targets, const net::TlsClientContext* tls = nullptr) {
    group = group_of(std::move(targets));
    forwarder.emplace(loop, settings, owner, tls);
  }
  Submitted ask(const std::string& qname, uint64_t token) {
    return forwarder->submit({name(qname).view(), 1, group, 0, 0}, token);
  }
  [[nodiscard]] bool until_told(size_t count) {
    return run_until(loop, [&] { return owner.told() >= count; });
  }
};

TEST(Forwarder, AsksOverUdp) {
  Scene scene;
  TargetServer target(scene.loop);
  scene.start({target.target()});
  for (uint64_t token = 0; token < 500; ++token) {
    ASSERT_EQ(scene.ask("n" + std::to_string(token) + ".example.com.", token).outcome,
              Submitted::Outcome::Started);
  }
  ASSERT_TRUE(scene.until_told(500));
  EXPECT_EQ(scene.owner.answers.size(), 500U);
  EXPECT_EQ(scene.owner.answers[7], "NOERROR Ax1");
  EXPECT_EQ(scene.forwarder->in_flight(), 0U);
  EXPECT_EQ(target.connections, 0U);
}

TEST(Forwarder, AsksOverTcpWhatWasTruncatedAndKeepsTheConnection) {
  Scene scene;
  TargetServer target(scene.loop);
  target.truncates = true;
  scene.start({target.target()});
  for (uint64_t round = 0; round < 5; ++round) {
    for (uint64_t i = 0; i < 10; ++i) {
      const uint64_t token = round * 10 + i;
      static_cast<void>(scene.ask("n" + std::to_string(token) + ".example.com.", token));
    }
    ASSERT_TRUE(scene.until_told(round * 10 + 10));
  }
  EXPECT_EQ(scene.owner.answers.size(), 50U);
  EXPECT_EQ(scene.owner.answers[7], "NOERROR Ax1");
  EXPECT_EQ(scene.forwarder->counts().over_stream, 50U);
  EXPECT_EQ(target.connections, 1U);
}

TEST(Forwarder, TakesResponsesOnAConnectionInAnyOrder) {
  Scene scene;
  TargetServer target(scene.loop);
  target.truncates = true;
  target.reverses = true;
  scene.start({target.target()});
  for (uint64_t token = 0; token < 20; ++token) {
    static_cast<void>(scene.ask("n" + std::to_string(token) + ".example.com.", token));
  }
  ASSERT_TRUE(scene.until_told(20));
  EXPECT_EQ(scene.owner.answers.size(), 20U);
}

TEST(Forwarder, AsksAgainWhenAKeptConnectionIsClosed) {
  Scene scene;
  TargetServer target(scene.loop);
  target.truncates = true;
  target.closes_after = 1;
  scene.start({target.target()});
  for (uint64_t token = 0; token < 5; ++token) {
    static_cast<void>(scene.ask("n" + std::to_string(token) + ".example.com.", token));
    ASSERT_TRUE(scene.until_told(token + 1));
  }
  EXPECT_EQ(scene.owner.answers.size(), 5U);
  EXPECT_GE(target.connections, 5U);
}

TEST(Forwarder, FailsWhenNothingListensThere) {
  Scene scene;
  Target closed;
  {
    TargetServer gone(scene.loop);
    closed = gone.target();
  }
  scene.start({closed});
  ASSERT_EQ(scene.ask("www.example.com.", 1).outcome, Submitted::Outcome::Started);
  ASSERT_TRUE(scene.until_told(1));
  EXPECT_EQ(scene.owner.failures[1].ede, dns::Ede::NetworkError);
}

TEST(Forwarder, FailsWhenATruncatedResponseHasNoTcp) {
  Scene scene;
  TargetServer target(scene.loop);
  target.truncates = true;
  target.stop_tcp();
  scene.start({target.target()});
  static_cast<void>(scene.ask("www.example.com.", 1));
  ASSERT_TRUE(scene.until_told(1));
  EXPECT_EQ(scene.owner.failures[1].ede, dns::Ede::NetworkError);
  target.truncates = false;
  static_cast<void>(scene.ask("www.example.com.", 2));
  ASSERT_TRUE(scene.until_told(2));
  EXPECT_EQ(scene.owner.answers[2], "NOERROR Ax1");
}

TEST(Forwarder, FailsInTimeWhenATargetIsSilent) {
  Scene scene;
  scene.settings.query_timeout_ms = 300;
  TargetServer target(scene.loop);
  target.silent = true;
  scene.start({target.target()});
  static_cast<void>(scene.ask("www.example.com.", 1));
  ASSERT_TRUE(scene.until_told(1));
  EXPECT_EQ(scene.owner.failures[1].ede, dns::Ede::NoReachableAuthority);
}

TEST(Forwarder, TakesALateResponseForAnAnswerOfItsTarget) {
  Scene scene;
  scene.settings.query_timeout_ms = 100;
  TargetServer target(scene.loop);
  target.holds = true;
  scene.start({target.target()});
  static_cast<void>(scene.ask("www.example.com.", 1));
  ASSERT_TRUE(scene.until_told(1));
  EXPECT_EQ(scene.owner.failures.size(), 1U);
  target.release();
  EXPECT_TRUE(run_until(scene.loop, [&] { return scene.forwarder->counts().late >= 1; }));
}

//--- DNS over TLS

const std::string kServerName = "dot.resolver.amazonaws.com";

struct TlsScene : Scene {
  net::TestCertificates certificates{{kServerName}};
  net::TlsServerContext server_context = certificates.server({});
  net::TlsClientContext client_context = certificates.client();
};

TEST(ForwarderTls, AsksOnOneConnection) {
  TlsScene scene;
  TargetServer target(scene.loop, &scene.server_context);
  scene.start({target.dot_target(kServerName)}, &scene.client_context);
  for (uint64_t round = 0; round < 3; ++round) {
    for (uint64_t token = round * 20; token < round * 20 + 20; ++token) {
      static_cast<void>(scene.ask("n" + std::to_string(token) + ".example.com.", token));
    }
    ASSERT_TRUE(scene.until_told(round * 20 + 20));
  }
  EXPECT_EQ(scene.owner.answers.size(), 60U);
  EXPECT_EQ(scene.owner.answers[7], "NOERROR Ax1");
  EXPECT_EQ(target.connections, 1U);
}

TEST(ForwarderTls, GoesOnWithASession) {
  TlsScene scene;
  TargetServer target(scene.loop, &scene.server_context);
  target.closes_after = 2;
  scene.start({target.dot_target(kServerName)}, &scene.client_context);
  for (uint64_t token = 0; token < 8; ++token) {
    static_cast<void>(scene.ask("n" + std::to_string(token) + ".example.com.", token));
    ASSERT_TRUE(scene.until_told(token + 1));
  }
  EXPECT_EQ(scene.owner.answers.size(), 8U);
  EXPECT_GE(target.connections, 4U);
  EXPECT_TRUE(target.resumed);
}

TEST(ForwarderTls, VerifiesTheTarget) {
  TlsScene scene;
  TargetServer target(scene.loop, &scene.server_context);
  const auto outcome = [&](const std::string& server_name, const net::TlsClientContext* tls) {
    scene.owner.answers.clear();
    scene.owner.failures.clear();
    scene.start({target.dot_target(server_name)}, tls);
    static_cast<void>(scene.ask("www.example.com.", 1));
    EXPECT_TRUE(scene.until_told(1));
    return scene.owner.answers.size() == 1;
  };
  EXPECT_TRUE(outcome(kServerName, &scene.client_context));
  EXPECT_FALSE(outcome("other.resolver.amazonaws.com", &scene.client_context));
  EXPECT_EQ(scene.owner.failures[1].ede, dns::Ede::NetworkError);
  // Without a name, any certificate of a trusted authority is accepted, and no other.
  EXPECT_TRUE(outcome("", &scene.client_context));
  const auto trusting_others = net::TlsClientContext::make("");
  ASSERT_TRUE(trusting_others);
  EXPECT_FALSE(outcome("", &*trusting_others));
  EXPECT_FALSE(outcome(kServerName, nullptr));
}

TEST(Forwarder, GoesAwayWithQueriesUnderWay) {
  Scene scene;
  TargetServer target(scene.loop);
  target.truncates = true;
  scene.start({target.target()});
  for (uint64_t token = 0; token < 50; ++token) {
    static_cast<void>(scene.ask("n" + std::to_string(token) + ".example.com.", token));
  }
  ASSERT_TRUE(scene.until_told(1));
  scene.forwarder.reset();
  EXPECT_LT(scene.owner.told(), 51U);
}

}  // namespace
}  // namespace inlet53::forward
