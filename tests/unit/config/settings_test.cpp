// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config_support.h"

// Checks for each setting that the reader accepts the values in its form and range, stores them in
// its member, and rejects the values next to the range.
namespace inlet53::config {
namespace {

struct Rejected {
  std::string text;
  std::string reason;  // a part of the error
};

/// Values of a form: those to accept, as written in a file and as stored, and those to reject.
template <class Value>
struct Samples {
  std::vector<std::pair<std::string, Value>> accepted;
  std::vector<Rejected> rejected;
};

constexpr const char* kOutOfRange = "is out of range: from ";

/// Returns the largest number below `least`.
std::string below(uint64_t least) { return least == 0 ? "-1" : concat(least - 1); }

std::string in_quotes(std::string_view text) { return concat('"', text, '"'); }

Samples<uint64_t> samples(const settings::Amount& form) {
  const auto [least, most] = form.range;
  const auto written = [&](const std::string& amount) {
    const bool needs_unit = form.unit == settings::Unit::Milliseconds && amount != "-1";
    return needs_unit ? in_quotes(amount + " ms") : amount;
  };
  return {{{written(concat(least)), least}, {written(concat(most)), most}},
          {{written(below(least)), kOutOfRange},
           {written(concat(most + 1)), kOutOfRange},
           {"true", "expected a "}}};
}

Samples<double> samples(const settings::Decimal& form) {
  const auto [least, most] = form.range;
  return {{{concat(least), static_cast<double>(least)},
           {concat(most, ".0"), static_cast<double>(most)},
           {concat(least, ".5"), static_cast<double>(least) + 0.5}},
          {{below(least), kOutOfRange},
           {concat(most, ".5"), kOutOfRange},
           {"nan", kOutOfRange},
           {"true", "expected a number"}}};
}

Samples<bool> samples(const settings::Boolean&) {
  return {{{"true", true}, {"false", false}},
          {{"1", "expected true or false"}, {"'true'", "expected true or false"}}};
}

template <class E, size_t N>
Samples<E> samples(const settings::Words<E, N>& form) {
  Samples<E> out{{}, {{"'none of them'", "is none of "}, {"1", "expected a text"}}};
  for (const auto& each : form.all) out.accepted.emplace_back(in_quotes(each.word), each.value);
  return out;
}

Samples<std::string> texts(settings::Range octets) {
  Samples<std::string> out{{}, {{"1", "expected a text"}}};
  for (const uint64_t size : {octets.least, octets.most}) {
    const std::string text(size, 't');
    out.accepted.emplace_back(in_quotes(text), text);
  }
  for (const uint64_t size : {octets.least - 1, octets.most + 1}) {
    out.rejected.push_back({in_quotes(std::string(size, 't')), "expected a text of "});
  }
  return out;
}

Samples<std::string> samples(const settings::Text& form) { return texts(form.octets); }

Samples<std::string> samples(const settings::TextOrOctets& form) {
  Samples<std::string> out = texts(form.octets);
  const auto hex = [](uint64_t size) { return in_quotes("0x" + std::string(2 * size, 'a')); };
  for (const uint64_t size : {form.octets.least, form.octets.most}) {
    out.accepted.emplace_back(hex(size), std::string(size, '\xAA'));
  }
  out.rejected.push_back({hex(form.octets.least - 1), "hexadecimal"});
  out.rejected.push_back({hex(form.octets.most + 1), "expected a text of "});
  return out;
}

Samples<std::string> samples(const settings::Secret& form) {
  const auto hex = [](uint64_t size) { return in_quotes(std::string(2 * size, 'a')); };
  return {{{hex(form.octets), std::string(form.octets, '\xAA')}},
          {{hex(form.octets - 1), "hexadecimal"},
           {hex(form.octets + 1), "hexadecimal"},
           {in_quotes(std::string(2 * form.octets, 't')), "hexadecimal"}}};
}

Samples<std::string> samples(const settings::Path&) {
  return {{{"'sub/file'", "/etc/sub/file"}, {"'/file'", "/file"}},
          {{"''", "the path is empty"}, {"1", "expected a text"}}};
}

Samples<std::string> samples(const settings::SocketPath& form) {
  const auto path = [](size_t size) { return '/' + std::string(size - 1, 'p'); };
  return {{{"'sub/file'", "/etc/sub/file"}, {in_quotes(path(form.most)), path(form.most)}},
          {{in_quotes(path(form.most + 1)), "the path is too long"}, {"''", "the path is empty"}}};
}

Samples<std::string> samples(const settings::Program&) {
  return {{{"'name'", "name"}, {"'./name'", "/etc/name"}},
          {{"''", "the path is empty"}, {"1", "expected a text"}}};
}

Samples<std::vector<uint32_t>> samples(const settings::Numbers& form) {
  const auto [least, most] = form.range;
  return {{{concat('[', least, ", ", most, ']'),
            {static_cast<uint32_t>(least), static_cast<uint32_t>(most)}}},
          {{concat('[', below(least), ']'), kOutOfRange},
           {concat('[', most + 1, ']'), kOutOfRange},
           {concat(least), "expected a list"}}};
}

Samples<std::vector<Cidr>> samples(const settings::Cidrs&) {
  return {{{"['10.0.0.0/8']", {*Cidr::parse("10.0.0.0/8")}}, {"[]", {}}},
          {{"['ten']", "ten"}, {"'10.0.0.0/8'", "expected a list"}}};
}

struct Accepted {
  std::string text;
  std::function<bool(const settings::Settings&)> is_stored;
};

struct Setting {
  std::string section;
  std::string key;
  std::vector<Accepted> accepted;
  std::vector<Rejected> rejected;
};

template <class Section, class Row>
Setting setting_of(const Section& section, const Row& row) {
  const auto values = samples(row.form);
  Setting setting{std::string(section.name), std::string(row.key), {}, values.rejected};
  for (const auto& [text, value] : values.accepted) {
    setting.accepted.push_back(
        {text, [&section, &row, value = value](const settings::Settings& settings) {
           return value_of(settings, section, row) == value;
         }});
  }
  return setting;
}

std::vector<Setting> all_settings() {
  return cases_of<Setting>(
      [](const auto& section, const auto& row) { return setting_of(section, row); });
}

/// Returns the errors of a file with one key, including those of rules about several keys.
std::string messages_of(const OneKey& one, const Setting& setting) {
  std::string all;
  for (const ConfigError& error : one.reading.errors) {
    EXPECT_EQ(error.line, 2U);
    EXPECT_TRUE(error.key.starts_with(concat(setting.section, '.', setting.key))) << error.key;
    all += error.message + '\n';
  }
  return all;
}

class SettingTest : public testing::TestWithParam<Setting> {};

TEST_P(SettingTest, StoresItsLeastAndItsGreatestValue) {
  const Setting& setting = GetParam();
  ASSERT_FALSE(setting.accepted.empty());
  for (const Accepted& each : setting.accepted) {
    const OneKey one = read_key_as(setting.section, setting.key, each.text);
    EXPECT_TRUE(each.is_stored(one.config.settings)) << each.text;
    const std::string errors = messages_of(one, setting);
    for (const Rejected& other : setting.rejected) {
      EXPECT_EQ(errors.find(other.reason), std::string::npos) << each.text << ": " << errors;
    }
  }
}

TEST_P(SettingTest, RejectsValuesBelowAndAboveItsRange) {
  const Setting& setting = GetParam();
  ASSERT_GE(setting.rejected.size(), 2U);
  for (const Rejected& each : setting.rejected) {
    const OneKey one = read_key_as(setting.section, setting.key, each.text);
    const std::string errors = messages_of(one, setting);
    EXPECT_NE(errors.find(each.reason), std::string::npos) << each.text << ": " << errors;
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, SettingTest, testing::ValuesIn(all_settings()),
                         name_of_case<Setting>);

TEST(SettingsTable, HasExactlyTheKeysThatTheReaderKnows) {
  Config config;
  Reading reading;
  std::string sections;
  std::set<std::string> expected;
  each_setting([&](const auto& section, const auto& row) {
    const std::string head = concat('[', section.name, "]\n");
    if (sections.find(head) == std::string::npos) sections += head;
    expected.insert(concat(section.name, '.', row.key));
  });
  read_config(sections, "/etc/x.toml", config, reading);
  std::set<std::string> known;
  for (const std::string& key : reading.known_keys) {
    const std::string head = concat('[', key.substr(0, key.find('.')), "]\n");
    if (key.find('.') != std::string::npos && sections.find(head) != std::string::npos) {
      known.insert(key);
    }
  }
  EXPECT_EQ(known, expected);
}

//--- Rules about several keys, and messages

TEST(Settings, ReadsSizesAndDurations) {
  const settings::Settings s = read(R"([server]
udp_receive_buffer = 65536
udp_segment = false
udp_spread = 'client'
statistics_interval = 0
[tcp]
idle_timeout = "1min"
first_query_timeout = "500 ms"
max_pipelined = "64 KiB"
[query_log]
rotate_size = "1 TiB"
rotate_interval = 3600
)")
                                   .settings;
  EXPECT_EQ(s.dns.server.udp_receive_buffer, 65536U);
  EXPECT_FALSE(s.dns.server.udp_segment);
  EXPECT_EQ(s.dns.server.udp_spread, settings::UdpSpread::Client);
  EXPECT_EQ(s.dns.server.statistics_interval_seconds, 0U);
  EXPECT_EQ(s.dns.tcp.idle_timeout_ms, 60000U);
  EXPECT_EQ(s.dns.tcp.first_query_timeout_ms, 500U);
  EXPECT_EQ(s.dns.tcp.max_pipelined_octets, 65536U);
  EXPECT_EQ(s.dns.query_log.rotate_octets, 1ULL << 40);
  EXPECT_EQ(s.dns.query_log.rotate_seconds, 3600U);
}

TEST(Settings, ReadsHowToForward) {
  const settings::Forward forward = read(R"([forward]
query_timeout = "1500 ms"
max_in_flight = 5
max_in_flight_per_target = 4
max_waiters = 3
max_waiting = 12
max_waiting_size = "16 KiB"
edns_udp_size = 1400
max_waiting_per_client = 6
case_randomization = false
max_sockets = 64
connection_idle_timeout = "2 s"
certificate_authorities = "/etc/ca.pem"
)")
                                        .settings.dns.forward;
  const settings::Forward expected{.query_timeout_ms = 1500,
                                   .max_in_flight = 5,
                                   .max_in_flight_per_target = 4,
                                   .max_waiting = 12,
                                   .max_waiting_octets = 16384,
                                   .max_waiting_per_client = 6,
                                   .max_waiters = 3,
                                   .edns_udp_size = 1400,
                                   .case_randomization = false,
                                   .max_sockets = 64,
                                   .connection_idle_timeout_ms = 2000,
                                   .certificate_authorities = "/etc/ca.pem"};
  EXPECT_EQ(forward, expected);
  EXPECT_EQ(errors_of("[forward]\nquery_timeout = \"11 s\"\n"),
            Errors{"2:17: forward.query_timeout: \"11 s\" is out of range: from 100 ms to 10 s"});
}

TEST(Settings, LimitsOfForwardingFollowFromEachOther) {
  EXPECT_EQ(read("[forward]\n").settings.dns.forward, settings::Forward{});
  const settings::Forward few = read("[forward]\nmax_in_flight = 3\n").settings.dns.forward;
  EXPECT_EQ(few.max_in_flight_per_target, 1U);
  EXPECT_EQ(few.max_waiting, 20'000U);
  EXPECT_EQ(few.max_waiting_per_client, 5000U);
  const settings::Forward waiting =
      read("[forward]\nmax_in_flight = 3\nmax_waiting = 6\n").settings.dns.forward;
  EXPECT_EQ(waiting.max_waiting_octets, 12U * 1024);
  EXPECT_EQ(waiting.max_waiting_per_client, 6U);
  EXPECT_EQ(waiting.max_waiters, 6U);
  EXPECT_EQ(few.max_sockets, 1024U);
  const settings::Forward many = read("[forward]\nmax_in_flight = 100000\n").settings.dns.forward;
  EXPECT_EQ(many.max_in_flight_per_target, 20'000U);
  EXPECT_EQ(many.max_waiting, 200'000U);
  EXPECT_EQ(many.max_sockets, 7032U)
      << "100000 questions, 3 queries each for 3 of 2 s, 64 a socket";
  EXPECT_EQ(read("[forward]\nquery_timeout = \"100 ms\"\n").settings.dns.forward.max_sockets,
            5157U);
}

TEST(Settings, FindLimitsOfForwardingThatContradictEachOther) {
  const auto errors = [](const std::string& lines) { return errors_of("[forward]\n" + lines); };
  EXPECT_EQ(errors("max_in_flight = 5\nmax_in_flight_per_target = 6\n"),
            Errors{"3:28: forward.max_in_flight_per_target: it is over max_in_flight, which is 5"});
  EXPECT_EQ(errors("max_waiting = 9999\n"),
            Errors{"2:15: forward.max_waiting: it is below max_in_flight, which is 10000: a query "
                   "waits for each question"});
  EXPECT_EQ(errors("max_waiting_per_client = 20001\n"),
            Errors{"2:26: forward.max_waiting_per_client: it is over max_waiting, which is 20000"});
  EXPECT_EQ(errors("max_waiters = 20001\n"),
            Errors{"2:15: forward.max_waiters: it is over max_waiting, which is 20000"});
  EXPECT_EQ(errors("max_waiting_size = \"20479999\"\n").size(), 1U);
  EXPECT_EQ(errors("max_waiting_size = 20479999\n"),
            Errors{"2:20: forward.max_waiting_size: it is below 20480000 bytes, 1 KiB for each of "
                   "the 20000 queries of max_waiting"});
  EXPECT_EQ(errors("max_sockets = 703\n"),
            Errors{"2:15: forward.max_sockets: it is below 704, which max_in_flight_per_target = "
                   "2000 and max_in_flight = 10000 need"});
  EXPECT_EQ(errors("max_sockets = 704\n"), Errors{});
}

TEST(Settings, ReadTextsAndBytesOfEdns) {
  const auto settings = [](const std::string& text) {
    auto config = parse_config(text, "test.toml");
    EXPECT_TRUE(config);
    return config->settings;
  };
  const settings::Settings text = settings(
      "[server]\nversion = 'v'\nidentity = 'id'\n[edns]\nnsid = 'ns-1'\ncookies = 'Require'\n"
      "client_subnet = 'answer'\ncookie_secret = '000102030405060708090a0b0c0d0e0F'\n"
      "previous_cookie_secret = 'ffffffffffffffffffffffffffffffff'\n");
  EXPECT_EQ(text.dns.server.version, "v");
  EXPECT_EQ(text.dns.server.identity, "id");
  EXPECT_EQ(text.dns.edns.nsid, "ns-1");
  EXPECT_EQ(text.dns.edns.cookies, settings::Cookies::Require);
  EXPECT_EQ(text.dns.edns.client_subnet, settings::ClientSubnet::Answer);
  EXPECT_EQ(text.dns.edns.cookie_secret,
            std::string("\0\1\2\3\4\5\6\7\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F", 16));
  EXPECT_EQ(text.dns.edns.previous_cookie_secret, std::string(16, '\xFF'));
  EXPECT_EQ(settings("[edns]\nnsid = '0x00fF'\n").dns.edns.nsid, std::string("\0\xFF", 2));
  EXPECT_EQ(settings("[edns]\nnsid = '0x" + std::string(256, 'a') + "'\n").dns.edns.nsid.size(),
            128U);
}

TEST(Settings, RefuseWhatEdnsCannotCarry) {
  EXPECT_EQ(errors_of("[server]\nversion = ''\nidentity = '" + std::string(256, 'i') + R"('
[edns]
cookies = 'maybe'
cookie_secret = '0123'
previous_cookie_secret = '000102030405060708090a0b0c0d0e0g'
nsid = '0x123'
client_subnet = true
)"),
            (Errors{
                "2:11: server.version: expected a text of 1 to 255 bytes, found 0",
                "3:12: server.identity: expected a text of 1 to 255 bytes, found 256",
                "5:11: edns.cookies: \"maybe\" is none of \"off\", \"answer\", \"require\"",
                "6:17: edns.cookie_secret: expected 32 hexadecimal digits",
                "7:26: edns.previous_cookie_secret: expected 32 hexadecimal digits",
                "8:8: edns.nsid: expected pairs of hexadecimal digits after 0x",
                "9:17: edns.client_subnet: expected a text in quotes, found true or false: write "
                "\"true\"",
            }));
  EXPECT_EQ(errors_of("[edns]\nnsid = '" + std::string(129, 'n') + "'\n"),
            (Errors{"2:8: edns.nsid: expected a text of 1 to 128 bytes, found 129"}));
  EXPECT_EQ(errors_of("[edns]\nprevious_cookie_secret = '" + std::string(32, '0') + "'\n"),
            (Errors{"2:26: edns.previous_cookie_secret: there is no cookie_secret that it came "
                    "before"}));
}

TEST(Settings, RefuseQuantitiesThatOverflow) {
  EXPECT_EQ(errors_of("[query_log]\nrotate_size = '18446744073709551615 KiB'\n"),
            (Errors{"2:15: query_log.rotate_size: \"18446744073709551615 KiB\" is not a size as in "
                    "\"64 KiB\", \"4 MiB\" or \"1 GiB\""}));
  EXPECT_EQ(errors_of("[query_log]\nrotate_interval = 9223372036854775807\n"),
            (Errors{"2:19: query_log.rotate_interval: 9223372036854775807 is out of range: from 0 "
                    "to 366 d"}));
}

TEST(Settings, HoldTheCachesTtlsAgainstEachOther) {
  EXPECT_EQ(errors_of("[cache]\nmin_ttl = 60\nmax_ttl = '30 s'\n"),
            (Errors{"2:11: cache.min_ttl: it is over max_ttl"}));
  EXPECT_EQ(errors_of("[cache]\nfailure_ttl = '2 min'\nmax_failure_ttl = '10 s'\n"),
            (Errors{"3:19: cache.max_failure_ttl: it is below failure_ttl"}));
}

TEST(Settings, RefusePathsThatAreNone) {
  EXPECT_EQ(errors_of("[query_log]\nfile = ''\n"),
            (Errors{"2:8: query_log.file: the path is empty"}));
  EXPECT_EQ(errors_of("[query_log]\nfile = \"a\\u0000b\"\n"),
            (Errors{"2:8: query_log.file: a path holds no NUL character"}));
}

TEST(GatewaySettings, TheMemoryOfOneClientsBodiesIsAPartOfAll) {
  const auto& gateway = read(
                            "[gateway]\nmax_body_memory = '1 GiB'\n"
                            "max_body_memory_per_client = '100 MiB'\n")
                            .settings.https.gateway;
  EXPECT_EQ(gateway.max_body_memory, 1ULL << 30);
  EXPECT_EQ(gateway.max_body_memory_per_client, 100ULL << 20);
  EXPECT_EQ(errors_of("[gateway]\nmax_body_memory = '32 MiB'\n"),
            (Errors{"2:19: gateway.max_body_memory: one client may not have more than "
                    "max_body_memory, which is for all"}));
  EXPECT_EQ(
      errors_of("[gateway]\nmax_body_memory = '1 MiB'\nmax_body_memory_per_client = '2 TiB'\n")
          .size(),
      2U);
}

TEST(GatewaySettings, HaveErrorsThatNameTheRange) {
  EXPECT_EQ(errors_of(R"([gateway]
key = 'k'
max_connections = 0
handshake_timeout = '50 ms'
statistics_interval = '2 d'
log_buffer = '1 KiB'
[lambda]
idle_timeout = 0
isolation = 'maybe'
)"),
            (Errors{
                "2:7: gateway.key: certificate and key go together; certificate is missing",
                "3:19: gateway.max_connections: 0 is out of range: from 1 to 1000000",
                "4:21: gateway.handshake_timeout: \"50 ms\" is out of range: from 100 ms to 1 h",
                "5:23: gateway.statistics_interval: \"2 d\" is out of range: from 0 to 1 d",
                "6:14: gateway.log_buffer: \"1 KiB\" is out of range: from 1 MiB to 1 GiB",
                "8:16: lambda.idle_timeout: 0 is out of range: from 1 s to 1 d",
                "9:13: lambda.isolation: \"maybe\" is none of \"off\", \"preferred\", \"required\"",
            }));
  EXPECT_EQ(errors_of("[gateway]\ncertificate = 'c'\nkey = 'k'\nauthority = 'a'\n"),
            (Errors{"4:13: gateway.authority: there is a certificate, so that no authority makes "
                    "one"}));
}

}  // namespace
}  // namespace inlet53::config
