// SPDX-License-Identifier: Apache-2.0

// Responses to EDNS options, through the whole responder.
#include "inlet53/server/edns_responder.h"

#include "server_support.h"
#include <gtest/gtest.h>

#include "inlet53/server/responder.h"

namespace inlet53::server {
namespace {

using record::Transport;
using settings::Cookies;
using std::operator""sv;

constexpr int64_t kNow = 1'800'000'000;
constexpr size_t kOptionHead = 4;

std::string option(uint16_t code, std::string_view data) {
  uint8_t head[kOptionHead];
  store_be16(head, code);
  store_be16(head + 2, static_cast<uint16_t>(data.size()));
  return std::string(as_text(head)) + std::string(data);
}

class EdnsResponderTest : public testing::Test {
 protected:
  struct Response {
    unsigned rcode = 0;  // with the OPT's bits
    bool truncated = false;
    unsigned questions = 0;
    unsigned answers = 0;
    std::string options;
  };

  /// Sends a query with the options `sent` and parses the response, whose OPT is last.
  Response ask(std::string_view sent, Transport transport = Transport::Udp,
               std::string_view qname = "name.test.", uint16_t qclass = 1) {
    std::vector<uint8_t> query = make_query(qname, qclass == 1 ? 1 : 16, 1232);
    store_be16(&query[query.size() - 13], qclass);
    store_be16(&query[query.size() - 2], static_cast<uint16_t>(sent.size()));
    query.insert(query.end(), sent.begin(), sent.end());
    return exchange(query, transport);
  }

  /// Sends a query without a question.
  Response ask_nothing(std::string_view sent) {
    std::vector<uint8_t> query{0x12, 0x34, 1,  0, 0,    0, 0, 0, 0, 0, 0, 1,
                               0,    0,    41, 4, 0xD0, 0, 0, 0, 0, 0, 0};
    store_be16(&query[query.size() - 2], static_cast<uint16_t>(sent.size()));
    query.insert(query.end(), sent.begin(), sent.end());
    return exchange(query, Transport::Udp);
  }

  Response exchange(const std::vector<uint8_t>& query, Transport transport) {
    if (responder == nullptr)
      responder = std::make_unique<Responder>(options, nullptr, nullptr, counts);
    std::copy(query.begin(), query.end(), buffer.begin());
    const Arrival how{state->addresses[0], transport, {.monotonic_ms = 0, .wall_seconds = kNow}};
    const SocketAddress source{*IpAddress::parse("127.0.0.1"), 4242};
    const size_t size = responder->answer(how, source, buffer, query.size()).size;
    EXPECT_GE(size, 12U);
    const Bytes message = Bytes(buffer).first(size);
    Response response{message[3] & 0x0FU,
                      (message[2] & 0x02) != 0,
                      load_be16(&message[4]),
                      load_be16(&message[6]),
                      {}};
    if (load_be16(&message[10]) == 0) return response;
    // Finds the fixed part of the OPT from the end, because the sizes of the options are known.
    for (size_t at = size - 11; at >= 12; --at) {
      if (message[at] == 0 && load_be16(&message[at + 1]) == 41 &&
          at + 11 + load_be16(&message[at + 9]) == size) {
        response.rcode |= static_cast<unsigned>(message[at + 5]) << 4;
        response.options = as_text(message.subspan(at + 11));
        return response;
      }
    }
    ADD_FAILURE() << "no OPT at the end";
    return response;
  }

  std::shared_ptr<const resolver::ResolverState> state =
      make_state({*SocketAddress::parse("127.0.0.1:53")}, "10.0.0.1");
  WorkerCounts counts;
  Responder::Options options;
  std::unique_ptr<Responder> responder;
  std::vector<uint8_t> buffer = std::vector<uint8_t>(65535);
};

const std::string kClientCookie = option(10, "clientid");

TEST_F(EdnsResponderTest, PadsEncryptedResponsesToPaddedQueries) {
  const std::string_view padding("\x00\x0C\x00\x02\x00\x00", 6);
  for (const Transport transport : {Transport::Dot, Transport::Doh}) {
    const std::string answered = ask(padding, transport).options;
    ASSERT_GE(answered.size(), 300U);
    EXPECT_EQ(answered.substr(0, 2), std::string("\x00\x0C", 2));
    EXPECT_EQ(ask("", transport).options, "");
  }
  EXPECT_EQ(ask(padding, Transport::Tcp).options, "");
  EXPECT_EQ(ask(padding, Transport::Udp).options, "");
}

TEST_F(EdnsResponderTest, GivesACookieToWhoSendsOne) {
  const Response first = ask(kClientCookie);
  EXPECT_EQ(first.rcode, 0U);
  EXPECT_EQ(first.answers, 1U);
  ASSERT_EQ(first.options.size(), kOptionHead + ServerCookies::kSize);
  EXPECT_EQ(first.options.substr(0, 12),
            "\0\x0A\0\x18"
            "clientid"sv);
  EXPECT_EQ(ask(first.options).options, first.options) << "it is still young";
  EXPECT_EQ(ask(first.options, Transport::Tcp).options, first.options);
  EXPECT_EQ(ask("").options, "") << "nothing of the query before";
  EXPECT_EQ(ask(kClientCookie + option(10, "bad")).options, first.options) << "the first counts";
}

TEST_F(EdnsResponderTest, RefusesCookiesOfNoSize) {
  for (const size_t size : {0U, 7U, 9U, 15U, 41U}) {
    const Response response = ask(option(10, std::string(size, 'c')));
    EXPECT_EQ(response.rcode, 1U) << size;
    EXPECT_EQ(response.options, "");
    EXPECT_EQ(response.answers, 0U);
  }
}

TEST_F(EdnsResponderTest, LooksAtNoCookieWhereTheyAreOff) {
  options.settings.edns.cookies = Cookies::Off;
  for (const std::string& cookie : {kClientCookie, option(10, "bad")}) {
    const Response response = ask(cookie);
    EXPECT_EQ(response.rcode, 0U);
    EXPECT_EQ(response.options, "");
    EXPECT_EQ(ask_nothing(cookie).rcode, 1U);
  }
}

TEST_F(EdnsResponderTest, AnswersNoQuestionWithACookie) {
  const Response first = ask_nothing(kClientCookie);
  EXPECT_EQ(first.rcode, 0U);
  EXPECT_EQ(first.questions, 0U);
  ASSERT_EQ(first.options.size(), kOptionHead + ServerCookies::kSize);
  EXPECT_EQ(ask_nothing(first.options).rcode, 0U);
  std::string forged = first.options;
  forged.back() = static_cast<char>(forged.back() ^ 1);
  const Response refused = ask_nothing(forged);
  EXPECT_EQ(refused.rcode, 23U) << "RFC 7873 §5.4";
  EXPECT_EQ(refused.options, first.options);
  EXPECT_EQ(ask_nothing(option(10, "bad")).rcode, 1U);
}

TEST_F(EdnsResponderTest, AsksForACookieOverUdpWhereItIsRequired) {
  options.settings.edns.cookies = Cookies::Require;
  const Response without = ask("");
  EXPECT_TRUE(without.truncated);
  EXPECT_EQ(without.rcode, 0U);
  EXPECT_EQ(without.answers, 0U);
  EXPECT_EQ(counts.truncated.get(), 1U);
  const Response plain = exchange(make_query("name.test.", 1, 0), Transport::Udp);
  EXPECT_TRUE(plain.truncated) << "no EDNS at all";

  const Response learned = ask(kClientCookie);
  EXPECT_EQ(learned.rcode, 23U);
  EXPECT_FALSE(learned.truncated);
  EXPECT_EQ(learned.answers, 0U);
  EXPECT_EQ(learned.questions, 1U);
  const Response answered = ask(learned.options);
  EXPECT_EQ(answered.rcode, 0U);
  EXPECT_EQ(answered.answers, 1U);

  EXPECT_EQ(ask("", Transport::Tcp).answers, 1U);
  EXPECT_EQ(ask(kClientCookie, Transport::Tcp).answers, 1U);
}

TEST_F(EdnsResponderTest, TellsItsIdentifierToWhoAsks) {
  const std::string asked = option(3, "");
  EXPECT_EQ(ask(asked).options, "");
  responder = nullptr;
  options.settings.edns.nsid = "ns-1";
  EXPECT_EQ(ask(asked).options, option(3, "ns-1"));
  EXPECT_EQ(ask("").options, "");
}

TEST_F(EdnsResponderTest, TellsTheIdleTimeoutOverTcp) {
  options.settings.tcp.idle_timeout_ms = 12'345;
  const std::string asked = option(11, "");
  EXPECT_EQ(ask(asked, Transport::Tcp).options, option(11, "\0\x7B"sv));
  EXPECT_EQ(ask(asked, Transport::Udp).options, "");
  EXPECT_EQ(ask(asked, Transport::Doh).options, "");
  EXPECT_EQ(ask(option(11, "\0\x64"sv), Transport::Tcp).rcode, 1U);
  EXPECT_EQ(ask(option(11, "\0\x64"sv), Transport::Udp).rcode, 0U) << "RFC 7828 §3.2.1: ignored";
  responder = nullptr;
  options.settings.tcp.idle_timeout_ms = 3'600'000 * 2;
  EXPECT_EQ(ask(asked, Transport::Tcp).options, option(11, "\xFF\xFF"sv));
}

TEST_F(EdnsResponderTest, SaysThatAClientSubnetDoesNotCountWhereItIsToldTo) {
  const std::string subnet = option(8, "\0\1\x18\0\xC0\0\2"sv);
  const std::string malformed = option(8, "\0\1\x18\x18\xC0\0\2"sv);
  EXPECT_EQ(ask(subnet).options, "");
  EXPECT_EQ(ask(malformed).rcode, 0U);
  responder = nullptr;
  options.settings.edns.client_subnet = settings::ClientSubnet::Answer;
  EXPECT_EQ(ask(subnet).options, subnet);
  EXPECT_EQ(ask(malformed).rcode, 1U);
}

TEST_F(EdnsResponderTest, HasRoomForAllOfThemInTheSmallestResponse) {
  options.settings.edns.nsid = std::string(128, 'n');
  options.settings.edns.client_subnet = settings::ClientSubnet::Answer;
  const std::string subnet = option(8, "\0\2\x80\0"sv.substr(0, 4)) + std::string(16, 'x');
  std::string whole = subnet;
  whole[3] = 20;  // length of the option with the address
  std::string qname;
  for (int i = 0; i < 4; ++i) qname += std::string(i == 3 ? 61 : 63, 'q') + ".";
  std::vector<uint8_t> query = make_query(qname, 1, 512);
  const std::string sent = kClientCookie + option(3, "") + option(11, "") + whole;
  store_be16(&query[query.size() - 2], static_cast<uint16_t>(sent.size()));
  query.insert(query.end(), sent.begin(), sent.end());
  const Response response = exchange(query, Transport::Tcp);
  EXPECT_EQ(response.rcode, 5U);
  EXPECT_EQ(response.options.substr(0, 4 + 128), option(3, std::string(128, 'n')));
  query[2] = 0;
  const Response over_udp = exchange(query, Transport::Udp);
  EXPECT_EQ(over_udp.options.find(std::string(128, 'n')), 4U);
}

TEST_F(EdnsResponderTest, LeavesMalformedMessagesWithoutOptions) {
  std::vector<uint8_t> query = make_query("name.test.", 1, 1232);
  query.push_back(0);
  const Response response = exchange(query, Transport::Udp);
  EXPECT_EQ(response.rcode, 1U);
  EXPECT_EQ(response.options, "");
}

TEST_F(EdnsResponderTest, CostsLittleForManyOptions) {
  std::string many;
  for (int i = 0; i < 15'000; ++i) many += option(65001, "");
  EXPECT_EQ(ask(many + kClientCookie, Transport::Tcp).answers, 1U);
}

TEST_F(EdnsResponderTest, ExplainsARefusal) {
  const Response response = ask("", Transport::Udp, "nowhere.example.");
  EXPECT_EQ(response.rcode, 5U);
  EXPECT_EQ(response.options.substr(4, 2), "\0\x14"sv);
  EXPECT_NE(response.options.find("covers this name"), std::string::npos);
}

TEST_F(EdnsResponderTest, SaysWhoItIsOnlyWhenItIsTold) {
  constexpr uint16_t kChaos = 3;
  for (const char* qname : {"version.bind.", "id.server."}) {
    EXPECT_EQ(ask("", Transport::Udp, qname, kChaos).rcode, 5U);
  }
  responder = nullptr;
  options.settings.server.version = "inlet53";
  EXPECT_EQ(ask("", Transport::Udp, "VERSION.bind.", kChaos).answers, 1U);
  EXPECT_EQ(ask("", Transport::Udp, "version.server.", kChaos).answers, 1U);
  EXPECT_EQ(ask("", Transport::Udp, "id.server.", kChaos).rcode, 5U);
  EXPECT_EQ(ask("", Transport::Udp, "version.bind.", 4).rcode, 5U) << "class HS";
  EXPECT_EQ(ask("", Transport::Udp, "version.bind.").rcode, 5U) << "class IN";
}

}  // namespace
}  // namespace inlet53::server
