#include "inlet53/net/certificate_authority.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tls_support.h"
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace inlet53::net {
namespace {

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

class CertificateAuthorityTest : public testing::Test {
 protected:
  CertificateAuthority open() const {
    auto authority = CertificateAuthority::open(folder);
    EXPECT_TRUE(authority) << authority.error();
    return *authority;
  }

  TemporaryFolder parent;
  const std::string folder = parent.path() + "/below/ca";
  const std::vector<std::string> names = {"*.execute-api.eu-west-1.amazonaws.com",
                                          "*.execute-api.eu-west-1.vpce.amazonaws.com"};
};

TEST_F(CertificateAuthorityTest, MakesOneOnFirstUseAndKeepsIt) {
  const CertificateAuthority first = open();
  EXPECT_TRUE(first.fresh());
  const std::string certificate = read(first.certificate_file());
  const CertificateAuthority second = open();
  EXPECT_FALSE(second.fresh());
  EXPECT_EQ(read(second.certificate_file()), certificate);
}

TEST_F(CertificateAuthorityTest, KeepsKeysToTheirOwner) {
  const auto issued = open().issue("leaf", names);
  ASSERT_TRUE(issued) << issued.error();
  EXPECT_EQ(mode(folder + "/ca-key.pem"), 0600U);
  EXPECT_EQ(mode(issued->key_file), 0600U);
}

TEST_F(CertificateAuthorityTest, IssuesForAddressesAndLongNames) {
  const std::vector<std::string> asked = {std::string(60, 'a') + ".amazonaws.com", "127.0.54.1",
                                          "2001:db8::53"};
  const auto issued = open().issue("dns", asked);
  ASSERT_TRUE(issued) << issued.error();
  const auto summary = read_certificate(issued->certificate_file);
  ASSERT_TRUE(summary) << summary.error();
  EXPECT_EQ(summary->names, asked);
  EXPECT_EQ(summary->subject.size(), 64U);
  const auto again = open().issue("dns", asked);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->fresh);
  EXPECT_TRUE(open().issue("dns", {asked[0], "127.0.54.2"})->fresh);
}

TEST_F(CertificateAuthorityTest, IssuesForTheNamesAskedFor) {
  const auto issued = open().issue("leaf", names);
  ASSERT_TRUE(issued) << issued.error();
  EXPECT_TRUE(issued->fresh);
  const auto summary = read_certificate(issued->certificate_file);
  ASSERT_TRUE(summary) << summary.error();
  EXPECT_EQ(summary->subject, names[0]);
  EXPECT_EQ(summary->names, names);
  EXPECT_EQ(summary->sha256.size(), 32 * 3 - 1U);
  const int64_t now = std::time(nullptr);
  EXPECT_LE(summary->not_before, now);
  EXPECT_GT(summary->not_after, now + 396 * kDay);
  EXPECT_LE(summary->not_after, now + 398 * kDay);
}

TEST_F(CertificateAuthorityTest, KeepsACertificateThatServes) {
  const auto first = open().issue("leaf", names);
  const auto second = open().issue("leaf", names);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(second->fresh);
}

TEST_F(CertificateAuthorityTest, IssuesAgainForOtherNames) {
  const auto first = open().issue("leaf", names);
  const auto second = open().issue("leaf", {names[0]});
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(second->fresh);
  EXPECT_EQ(read_certificate(second->certificate_file)->names, std::vector{names[0]});
}

TEST_F(CertificateAuthorityTest, IssuesAgainWhenTheAuthorityIsAnother) {
  const auto first = open().issue("leaf", names);
  ASSERT_TRUE(first);
  std::filesystem::remove(folder + "/ca.pem");
  std::filesystem::remove(folder + "/ca-key.pem");
  const auto second = open().issue("leaf", names);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->fresh);
}

TEST_F(CertificateAuthorityTest, ReplacesACertificateThatCannotBeRead) {
  ASSERT_TRUE(open().issue("leaf", names));
  std::ofstream(folder + "/leaf.pem") << "no certificate";
  const auto again = open().issue("leaf", names);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->fresh);
}

TEST_F(CertificateAuthorityTest, RefusesHalfAnAuthority) {
  (void)open();
  std::filesystem::remove(folder + "/ca-key.pem");
  const auto half = CertificateAuthority::open(folder);
  ASSERT_FALSE(half);
  EXPECT_NE(half.error().find("a ca.pem without its ca-key.pem"), std::string::npos);
}

TEST_F(CertificateAuthorityTest, MakesAnAuthorityAnewWhoseMakingWasCutShort) {
  (void)open();
  std::filesystem::remove(folder + "/ca.pem");
  EXPECT_TRUE(open().fresh());
  EXPECT_TRUE(open().issue("leaf", names));
}

TEST_F(CertificateAuthorityTest, NamesTheFileThatItCannotRead) {
  const CertificateAuthority authority = open();
  std::ofstream(folder + "/ca-key.pem") << "no key";
  const auto issued = authority.issue("leaf", names);
  ASSERT_FALSE(issued);
  EXPECT_EQ(issued.error().rfind(folder + "/ca-key.pem: cannot be read as a private key", 0), 0U)
      << issued.error();
}

TEST_F(CertificateAuthorityTest, RefusesAFolderThatIsAFile) {
  std::ofstream(parent.path() + "/below") << "";
  EXPECT_FALSE(CertificateAuthority::open(folder));
}

TEST_F(CertificateAuthorityTest, IsMadeOnceByTwoAtATime) {
  int fresh = 0;
  std::vector<std::thread> threads;
  std::vector<char> made(4, 0);
  for (char& mine : made) {
    threads.emplace_back([this, &mine] {
      const auto authority = CertificateAuthority::open(folder);
      mine = authority && authority->fresh() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const char mine : made) fresh += mine;
  EXPECT_EQ(fresh, 1);
}

}  // namespace
}  // namespace inlet53::net
