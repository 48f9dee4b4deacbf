#include "inlet53/base/absolute_path.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace inlet53 {
namespace {

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
