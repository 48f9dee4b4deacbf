// SPDX-License-Identifier: Apache-2.0
#include "inlet53/settings/settings.h"

#include <concepts>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace inlet53::settings {
namespace {

/// Calls `visit(section, row)` for each row of both daemons.
template <class Visit>
void each_setting(const Visit& visit) {
  const auto visit_section = [&](const auto& section) {
    each_row(section, [&](const auto& row) { visit(section, row); });
  };
  each_section(kDnsTable, visit_section);
  each_section(kHttpsTable, visit_section);
}

template <class Section, class Row>
std::string name_of(const Section& section, const Row& row) {
  return concat('[', section.name, "] ", row.key);
}

void expect_in(Range range, uint64_t value) {
  EXPECT_LE(range.least, value);
  EXPECT_LE(value, range.most);
}

//--- Checks of a default: the form allows it, or it is empty, which means that there is none

template <std::unsigned_integral N>
void expect_valid(const Amount& form, N value) {
  expect_in(form.range, value);
  EXPECT_LE(form.range.most, std::numeric_limits<N>::max()) << "the member cannot hold this";
}

void expect_valid(const Decimal& form, double value) {
  EXPECT_LE(static_cast<double>(form.range.least), value);
  EXPECT_LE(value, static_cast<double>(form.range.most));
}

void expect_valid(const Boolean&, bool) {}

template <class E, size_t N>
void expect_valid(const Words<E, N>& form, E value) {
  std::set<std::string> words;
  std::set<E> values;
  for (const Word<E>& each : form.all) {
    words.insert(ascii_lower(each.word));
    values.insert(each.value);
  }
  EXPECT_EQ(words.size(), N) << "a word is there twice";
  EXPECT_EQ(values.size(), N) << "a value is there twice";
  EXPECT_TRUE(values.contains(value));
}

void expect_valid(const Text& form, const std::string& value) {
  EXPECT_LE(form.octets.least, form.octets.most);
  if (!value.empty()) expect_in(form.octets, value.size());
}

void expect_valid(const TextOrOctets& form, const std::string& value) {
  EXPECT_LE(form.octets.least, form.octets.most);
  if (!value.empty()) expect_in(form.octets, value.size());
}

void expect_valid(const Secret&, const std::string& value) { EXPECT_EQ(value, ""); }
void expect_valid(const Path&, const std::string& value) { EXPECT_EQ(value, ""); }
void expect_valid(const SocketPath&, const std::string& value) { EXPECT_EQ(value, ""); }
void expect_valid(const Program&, const std::string& value) { EXPECT_NE(value, ""); }

void expect_valid(const Numbers& form, const std::vector<uint32_t>& values) {
  EXPECT_LE(form.range.most, std::numeric_limits<uint32_t>::max());
  for (const uint32_t value : values) expect_in(form.range, value);
}

void expect_valid(const Cidrs&, const std::vector<Cidr>& values) { EXPECT_TRUE(values.empty()); }

/// One setting of the table.
struct Setting {
  std::string name;
  std::function<void()> check_default;
};

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  each_setting([&](const auto& section, const auto& row) {
    all.push_back(
        {concat(section.name, '_', row.key), [&row] { expect_valid(row.form, default_of(row)); }});
  });
  return all;
}

class SettingTest : public testing::TestWithParam<Setting> {};

TEST_P(SettingTest, HasADefaultInItsRangeAndAMemberThatHoldsTheRange) {
  GetParam().check_default();
}

INSTANTIATE_TEST_SUITE_P(Keys, SettingTest, testing::ValuesIn(all_settings()),
                         [](const auto& test) { return test.param.name; });

TEST(SettingsTable, HasEachKeyOnceWithALineOfHelp) {
  std::set<std::string> names;
  each_setting([&](const auto& section, const auto& row) {
    const std::string name = name_of(section, row);
    EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
    EXPECT_GT(row.help.size(), 5U) << name;
    EXPECT_LE(row.help.size(), 90U) << name;
    EXPECT_EQ(row.help.find('\n'), std::string::npos) << name;
  });
  EXPECT_GE(names.size(), 87U);
}

/// Checks that no two rows have the same member.
template <class Daemon, class Table>
void expect_own_members(const Table& table) {
  const Daemon daemon;
  std::set<const void*> members;
  each_section(table, [&](const auto& section) {
    const auto& values = daemon.*section.values;
    each_row(section, [&](const auto& row) {
      EXPECT_TRUE(members.insert(&(values.*row.member)).second)
          << name_of(section, row) << " has the member of another row";
    });
  });
}

TEST(SettingsTable, HasAMemberOfItsOwnForEachRow) {
  expect_own_members<DnsDaemon>(kDnsTable);
  expect_own_members<HttpsDaemon>(kHttpsTable);
}

template <class Daemon>
std::string kept_by_reload(Daemon& now, const Daemon& wanted) {
  return joined(apply_reload(now, wanted));
}

TEST(Reload, NamesNothingWhereNothingDiffers) {
  DnsDaemon dns;
  HttpsDaemon https;
  EXPECT_EQ(kept_by_reload(dns, DnsDaemon{}), "");
  EXPECT_EQ(kept_by_reload(https, HttpsDaemon{}), "");
}

TEST(Reload, CopiesCertificates) {
  DnsDaemon dns, dns_wanted;
  dns_wanted.tls.certificate_file = "/c.pem";
  dns_wanted.tls.key_file = "/c.key";
  dns_wanted.tls.authority_folder = "/a";
  EXPECT_EQ(kept_by_reload(dns, dns_wanted), "");
  EXPECT_EQ(dns, dns_wanted);

  HttpsDaemon https, https_wanted;
  https_wanted.gateway.certificate_file = "/c.pem";
  https_wanted.gateway.key_file = "/c.key";
  https_wanted.gateway.authority_folder = "/a";
  EXPECT_EQ(kept_by_reload(https, https_wanted), "");
  EXPECT_EQ(https, https_wanted);
}

TEST(Reload, NamesAndKeepsSettingsThatNeedARestart) {
  DnsDaemon dns, wanted;
  wanted.server.udp_spread = UdpSpread::Client;
  wanted.tcp.backlog = 5;
  wanted.tls.key_file = "/c.key";
  wanted.limits.unlimited_clients.push_back(*Cidr::parse("10.0.0.0/8"));
  wanted.control.socket = "/run/socket";
  EXPECT_EQ(kept_by_reload(dns, wanted),
            "[server] udp_spread, [tcp] backlog, [limits] unlimited_clients, [control] socket");
  DnsDaemon only_key;
  only_key.tls.key_file = "/c.key";
  EXPECT_EQ(dns, only_key);

  HttpsDaemon https, https_wanted;
  https_wanted.gateway.throttling_rate_limit = 0.5;
  https_wanted.lambda.isolation = Isolation::Off;
  EXPECT_EQ(kept_by_reload(https, https_wanted),
            "[gateway] throttling_rate_limit, [lambda] isolation");
  EXPECT_EQ(https, HttpsDaemon{});
}

TEST(Reload, NeverShowsAValue) {
  DnsDaemon dns, wanted;
  wanted.edns.cookie_secret = "0123456789abcdef";
  EXPECT_EQ(kept_by_reload(dns, wanted), "[edns] cookie_secret");
}

}  // namespace
}  // namespace inlet53::settings
