// SPDX-License-Identifier: Apache-2.0
#include "private_directory.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tls_support.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace inlet53::net {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class PrivateDirectoryTest : public testing::Test {
 protected:
  PrivateDirectory open() const {
    auto opened = PrivateDirectory::open(path);
    EXPECT_TRUE(opened) << opened.error();
    return std::move(*opened);
  }
  std::string refusal() const {
    const auto opened = PrivateDirectory::open(path);
    return opened ? "" : opened.error();
  }
  void link(const std::string& name) const {
    std::ofstream(parent.path() + "/elsewhere") << "elsewhere";
    std::filesystem::create_symlink(parent.path() + "/elsewhere", path + "/" + name);
  }

  TemporaryFolder parent;
  const std::string path = parent.path() + "/a/b";
};

TEST_F(PrivateDirectoryTest, WritesAndReadsFiles) {
  const PrivateDirectory directory = open();
  ASSERT_TRUE(directory.write("secret", "one", PrivateDirectory::kPrivate));
  ASSERT_TRUE(directory.write("secret", "two", PrivateDirectory::kPrivate));
  EXPECT_EQ(directory.read_private("secret").value(), "two");
  EXPECT_TRUE(directory.has("secret"));
  directory.remove("secret");
  EXPECT_FALSE(directory.has("secret"));
  EXPECT_FALSE(directory.read("secret"));
}

TEST_F(PrivateDirectoryTest, ListsFilesByTheirEnd) {
  const PrivateDirectory directory = open();
  for (const char* name : {"b.pem", "a.pem", "c.txt"}) {
    ASSERT_TRUE(directory.write(name, "", PrivateDirectory::kPublic));
  }
  EXPECT_EQ(directory.names(".pem"), (std::vector<std::string>{"a.pem", "b.pem"}));
}

TEST_F(PrivateDirectoryTest, HasGitIgnoreItsKeys) {
  (void)open();
  std::ifstream in(path + "/.gitignore");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(contains(text, "/*.pem\n") && contains(text, "/.lock\n")) << text;
}

TEST_F(PrivateDirectoryTest, LeavesAnExistingGitIgnoreAlone) {
  std::filesystem::create_directories(path);
  std::ofstream(path + "/.gitignore") << "mine";
  (void)open();
  EXPECT_EQ(std::filesystem::file_size(path + "/.gitignore"), 4U);
}

TEST_F(PrivateDirectoryTest, FollowsNoSymbolicLink) {
  const PrivateDirectory directory = open();
  link("secret");
  const auto read = directory.read("secret");
  ASSERT_FALSE(read);
  EXPECT_TRUE(contains(read.error(), "is a symbolic link")) << read.error();
  EXPECT_FALSE(directory.read_private("secret"));
  // Writing replaces the link, not its target.
  ASSERT_TRUE(directory.write("secret", "ours", PrivateDirectory::kPrivate));
  EXPECT_EQ(directory.read("secret").value(), "ours");
  EXPECT_EQ(std::filesystem::file_size(parent.path() + "/elsewhere"), 9U);
  // A link at the temporary name of the new file is not followed either.
  link("other.new");
  ASSERT_TRUE(directory.write("other", "ours", PrivateDirectory::kPrivate));
  EXPECT_EQ(std::filesystem::file_size(parent.path() + "/elsewhere"), 9U);
}

TEST_F(PrivateDirectoryTest, RefusesALockThatIsALink) {
  std::filesystem::create_directories(path);
  link(".lock");
  EXPECT_TRUE(contains(refusal(), ".lock: is a symbolic link")) << refusal();
}

TEST_F(PrivateDirectoryTest, RefusesASecretThatOthersMayRead) {
  const PrivateDirectory directory = open();
  for (const mode_t mode : {0604, 0640, 0602, 0620}) {
    ASSERT_TRUE(directory.write("secret", "x", mode));
    EXPECT_FALSE(directory.read_private("secret")) << mode;
    EXPECT_TRUE(directory.read("secret")) << mode;
  }
}

TEST_F(PrivateDirectoryTest, RefusesADirectoryThatOthersMayWriteTo) {
  std::filesystem::create_directories(path);
  for (const mode_t mode : {0720, 0702, 01777}) {
    chmod(path.c_str(), mode);
    EXPECT_TRUE(contains(refusal(), "other users may write to it")) << refusal();
  }
  chmod(path.c_str(), 0755);
  EXPECT_EQ(refusal(), "");
}

TEST_F(PrivateDirectoryTest, RefusesADirectoryOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a directory away";
  std::filesystem::create_directories(path);
  ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  EXPECT_TRUE(contains(refusal(), "belongs to user 65534")) << refusal();
}

TEST_F(PrivateDirectoryTest, RefusesOtherTypesOfFiles) {
  std::filesystem::create_directories(parent.path() + "/a");
  std::ofstream(path) << "";
  EXPECT_NE(refusal(), "");
  std::filesystem::remove(path);
  const PrivateDirectory directory = open();
  ASSERT_EQ(mkfifo((path + "/pipe").c_str(), 0600), 0);
  const auto read = directory.read("pipe");
  ASSERT_FALSE(read);
  EXPECT_TRUE(contains(read.error(), "is not a regular file")) << read.error();
}

TEST_F(PrivateDirectoryTest, ReadsNoFileWithoutEnd) {
  const PrivateDirectory directory = open();
  ASSERT_TRUE(directory.write("large", std::string((size_t{1} << 20) + 1, 'x'),
                              PrivateDirectory::kPrivate));
  EXPECT_TRUE(contains(directory.read("large").error(), "is larger than 1 MiB"));
}

TEST_F(PrivateDirectoryTest, IsOpenInOneProcessAtATimeAndDoesNotWaitForever) {
  const PrivateDirectory held = open();
  const auto second = PrivateDirectory::open(path);
  ASSERT_FALSE(second);
  EXPECT_TRUE(contains(second.error(), "another process has held the lock for 5 s"));
}

}  // namespace
}  // namespace inlet53::net
