// SPDX-License-Identifier: Apache-2.0
#include "inlet53/settings/reload.h"

#include <gtest/gtest.h>

namespace inlet53::settings {
namespace {

TEST(Reload, NamesNothingWhereNothingDiffers) {
  DnsDaemon dns;
  HttpsDaemon https;
  EXPECT_EQ(apply_reload(dns, DnsDaemon{}), "");
  EXPECT_EQ(apply_reload(https, HttpsDaemon{}), "");
}

TEST(Reload, CopiesCertificates) {
  DnsDaemon dns, dns_wanted;
  dns_wanted.tls.certificate_file = "/c.pem";
  dns_wanted.tls.key_file = "/c.key";
  dns_wanted.tls.authority_folder = "/a";
  EXPECT_EQ(apply_reload(dns, dns_wanted), "");
  EXPECT_EQ(dns, dns_wanted);

  HttpsDaemon https, https_wanted;
  https_wanted.gateway.certificate_file = "/c.pem";
  https_wanted.gateway.key_file = "/c.key";
  https_wanted.gateway.authority_folder = "/a";
  EXPECT_EQ(apply_reload(https, https_wanted), "");
  EXPECT_EQ(https, https_wanted);
}

TEST(Reload, NamesAndKeepsSettingsThatNeedARestart) {
  DnsDaemon dns, wanted;
  wanted.server.udp_spread = UdpSpread::Client;
  wanted.tcp.backlog = 5;
  wanted.tls.key_file = "/c.key";
  wanted.limits.unlimited_clients.push_back(*Cidr::parse("10.0.0.0/8"));
  wanted.control.socket = "/run/socket";
  EXPECT_EQ(apply_reload(dns, wanted),
            "[server] udp_spread, [tcp] backlog, [limits] unlimited_clients, [control] socket");
  DnsDaemon only_key;
  only_key.tls.key_file = "/c.key";
  EXPECT_EQ(dns, only_key);

  HttpsDaemon https, https_wanted;
  https_wanted.gateway.throttling_rate_limit = 0.5;
  https_wanted.lambda.isolation = Isolation::Off;
  EXPECT_EQ(apply_reload(https, https_wanted),
            "[gateway] throttling_rate_limit, [lambda] isolation");
  EXPECT_EQ(https, HttpsDaemon{});
}

TEST(Reload, NeverShowsAValue) {
  DnsDaemon dns, wanted;
  wanted.edns.cookie_secret = "0123456789abcdef";
  EXPECT_EQ(apply_reload(dns, wanted), "[edns] cookie_secret");
}

}  // namespace
}  // namespace inlet53::settings
