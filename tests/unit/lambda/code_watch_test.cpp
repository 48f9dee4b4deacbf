// SPDX-License-Identifier: Apache-2.0
#include "code_watch.h"

#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

struct Watched {
  Watched() {
    folder.write("code/app.py", "1");
    folder.write("code/lib/deep/more.py", "1");
    watch.watch(code);
  }
  // Returns true once: the second check finds no change.
  bool changed_once() {
    const bool changed = watch.changed(code);
    EXPECT_FALSE(watch.changed(code));
    return changed;
  }

  TemporaryFolder folder;
  std::string code = (folder.path / "code").string();
  CodeWatch watch;
};

TEST(CodeWatch, SeesChangesAtOnce) {
  Watched code;
  EXPECT_FALSE(code.watch.changed(code.code));
  code.folder.write("code/app.py", "2");
  EXPECT_TRUE(code.changed_once());
  code.folder.write("code/lib/deep/more.py", "2");
  EXPECT_TRUE(code.changed_once());
  code.folder.write("code/new.py", "");
  EXPECT_TRUE(code.changed_once());
  std::filesystem::rename(code.code + "/new.py", code.code + "/renamed.py");
  EXPECT_TRUE(code.changed_once());
  std::filesystem::remove(code.code + "/renamed.py");
  EXPECT_TRUE(code.changed_once());
  code.folder.write("code/made/later.py", "");
  EXPECT_TRUE(code.changed_once());
  code.folder.write("code/made/later.py", "2");
  EXPECT_TRUE(code.changed_once());
}

TEST(CodeWatch, IgnoresFilesOfInterpreters) {
  Watched code;
  code.folder.write("code/__pycache__/app.cpython-311.pyc", "1");
  code.folder.write("code/lib/old.pyc", "1");
  code.folder.write("code/.git/index", "1");
  EXPECT_FALSE(code.watch.changed(code.code));
  std::ifstream(code.code + "/app.py").get();  // reading changes nothing
  EXPECT_FALSE(code.watch.changed(code.code));
}

TEST(CodeWatch, SeesThatTheDirectoryWasReplaced) {
  Watched code;
  std::filesystem::rename(code.code, code.code + ".old");
  EXPECT_TRUE(code.watch.changed(code.code));
  code.folder.write("code/app.py", "2");
  EXPECT_TRUE(code.changed_once());

  // Deployments do this: a symbolic link that replaces another one.
  const std::string current = (code.folder.path / "current").string();
  std::filesystem::create_directory_symlink(code.code + ".old", current);
  code.watch.watch(current);
  EXPECT_FALSE(code.watch.changed(current));
  std::filesystem::create_directory_symlink(code.code, current + ".new");
  std::filesystem::rename(current + ".new", current);
  EXPECT_TRUE(code.watch.changed(current));
  EXPECT_FALSE(code.watch.changed(current));
}

TEST(CodeWatch, SeparatesDirectories) {
  Watched code;
  const std::string inner = code.code + "/lib";
  code.folder.write("other/app.py", "1");
  const std::string other = (code.folder.path / "other").string();
  code.watch.watch(inner);
  code.watch.watch(other);
  code.folder.write("code/lib/deep/more.py", "2");
  EXPECT_TRUE(code.watch.changed(inner));
  EXPECT_TRUE(code.changed_once());
  EXPECT_FALSE(code.watch.changed(other));
  code.watch.forget(inner);
  EXPECT_FALSE(code.watch.changed(inner));
  code.folder.write("code/lib/deep/more.py", "3");
  EXPECT_TRUE(code.changed_once());
}

TEST(CodeWatch, SeesADirectoryThatIsCreatedLater) {
  CodeWatch watch;
  TemporaryFolder folder;
  const std::string code = (folder.path / "code").string();
  watch.watch(code);
  EXPECT_FALSE(watch.changed(code));
  folder.write("code/app.py", "");
  EXPECT_TRUE(watch.changed(code));
  EXPECT_FALSE(watch.changed(code));
}

}  // namespace
}  // namespace inlet53::lambda
