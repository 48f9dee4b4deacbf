#include "inlet53/gateway/line_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

class LineFileTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  static std::string read(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder = "/tmp/inlet53-lines-XXXXXX";
};

TEST_F(LineFileTest, KeepsLinesUntilTheyAreFlushed) {
  const auto file = LineFile::open(folder + "/below/access.log");
  ASSERT_TRUE(file) << file.error();
  (*file)->append("one");
  EXPECT_TRUE((*file)->pending());
  EXPECT_EQ(read((*file)->path()), "");
  EXPECT_TRUE((*file)->flush());
  EXPECT_FALSE((*file)->pending());
  (*file)->append("two");
  (*file)->flush();
  EXPECT_EQ(read((*file)->path()), "one\ntwo\n");
}

TEST_F(LineFileTest, WritesLargePiecesByItself) {
  const auto file = LineFile::open(folder + "/access.log");
  ASSERT_TRUE(file) << file.error();
  const std::string line(1023, 'x');
  for (int i = 0; i < 64; ++i) (*file)->append(line);
  EXPECT_EQ(read((*file)->path()).size(), size_t{64} << 10);
}

TEST_F(LineFileTest, AppendsToWhatIsThere) {
  std::ofstream(folder + "/access.log") << "before\n";
  { (*LineFile::open(folder + "/access.log"))->append("after"); }
  EXPECT_EQ(read(folder + "/access.log"), "before\nafter\n");
}

TEST_F(LineFileTest, OpensAgainAfterARename) {
  const auto file = LineFile::open(folder + "/access.log");
  (*file)->append("old");
  std::filesystem::rename(folder + "/access.log", folder + "/access.log.1");
  (*file)->reopen();
  (*file)->append("new");
  (*file)->flush();
  EXPECT_EQ(read(folder + "/access.log.1"), "old\n");
  EXPECT_EQ(read(folder + "/access.log"), "new\n");
}

TEST_F(LineFileTest, CountsWhatTheDiskDidNotTake) {
  const auto file = LineFile::open("/dev/full");
  ASSERT_TRUE(file) << file.error();
  (*file)->append("one");
  (*file)->append("two");
  EXPECT_FALSE((*file)->flush());
  EXPECT_EQ((*file)->lost(), 2U);
  EXPECT_FALSE((*file)->pending());
}

TEST_F(LineFileTest, NamesTheFileThatItCannotOpen) {
  const auto file = LineFile::open(folder);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(), folder + ": cannot be opened: Is a directory");
}

}  // namespace
}  // namespace inlet53::gateway
