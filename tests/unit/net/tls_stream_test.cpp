// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/tls_stream.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tls_internal.h"
#include "tls_support.h"
#include <gtest/gtest.h>

namespace inlet53::net {

namespace {

// One end, with the ciphertext that it has sent and no test has consumed yet.
struct End final : TlsStreamOwner {
  void send_ciphertext(Bytes bytes) override {
    outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
  }
  size_t received_plaintext(Bytes stream) override {
    const size_t consumed = consume ? consume(stream) : stream.size();
    plaintext.append(as_text(stream.first(consumed)));
    return consumed;
  }
  bool wants_no_plaintext() const override { return paused; }

  std::vector<uint8_t> outgoing;
  std::string plaintext;
  std::function<size_t(Bytes)> consume;
  bool paused = false;
};

struct Pair {
  Pair(const TlsServerContext& server_context, const TlsClientContext& client_context,
       const std::string& host)
      : server(server_context, server_end), client(client_context, host, client_end) {
    client.begin();
    pump();
  }

  // Transfers bytes in both directions, `piece` at a time, until neither end has any.
  void pump(size_t piece = SIZE_MAX) {
    while (carry(client_end, server, piece) || carry(server_end, client, piece)) {
    }
  }
  static bool carry(End& from, TlsStream& to, size_t piece) {
    if (from.outgoing.empty()) return false;
    const size_t size = std::min(piece, from.outgoing.size());
    const size_t consumed = to.received(Bytes(from.outgoing).first(size));
    from.outgoing.erase(from.outgoing.begin(),
                        from.outgoing.begin() + static_cast<ptrdiff_t>(consumed));
    return consumed > 0;
  }

  End server_end;
  End client_end;
  TlsStream server;
  TlsStream client;
};

class TlsStreamTest : public testing::Test {
 protected:
  TestCertificates certificates{{"*.execute-api.eu-west-1.amazonaws.com"}};
  TlsServerContext server_context = certificates.server({"h2", "http/1.1"});
  TlsClientContext client_context = certificates.client();
  const std::string host = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com";
};

TEST_F(TlsStreamTest, CarriesBytesBothWays) {
  Pair pair(server_context, client_context, host);
  ASSERT_EQ(pair.server.state(), TlsStream::State::Open) << pair.server.error();
  ASSERT_EQ(pair.client.state(), TlsStream::State::Open) << pair.client.error();
  pair.client.send(as_bytes("question"));
  pair.server.send(as_bytes("answer"));
  pair.pump();
  EXPECT_EQ(pair.server_end.plaintext, "question");
  EXPECT_EQ(pair.client_end.plaintext, "answer");
  EXPECT_EQ(pair.server.version(), "TLSv1.3");
  EXPECT_EQ(pair.server.cipher_suite(), pair.client.cipher_suite());
  EXPECT_FALSE(pair.server.cipher_suite().empty());
}

TEST_F(TlsStreamTest, AcceptsBytesOneByOne) {
  End server_end;
  End client_end;
  TlsStream server(server_context, server_end);
  TlsStream client(client_context, host, client_end);
  client.begin();
  while (Pair::carry(client_end, server, 1) || Pair::carry(server_end, client, 1)) {
  }
  ASSERT_EQ(server.state(), TlsStream::State::Open);
  const std::string text(100000, 'x');
  client.send(as_bytes(text));
  while (Pair::carry(client_end, server, 1)) {
  }
  EXPECT_EQ(server_end.plaintext, text);
}

TEST_F(TlsStreamTest, LeavesCiphertextWhileNoPlaintextIsWanted) {
  Pair pair(server_context, client_context, host);
  pair.server_end.paused = true;
  const std::string text(50000, 'x');
  pair.client.send(as_bytes(text));
  pair.pump();
  EXPECT_EQ(pair.server_end.plaintext, "");
  EXPECT_GT(pair.client_end.outgoing.size(), text.size());
  pair.server_end.paused = false;
  pair.pump();
  EXPECT_EQ(pair.server_end.plaintext, text);
}

TEST_F(TlsStreamTest, DeliversUnconsumedBytesAgain) {
  Pair pair(server_context, client_context, host);
  pair.server_end.consume = [&](Bytes stream) {
    pair.server_end.paused = true;
    return std::min<size_t>(stream.size(), 3);
  };
  pair.client.send(as_bytes("abcdefg"));
  pair.pump();
  EXPECT_EQ(pair.server_end.plaintext, "abc");
  for (const char* all : {"abcdef", "abcdefg"}) {
    pair.server_end.paused = false;
    EXPECT_EQ(pair.server.received({}), 0U);
    EXPECT_EQ(pair.server_end.plaintext, all);
  }
}

TEST_F(TlsStreamTest, PrefersItsOwnFirstProtocol) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"h2", "http/1.1"}, "h2"}, {{"http/1.1", "h2"}, "h2"}, {{"http/1.1"}, "http/1.1"}, {{}, ""}};
  for (const auto& [offered, chosen] : cases) {
    offer_protocols(client_context, offered);
    Pair pair(server_context, client_context, host);
    EXPECT_EQ(pair.server.state(), TlsStream::State::Open);
    EXPECT_EQ(pair.server.protocol(), chosen);
  }
}

TEST_F(TlsStreamTest, RefusesAClientThatOffersOnlyForeignProtocols) {
  offer_protocols(client_context, {"h3"});
  Pair pair(server_context, client_context, host);
  EXPECT_EQ(pair.server.state(), TlsStream::State::Failed);
  EXPECT_EQ(pair.client.state(), TlsStream::State::Failed);
}

TEST_F(TlsStreamTest, ResumesSessionsAcrossContexts) {
  Session session;
  {
    Pair pair(server_context, client_context, host);
    pair.server.send(as_bytes("so that the ticket is read"));
    pair.pump();
    session = keep_session(pair.client);
    pair.client.end();  // OpenSSL resumes no session whose connection was aborted
    EXPECT_FALSE(pair.server.resumed());
  }
  const auto resumes = [&](const TlsServerContext* previous) {
    const TlsServerContext reloaded = certificates.server({"h2", "http/1.1"}, previous);
    End server_end;
    End client_end;
    TlsStream server(reloaded, server_end);
    TlsStream client(client_context, host, client_end);
    offer_session(client, session);
    client.begin();
    while (Pair::carry(client_end, server, SIZE_MAX) || Pair::carry(server_end, client, SIZE_MAX)) {
    }
    EXPECT_EQ(server.state(), TlsStream::State::Open);
    return server.resumed();
  };
  EXPECT_FALSE(resumes(nullptr)) << "another server has other keys";
  EXPECT_TRUE(resumes(&server_context));
}

TEST_F(TlsStreamTest, VerifiesNamesAsAClient) {
  for (const char* other :
       {"127.0.0.1", "::1", "example.com", "a.b.execute-api.eu-west-1.amazonaws.com",
        "dligg9dxuk.execute-api.eu-west-2.amazonaws.com"}) {
    Pair pair(server_context, client_context, other);
    EXPECT_EQ(pair.client.state(), TlsStream::State::Failed) << other;
    EXPECT_NE(pair.client.error().find("certificate"), std::string::npos) << pair.client.error();
    EXPECT_EQ(pair.server.state(), TlsStream::State::Failed) << other;
  }
}

TEST_F(TlsStreamTest, VerifiesTheAuthorityAsAClient) {
  const auto trusting_others = TlsClientContext::make("");
  ASSERT_TRUE(trusting_others);
  Pair pair(server_context, *trusting_others, host);
  EXPECT_EQ(pair.client.state(), TlsStream::State::Failed);
}

TEST_F(TlsStreamTest, FailsOnBytesThatAreNotTls) {
  for (const char* text :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\xff\xff", "\0\0\0\0\0"}) {
    End end;
    TlsStream server(server_context, end);
    server.received(as_bytes(std::string(text) + std::string(70000, 'x')));
    EXPECT_EQ(server.state(), TlsStream::State::Failed);
    EXPECT_FALSE(server.error().empty());
  }
}

TEST_F(TlsStreamTest, ReportsTheEndOfThePeer) {
  Pair pair(server_context, client_context, host);
  pair.client.send(as_bytes("last words"));
  pair.client.end();
  pair.pump();
  EXPECT_EQ(pair.server_end.plaintext, "last words");
  EXPECT_EQ(pair.server.state(), TlsStream::State::Ended);
  pair.server.send(as_bytes("goodbye"));
  pair.server.end();
  EXPECT_FALSE(pair.server_end.outgoing.empty());
}

TEST_F(TlsStreamTest, FailsOnARecordThatWasTamperedWith) {
  Pair pair(server_context, client_context, host);
  pair.client.send(as_bytes("question"));
  pair.client_end.outgoing.back() ^= 1;
  pair.pump();
  EXPECT_EQ(pair.server.state(), TlsStream::State::Failed);
  EXPECT_EQ(pair.server_end.plaintext, "");
}

TEST(TlsServerContext, NamesTheFileThatItCannotRead) {
  const TestCertificates certificates{{"a.amazonaws.com"}};
  const std::string none = certificates.folder() + "/none.pem";
  const auto no_certificate = TlsServerContext::load(none, certificates.key_file(), {});
  ASSERT_FALSE(no_certificate);
  EXPECT_EQ(no_certificate.error().rfind(none + ": cannot be read: No such file", 0), 0U)
      << no_certificate.error();
  const auto no_key = TlsServerContext::load(certificates.certificate_file(), none, {});
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().rfind(none + ": cannot be read: No such file", 0), 0U);
}

TEST(TlsServerContext, RefusesTheKeyOfAnotherCertificate) {
  const TestCertificates one{{"a.amazonaws.com"}};
  const TestCertificates other{{"a.amazonaws.com"}};
  EXPECT_FALSE(TlsServerContext::load(one.certificate_file(), other.key_file(), {}));
}

constexpr int64_t kStart = 1000;
constexpr int64_t kPeriod = TicketKeys::kEncryptSeconds;

TEST(TicketKeys, AreNewAfterTwelveHoursAndStillDecryptForTwelveMore) {
  TicketKeys keys;
  const TicketKeys::Key first = keys.current(kStart);
  EXPECT_EQ(keys.current(kStart + kPeriod - 1).name, first.name);
  const TicketKeys::Key second = keys.current(kStart + kPeriod);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  EXPECT_NE(second.mac, first.mac);
  ASSERT_TRUE(keys.find(first.name.data(), kStart + 2 * kPeriod - 1));
  EXPECT_EQ(keys.find(first.name.data(), kStart + 2 * kPeriod - 1)->cipher, first.cipher);
  EXPECT_FALSE(keys.find(first.name.data(), kStart + 2 * kPeriod));
  EXPECT_TRUE(keys.find(second.name.data(), kStart + 2 * kPeriod));
}

TEST(TicketKeys, AreAllNewAfterALongSilence) {
  TicketKeys keys;
  const TicketKeys::Key first = keys.current(kStart);
  EXPECT_FALSE(keys.find(first.name.data(), kStart + 10 * kPeriod));
  const TicketKeys::Key next = keys.current(kStart + 10 * kPeriod);
  EXPECT_EQ(keys.current(kStart + 11 * kPeriod - 1).name, next.name);
}

TEST(TicketKeys, OfAnotherServerAreNotTaken) {
  TicketKeys keys;
  TicketKeys others;
  EXPECT_FALSE(keys.find(others.current(kStart).name.data(), kStart));
}

}  // namespace

}  // namespace inlet53::net
