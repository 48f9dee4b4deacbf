// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/certificate_authority.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "certificate.h"
#include "tls_support.h"
#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

namespace inlet53::net {
namespace {

using Names = std::vector<std::string>;

constexpr int64_t kDay = 86400;

std::string read(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

mode_t mode(const std::string& file) {
  struct stat status {};
  EXPECT_EQ(stat(file.c_str(), &status), 0) << file;
  return status.st_mode & 07777;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Returns OpenSSL's result for a leaf below a trusted authority: X509_V_OK or an error.
int verify(const std::string& authority_pem, X509* leaf, int64_t at) {
  const auto authority = parse_certificate("ca.pem", authority_pem);
  EXPECT_TRUE(authority);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, authority->get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf, nullptr);
  X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
  X509_STORE_CTX_set_time(context, 0, at);
  X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return error;
}

class CertificateAuthorityTest : public testing::Test {
 protected:
  Result<CertificateFiles, std::string> ask(const Names& asked, int64_t at, const Names& more = {},
                                            const std::string& label = "leaf") const {
    CertificateRequest request{label, asked, asked};
    request.permitted.insert(request.permitted.end(), more.begin(), more.end());
    return issue_certificate(directory, request, at);
  }
  CertificateFiles issue(const Names& asked, int64_t at, const Names& more = {},
                         const std::string& label = "leaf") const {
    auto issued = ask(asked, at, more, label);
    EXPECT_TRUE(issued) << issued.error();
    return issued ? *issued : CertificateFiles{};
  }
  std::string authority() const { return read(directory + "/ca.pem"); }
  std::string key() const { return read(directory + "/ca-key.pem"); }
  CertificateSummary summary(const std::string& name) const {
    const auto read = read_certificate(directory + "/" + name);
    EXPECT_TRUE(read) << read.error();
    return read ? *read : CertificateSummary{};
  }
  Certificate leaf(const std::string& name = "leaf.pem") const {
    auto parsed = parse_certificate(name, read(directory + "/" + name));
    EXPECT_TRUE(parsed);
    return std::move(*parsed);
  }
  // Returns a certificate that is signed by the authority's key although the authority does not
  // permit it.
  Certificate forged(const Names& bad) const {
    const auto issuer = parse_certificate("ca.pem", authority());
    const auto issuer_key = parse_key("ca-key.pem", key());
    return make_certificate({.common_name = "forged",
                             .names = bad,
                             .constraints = {},
                             .not_before = now - kDay,
                             .not_after = now + kDay},
                            make_key().get(), issuer->get(), issuer_key->get());
  }
  // Makes an authority like an earlier version: ten years, one constraint, no limit for addresses.
  void make_old_authority() const {
    std::filesystem::create_directories(directory);
    const Key old_key = make_key();
    const Certificate old = make_certificate({.common_name = "inlet53 local certificate authority",
                                              .names = {},
                                              .constraints = "critical,permitted;DNS:amazonaws.com",
                                              .not_before = now - kDay,
                                              .not_after = now + 3650 * kDay},
                                             old_key.get(), nullptr, old_key.get());
    write_private("ca-key.pem", key_pem(old_key.get()));
    write_private("ca.pem", certificate_pem(old.get()));
  }
  void write_private(const std::string& name, const std::string& text) const {
    const std::string file = directory + "/" + name;
    std::ofstream(file) << text;
    chmod(file.c_str(), 0600);
  }

  TemporaryFolder parent;
  const std::string directory = parent.path() + "/below/ca";
  const int64_t now = std::time(nullptr);
  const Names names = {"*.execute-api.eu-west-1.amazonaws.com",
                       "*.execute-api.eu-west-1.vpce.amazonaws.com"};
  const Names dns_names = {"rslvr-in-1.resolver.cn-north-1.amazonaws.com.cn", "127.0.54.1",
                           "2001:db8::53"};
};

//--- Permitted names

TEST_F(CertificateAuthorityTest, PermitsOnlyTheServedNames) {
  issue(names, now, dns_names);
  for (const Names& good : std::vector<Names>{
           {"a.execute-api.eu-west-1.amazonaws.com"},
           {"vpce-1.execute-api.eu-west-1.vpce.amazonaws.com"},
           {"rslvr-in-1.resolver.cn-north-1.amazonaws.com.cn"},
           {"127.0.54.1"},
           {"2001:db8::53"},
       }) {
    EXPECT_EQ(verify(authority(), forged(good).get(), now), X509_V_OK) << good[0];
  }
  for (const Names& bad : std::vector<Names>{
           {"www.example.org"},
           {"s3.amazonaws.com"},
           {"amazonaws.com"},
           {"execute-api.us-east-1.amazonaws.com"},
           {"a.execute-api.eu-west-1.amazonaws.com.cn"},
           {"rslvr-in-2.resolver.cn-north-1.amazonaws.com.cn"},
           {"127.0.54.2"},
           {"10.0.0.1"},
           {"2001:db8::54"},
           {"a.execute-api.eu-west-1.amazonaws.com", "10.0.0.1"},
       }) {
    EXPECT_EQ(verify(authority(), forged(bad).get(), now), X509_V_ERR_PERMITTED_VIOLATION)
        << bad[0];
  }
}

TEST_F(CertificateAuthorityTest, PermitsNoAddressWhereNoneIsServed) {
  issue(names, now);
  EXPECT_NE(verify(authority(), forged({"127.0.0.1"}).get(), now), X509_V_OK);
  EXPECT_NE(verify(authority(), forged({"::1"}).get(), now), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, ReportsThePermittedNames) {
  issue(names, now, dns_names);
  const Names expected = {
      "execute-api.eu-west-1.amazonaws.com", "execute-api.eu-west-1.vpce.amazonaws.com",
      "rslvr-in-1.resolver.cn-north-1.amazonaws.com.cn", "127.0.54.1", "2001:db8::53"};
  EXPECT_EQ(summary("ca.pem").permitted, expected);
}

TEST_F(CertificateAuthorityTest, IsForServersOnly) {
  issue(names, now);
  const auto parsed = parse_certificate("ca.pem", authority());
  EXPECT_EQ(X509_get_extended_key_usage(parsed->get()), static_cast<uint32_t>(XKU_SSL_SERVER));
}

//--- Certificates of servers

TEST_F(CertificateAuthorityTest, IssuesForTheNamesAskedFor) {
  const Names asked = {std::string(60, 'a') + ".amazonaws.com", "127.0.54.1", "2001:db8::53"};
  EXPECT_TRUE(issue(asked, now).made);
  const CertificateSummary issued = summary("leaf.pem");
  EXPECT_EQ(issued.names, asked);
  EXPECT_EQ(issued.subject.size(), 64U);
  EXPECT_EQ(issued.sha256.size(), 32 * 3 - 1U);
  EXPECT_EQ(verify(authority(), leaf().get(), now), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, HasShortLivedCertificates) {
  issue(names, now);
  EXPECT_EQ(summary("ca.pem").not_after, now + 365 * kDay);
  EXPECT_EQ(summary("leaf.pem").not_after, now + 90 * kDay);
  EXPECT_LE(summary("leaf.pem").not_before, now);
}

TEST_F(CertificateAuthorityTest, KeepsACertificateThatServes) {
  issue(names, now);
  const std::string before = read(directory + "/leaf.pem");
  const CertificateFiles again = issue(names, now + 59 * kDay);
  EXPECT_FALSE(again.made || again.authority_made);
  EXPECT_EQ(again.renewal.renew_at, now + 60 * kDay);
  EXPECT_EQ(again.notices, Names{});
  EXPECT_EQ(read(directory + "/leaf.pem"), before);
}

TEST_F(CertificateAuthorityTest, RenewsACertificateThirtyDaysBeforeItsEnd) {
  issue(names, now);
  const std::string before = authority();
  const CertificateFiles renewed = issue(names, now + 60 * kDay);
  EXPECT_TRUE(renewed.made);
  EXPECT_FALSE(renewed.authority_made);
  EXPECT_EQ(renewed.renewal.renew_at, now + 120 * kDay);
  EXPECT_EQ(authority(), before);
  EXPECT_EQ(verify(before, leaf().get(), now + 60 * kDay), X509_V_OK);
}

// The clock was ahead when they were made, and is set back.
TEST_F(CertificateAuthorityTest, RenewsCertificatesThatAreNotValidYet) {
  const CertificateFiles ahead = issue(names, now);
  const int64_t earlier = now - 10 * kDay;
  EXPECT_LE(ahead.renewal.valid_from, now);
  EXPECT_FALSE(is_due(ahead.renewal, now));
  EXPECT_TRUE(is_due(ahead.renewal, earlier));
  const CertificateFiles renewed = issue(names, earlier);
  EXPECT_TRUE(renewed.made && renewed.authority_made);
  EXPECT_FALSE(is_due(renewed.renewal, earlier));
  EXPECT_EQ(renewed.renewal.renew_at, earlier + 60 * kDay);
  EXPECT_EQ(verify(authority(), leaf().get(), earlier), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, IssuesAgainForOtherNames) {
  issue(names, now);
  EXPECT_TRUE(issue({names[0]}, now).made);
  EXPECT_EQ(summary("leaf.pem").names, Names{names[0]});
}

TEST_F(CertificateAuthorityTest, HasKeyAndCertificateInOneFile) {
  const CertificateFiles files = issue(names, now);
  EXPECT_EQ(files.certificate_file, files.key_file);
  EXPECT_TRUE(TlsServerContext::load(files.certificate_file, files.key_file, {}));
}

TEST_F(CertificateAuthorityTest, IssuesAnRsaCertificateToo) {
  const CertificateRequest request{"leaf", names, names, true};
  issue(names, now);  // as earlier versions did
  EXPECT_TRUE(issue_certificate(directory, request, now)->made);
  EXPECT_FALSE(issue_certificate(directory, request, now)->made);
  EXPECT_FALSE(issue(names, now).made);
  const std::string text = read(directory + "/leaf.pem");
  const std::vector<Certificate> leaves = parse_chain(text);
  const std::vector<Key> keys = parse_keys(text);
  ASSERT_EQ(leaves.size(), 2U);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(EVP_PKEY_is_a(keys[0].get(), "EC"), 1);
  EXPECT_EQ(EVP_PKEY_is_a(keys[1].get(), "RSA"), 1);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(X509_check_private_key(leaves[i].get(), keys[i].get()), 1);
    EXPECT_EQ(verify(authority(), leaves[i].get(), now), X509_V_OK);
  }
  EXPECT_TRUE(TlsServerContext::load(directory + "/leaf.pem", directory + "/leaf.pem", {}));
}

TEST_F(CertificateAuthorityTest, ReplacesACertificateThatCannotBeRead) {
  issue(names, now);
  std::ofstream(directory + "/leaf.pem") << "no certificate";
  EXPECT_TRUE(issue(names, now).made);
}

TEST_F(CertificateAuthorityTest, ReplacesACertificateOfAClockThatWasSetBack) {
  issue(names, now + 30 * kDay);
  const CertificateFiles again = issue(names, now);
  EXPECT_TRUE(again.made && again.authority_made);
  EXPECT_EQ(verify(authority(), leaf().get(), now), X509_V_OK);
}

//--- The authority's own renewal

TEST_F(CertificateAuthorityTest, IsRenewedWithItsKeyAndOverlapsThePreviousOne) {
  issue(names, now);
  const std::string before = authority();
  const std::string key_before = key();
  const int64_t later = now + 245 * kDay;
  EXPECT_FALSE(issue(names, later - 1).authority_made);
  const CertificateFiles renewed = issue(names, later);
  EXPECT_TRUE(renewed.authority_made);
  ASSERT_EQ(renewed.notices.size(), 1U);
  EXPECT_TRUE(contains(renewed.notices[0], "renewed, with the same key. Give it to clients before"))
      << renewed.notices[0];
  EXPECT_EQ(key(), key_before);
  EXPECT_EQ(summary("ca.pem").not_after, later + 365 * kDay);
  // Clients with either file trust the certificate until the previous authority expires.
  EXPECT_EQ(verify(before, leaf().get(), later + 29 * kDay), X509_V_OK);
  EXPECT_EQ(verify(authority(), leaf().get(), later + 29 * kDay), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, NeverOutlivesItsAuthority) {
  issue(names, now);
  for (int64_t at = now; at < now + 800 * kDay; at += 7 * kDay) {
    issue(names, at);
    EXPECT_LE(summary("leaf.pem").not_after, summary("ca.pem").not_after);
    ASSERT_EQ(verify(authority(), leaf().get(), at), X509_V_OK) << (at - now) / kDay;
  }
}

TEST_F(CertificateAuthorityTest, IsRenewedAfterItsEnd) {
  issue(names, now);
  const std::string key_before = key();
  EXPECT_TRUE(issue(names, now + 1000 * kDay).authority_made);
  EXPECT_EQ(key(), key_before);
  EXPECT_EQ(verify(authority(), leaf().get(), now + 1000 * kDay), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, IsRenewedForMoreNamesWithANotice) {
  issue(names, now);
  const std::string before = authority();
  const std::string key_before = key();
  Names more = names;
  more.push_back("*.execute-api.us-east-1.amazonaws.com");
  const CertificateFiles renewed = issue(more, now);
  ASSERT_EQ(renewed.notices.size(), 1U);
  EXPECT_TRUE(contains(renewed.notices[0], "Give it to clients again")) << renewed.notices[0];
  EXPECT_EQ(key(), key_before);
  EXPECT_EQ(verify(authority(), leaf().get(), now), X509_V_OK);
  EXPECT_EQ(verify(before, leaf().get(), now), X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_F(CertificateAuthorityTest, MayBeHandedOutBeforeTheNamesAreServed) {
  issue(names, now);
  const Certificate old_leaf = leaf();
  issue({"*.execute-api.us-east-1.amazonaws.com"}, now, names);
  EXPECT_EQ(verify(authority(), old_leaf.get(), now), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, IsRenewedForFewerNames) {
  issue(names, now, dns_names);
  const std::string before = authority();
  const CertificateFiles renewed = issue(names, now);
  ASSERT_EQ(renewed.notices.size(), 1U);
  EXPECT_TRUE(contains(renewed.notices[0], "clients may keep the previous one"));
  EXPECT_NE(verify(authority(), forged({"127.0.54.1"}).get(), now), X509_V_OK);
  EXPECT_EQ(verify(before, leaf().get(), now), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, PermitsTheNamesOfAnotherServer) {
  issue(dns_names, now, {}, "dns");
  issue(names, now, {}, "gateway");
  EXPECT_EQ(verify(authority(), leaf("dns.pem").get(), now), X509_V_OK);
  EXPECT_EQ(verify(authority(), leaf("gateway.pem").get(), now), X509_V_OK);
}

//--- Authorities of earlier versions and of other programs

TEST_F(CertificateAuthorityTest, ReplacesAnOldAuthorityWithItsKey) {
  make_old_authority();
  write_private("leaf-key.pem", "as earlier versions had it");
  const std::string before = authority();
  const std::string key_before = key();
  const CertificateFiles files = issue(names, now);
  EXPECT_TRUE(files.authority_made);
  ASSERT_EQ(files.notices.size(), 1U);
  EXPECT_TRUE(contains(files.notices[0], "replaced, with its key")) << files.notices[0];
  EXPECT_NE(key(), key_before);
  EXPECT_NE(verify(before, leaf().get(), now), X509_V_OK);
  EXPECT_EQ(verify(authority(), leaf().get(), now), X509_V_OK);
  EXPECT_FALSE(std::filesystem::exists(directory + "/leaf-key.pem"));
}

TEST_F(CertificateAuthorityTest, FinishesAReplacementThatWasCutShort) {
  make_old_authority();
  const Key fresh = make_key();
  write_private("ca-key.pem", key_pem(fresh.get()));
  EXPECT_TRUE(issue(names, now).authority_made);
  EXPECT_EQ(key(), key_pem(fresh.get()));
  EXPECT_EQ(verify(authority(), leaf().get(), now), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, KeepsAnAuthorityOfAnotherProgram) {
  std::filesystem::create_directories(directory);
  const Key own = make_key();
  const Certificate made = make_certificate({.common_name = "The company's authority",
                                             .names = {},
                                             .constraints = "critical,permitted;DNS:example.org",
                                             .not_before = now,
                                             .not_after = now + kDay},
                                            own.get(), nullptr, own.get());
  write_private("ca.pem", certificate_pem(made.get()));
  write_private("ca-key.pem", key_pem(own.get()));
  const auto issued = ask(names, now);
  ASSERT_FALSE(issued);
  EXPECT_TRUE(contains(issued.error(), "inlet53 did not make this authority")) << issued.error();
  EXPECT_EQ(key(), key_pem(own.get()));
}

TEST_F(CertificateAuthorityTest, RefusesHalfAnAuthority) {
  issue(names, now);
  std::filesystem::remove(directory + "/ca-key.pem");
  const auto half = ask(names, now);
  ASSERT_FALSE(half);
  EXPECT_TRUE(contains(half.error(), "ca-key.pem: is missing beside ca.pem")) << half.error();
}

TEST_F(CertificateAuthorityTest, RefusesTheKeyOfAnotherAuthority) {
  issue(names, now);
  write_private("ca-key.pem", key_pem(make_key().get()));
  const auto issued = ask(names, now);
  ASSERT_FALSE(issued);
  EXPECT_TRUE(contains(issued.error(), "ca-key.pem: is not the key of ")) << issued.error();
}

TEST_F(CertificateAuthorityTest, FinishesAnAuthorityWhoseMakingWasCutShort) {
  issue(names, now);
  const std::string key_before = key();
  std::filesystem::remove(directory + "/ca.pem");
  EXPECT_TRUE(issue(names, now).authority_made);
  EXPECT_EQ(key(), key_before);
}

TEST_F(CertificateAuthorityTest, NamesTheFileThatItCannotRead) {
  issue(names, now);
  write_private("ca-key.pem", "no key");
  const auto issued = ask(names, now);
  ASSERT_FALSE(issued);
  EXPECT_TRUE(
      issued.error().starts_with(directory + "/ca-key.pem: cannot be read as a private key"))
      << issued.error();
}

//--- Access of other users

TEST_F(CertificateAuthorityTest, KeepsKeysToTheirOwner) {
  const mode_t before = umask(0);
  issue(names, now);
  umask(before);
  EXPECT_EQ(mode(directory), 0700U);
  EXPECT_EQ(mode(directory + "/ca-key.pem"), 0600U);
  EXPECT_EQ(mode(directory + "/leaf.pem"), 0600U);
  EXPECT_EQ(mode(directory + "/.lock"), 0600U);
}

TEST_F(CertificateAuthorityTest, RefusesAKeyThatOthersMayRead) {
  for (const char* name : {"ca-key.pem", "leaf.pem"}) {
    issue(names, now);
    chmod((directory + "/" + name).c_str(), 0640);
    const auto issued = ask(names, now);
    ASSERT_FALSE(issued) << name;
    EXPECT_TRUE(contains(issued.error(), "other users may read this private key (mode 0640)"))
        << issued.error();
    chmod((directory + "/" + name).c_str(), 0600);
  }
}

TEST_F(CertificateAuthorityTest, IsMadeOnceByManyAtATime) {
  std::vector<std::thread> threads;
  std::vector<char> made(4, 0);
  for (size_t i = 0; i < made.size(); ++i) {
    threads.emplace_back([this, &made, i] {
      const auto issued = ask(names, now, {}, "leaf");
      made[i] = issued && issued->authority_made ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(made.begin(), made.end(), 1), 1);
}

TEST_F(CertificateAuthorityTest, NeverShowsAKeyOfAnotherCertificate) {
  const CertificateFiles files = issue(names, now);
  std::thread renewing([this] {
    for (int i = 1; i <= 50; ++i) issue({names[static_cast<size_t>(i % 2)]}, now, names);
  });
  for (int i = 0; i < 200; ++i) {
    const auto loaded = TlsServerContext::load(files.certificate_file, files.key_file, {});
    EXPECT_TRUE(loaded) << loaded.error();
  }
  renewing.join();
}

//--- Certificates of the user

TEST_F(CertificateAuthorityTest, WarnsOfAnOwnKeyThatAllMayRead) {
  const std::string own = parent.path() + "/own.key";
  std::ofstream(own) << "key";
  chmod(own.c_str(), 0640);
  EXPECT_EQ(certificate_files({"own.pem", own, ""}, {"leaf", names, names})->notices, Names{});
  chmod(own.c_str(), 0644);
  const auto files = certificate_files({"own.pem", own, ""}, {"leaf", names, names});
  ASSERT_EQ(files->notices.size(), 1U);
  EXPECT_TRUE(contains(files->notices[0], "all users of this machine may read this private key"));
  EXPECT_EQ(files->renewal.renew_at, 0);
}

}  // namespace
}  // namespace inlet53::net
