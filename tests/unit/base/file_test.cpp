// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace inlet53 {
namespace {

constexpr uid_t kNobody = 65534;

class OwnFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "own.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    file = folder + "/file.log";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  // Opens the file and writes a word. Returns the error; empty: there is none.
  std::string write_word() const {
    const auto opened = open_own_file(file, O_WRONLY | O_APPEND, 0640);
    if (!opened) return opened.error();
    EXPECT_EQ(::write(*opened, "word\n", 5), 5);
    EXPECT_EQ(fcntl(*opened, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(*opened);
    return {};
  }
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  std::string folder;
  std::string file;
};

TEST_F(OwnFileTest, MakesAFileWithItsMode) {
  const mode_t before = umask(0);
  EXPECT_EQ(write_word(), "");
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(write_word(), "");
  EXPECT_EQ(std::filesystem::file_size(file), 10U);
}

TEST_F(OwnFileTest, FollowsItsOwnLinks) {
  std::filesystem::create_symlink(folder + "/elsewhere.log", file);
  EXPECT_EQ(write_word(), "");
  EXPECT_EQ(std::filesystem::file_size(folder + "/elsewhere.log"), 5U);
}

TEST_F(OwnFileTest, RefusesALinkOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a link away";
  std::ofstream(folder + "/passwd") << "root";
  std::filesystem::create_symlink(folder + "/passwd", file);
  ASSERT_EQ(lchown(file.c_str(), kNobody, kNobody), 0);
  EXPECT_TRUE(contains(write_word(), "the symbolic link belongs to user 65534")) << write_word();
  EXPECT_EQ(std::filesystem::file_size(folder + "/passwd"), 4U);
}

TEST_F(OwnFileTest, RefusesAFileOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  std::ofstream(file) << "";
  ASSERT_EQ(chown(file.c_str(), kNobody, kNobody), 0);
  EXPECT_TRUE(contains(write_word(), "the file belongs to user 65534")) << write_word();
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
}

TEST_F(OwnFileTest, WaitsForNoReaderOfAPipe) {
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(write_word(), "no process reads it");
}

TEST_F(OwnFileTest, WritesToADevice) {
  const auto opened = open_own_file("/dev/null", O_WRONLY | O_APPEND, 0640);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(fcntl(*opened, F_GETFL) & O_NONBLOCK, 0);
  close(*opened);
}

TEST_F(OwnFileTest, LetsOnlyTheOwnerWriteNewFiles) {
  const mode_t before = umask(0);
  forbid_others_to_write();
  std::filesystem::create_directory(folder + "/made");
  struct stat status {};
  ASSERT_EQ(stat((folder + "/made").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755U);
  EXPECT_EQ(umask(before), 022U);
}

TEST_F(OwnFileTest, CreatesTheDirectoriesOfAFile) {
  EXPECT_TRUE(make_folders_of("file.log"));
  EXPECT_TRUE(make_folders_of(folder + "/a/b/file.log"));
  EXPECT_TRUE(make_folders_of(folder + "/a/b/file.log"));
  EXPECT_TRUE(std::filesystem::is_directory(folder + "/a/b"));
  ASSERT_EQ(write_word(), "");
  EXPECT_EQ(make_folders_of(file + "/c/other.log").error(),
            "its directory " + file + "/c cannot be made: Not a directory");
}

TEST_F(OwnFileTest, ReportsErrorsOfTheSystem) {
  file = folder + "/none/file.log";
  EXPECT_EQ(write_word(), "No such file or directory");
}

TEST_F(OwnFileTest, HasAnIdentityUntilItIsReplaced) {
  EXPECT_FALSE(file_identity(file));
  EXPECT_FALSE(file_identity(-1));
  ASSERT_EQ(write_word(), "");
  const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(opened, 0);
  EXPECT_TRUE(is_at_path(opened, file));
  const std::string link = folder + "/link";
  std::filesystem::create_symlink(file, link);
  EXPECT_EQ(file_identity(link), file_identity(opened));
  EXPECT_FALSE(is_at_path(opened, link));
  std::filesystem::rename(file, folder + "/other");
  EXPECT_FALSE(is_at_path(opened, file));
  EXPECT_EQ(file_identity(folder + "/other"), file_identity(opened));
  ASSERT_EQ(write_word(), "");
  EXPECT_NE(file_identity(file), file_identity(opened));
  EXPECT_FALSE(is_at_path(-1, file));
  close(opened);
}

/// Sets PATH for one test.
class FindProgramTest : public OwnFileTest {
 protected:
  void SetUp() override {
    OwnFileTest::SetUp();
    std::filesystem::create_directories(folder + "/bin/tool.d");
    std::ofstream(folder + "/bin/tool") << "#!/bin/sh\n";
    std::ofstream(folder + "/bin/text") << "no program\n";
    chmod((folder + "/bin/tool").c_str(), 0755);
    setenv("PATH", (folder + "/none::" + folder + "/bin").c_str(), 1);
  }
  void TearDown() override {
    setenv("PATH", before_.c_str(), 1);
    OwnFileTest::TearDown();
  }

 private:
  const std::string before_ = std::getenv("PATH");
};

TEST_F(FindProgramTest, SearchesTheDirectoriesOfPath) {
  EXPECT_EQ(find_program("tool"), folder + "/bin/tool");
  EXPECT_EQ(find_program("text"), "");    // not executable
  EXPECT_EQ(find_program("tool.d"), "");  // a directory
  EXPECT_EQ(find_program("none"), "");
  EXPECT_EQ(find_program("./none"), "./none");
  unsetenv("PATH");
  EXPECT_TRUE(find_program("sh").ends_with("bin/sh"));
}

TEST(AbsolutePath, TakesTheWorkingDirectory) {
  EXPECT_EQ(absolute_path("a/../b"), std::filesystem::current_path().string() + "/a/../b");
  EXPECT_EQ(absolute_path("/a/b"), "/a/b");
  EXPECT_EQ(absolute_path(""), "");
}

TEST(AbsolutePathDeathTest, IsAsGivenInADirectoryThatWasRemoved) {
  const auto try_it = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "gone.XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr || chdir(folder.c_str()) != 0) std::_Exit(98);
    if (rmdir(folder.c_str()) != 0) std::_Exit(99);
    std::_Exit(absolute_path("a/b") == "a/b" && absolute_path("/a/b") == "/a/b" ? 0 : 1);
  };
  EXPECT_EXIT(try_it(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace inlet53
