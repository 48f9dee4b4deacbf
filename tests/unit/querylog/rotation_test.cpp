#include "querylog/rotation.h"

#include "log_test_support.h"

namespace inlet53::querylog {
namespace {

using test::read_file;
using test::TempFolder;
using test::write_file;

constexpr int64_t kTime = 1795344772;  // 2026-11-22T10:52:52Z
using Names = std::vector<std::string>;

std::string rotate(const std::string& path, std::string_view text, int64_t time) {
  write_file(path, text);
  const auto moved = move_aside(path, time);
  return moved ? moved->substr(path.size()) : "errno " + std::to_string(moved.error());
}

TEST(Rotation, NamesAFileByTheSecondAndNeverTwice) {
  const TempFolder folder;
  EXPECT_EQ(rotate(folder.file(), "1", kTime), ".20261122T105252Z");
  EXPECT_EQ(rotate(folder.file(), "2", kTime), ".20261122T105252Z-2");
  EXPECT_EQ(rotate(folder.file(), "3", kTime), ".20261122T105252Z-3");
  EXPECT_EQ(rotate(folder.file(), "4", kTime + 1), ".20261122T105253Z");
  EXPECT_EQ(read_file(folder.file("query.log.20261122T105252Z")), "1");
  EXPECT_EQ(read_file(folder.file("query.log.20261122T105252Z-3")), "3");
}

TEST(Rotation, KeepsOrderWhenTheClockGoesBack) {
  const TempFolder folder;
  EXPECT_EQ(rotate(folder.file(), "1", kTime), ".20261122T105252Z");
  EXPECT_EQ(rotate(folder.file(), "2", kTime - 3600), ".20261122T105252Z-2");
}

TEST(Rotation, RemovesTheOldestOfItsOwnOnly) {
  const TempFolder folder;
  for (int i = 0; i < 12; ++i) rotate(folder.file(), "x", kTime);
  rotate(folder.file(), "x", kTime - 60);
  for (const char* foreign : {"query.log.1", "query.log.20261122T105252Z.gz", "query.log.2026",
                              "query.log.20261122T105252Z-", "other.log.20261122T105252Z"}) {
    write_file(folder.file(foreign), "x");
  }
  remove_oldest(folder.file(), 2);
  EXPECT_EQ(folder.names(),
            (Names{"other.log.20261122T105252Z", "query.log.1", "query.log.2026",
                   "query.log.20261122T105252Z-", "query.log.20261122T105252Z-12",
                   "query.log.20261122T105252Z-13", "query.log.20261122T105252Z.gz"}));
}

TEST(Rotation, SaysWhyItFails) {
  const TempFolder folder;
  const auto moved = move_aside(folder.file("missing.log"), kTime);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error(), ENOENT);
}

}  // namespace
}  // namespace inlet53::querylog
