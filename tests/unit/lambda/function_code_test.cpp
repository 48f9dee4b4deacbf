#include "inlet53/lambda/function_code.h"

#include <filesystem>

#include "lambda_support.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace inlet53::lambda {
namespace {

/// A function whose folder the test fills.
struct FunctionCode : testing::Test {
  std::string missing(const std::string& runtime, const std::string& handler) {
    function.runtime = runtime;
    function.handler = handler;
    function.code = folder.path.string();
    return missing_code(function);
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder.path / name).string();
  }

  TemporaryFolder folder;
  topology::Function function;
};

TEST_F(FunctionCode, MayLackAModule) {
  folder.write("app.py", "");
  folder.write("src/deep/app.py", "");
  folder.write("package/__init__.py", "");
  folder.write("fast.cpython-311-x86_64-linux-gnu.so", "");
  for (const char* handler : {"app.handler", "src/deep/app.handler", "src.deep.app.handler",
                              "package.handler", "fast.handler"}) {
    EXPECT_EQ(missing("python3.11", handler), "") << handler;
  }
  EXPECT_EQ(missing("python3.11", "src/other.handler"),
            concat("the file of the handler src/other.handler is missing: ", path("src/other.py")));
  EXPECT_NE(missing("python3.11", "ap.handler"), "");
  EXPECT_NE(missing("python3.11", "none/app.handler"), "");
  function.environment = {{"PYTHONPATH", "/opt"}};
  EXPECT_EQ(missing("python3.11", "ap.handler"), "");
}

TEST_F(FunctionCode, MayLackAScript) {
  folder.write("index.js", "");
  folder.write("lib/module.mjs", "");
  EXPECT_EQ(missing("nodejs20.x", "index.handler"), "");
  EXPECT_EQ(missing("nodejs20.x", "index.nested.handler"), "");
  EXPECT_EQ(missing("nodejs20.x", "lib/module.handler"), "");
  EXPECT_EQ(missing("nodejs20.x", "app.handler"),
            concat("the file of the handler app.handler is missing: ", path("app.js")));
}

TEST_F(FunctionCode, MayLackABootstrap) {
  const std::string message = concat("Couldn't find valid bootstrap(s): [", path("bootstrap"), "]");
  EXPECT_EQ(missing("provided.al2023", ""), message);
  folder.write("bootstrap", "#!/bin/sh\n");
  EXPECT_EQ(missing("provided.al2023", ""), message) << "it has no x bit";
  folder.write_program("bootstrap", "#!/bin/sh\n");
  EXPECT_EQ(missing("provided.al2023", ""), "");
  ASSERT_TRUE(std::filesystem::remove(path("bootstrap")));
  folder.write_program("run", "#!/bin/sh\n");
  std::filesystem::create_symlink("run", path("bootstrap"));
  EXPECT_EQ(missing("provided.al2023", ""), "");
}

// A directory has an x bit, and the name that is looked for.
TEST_F(FunctionCode, MayHaveADirectoryInThePlaceOfAFile) {
  for (const char* name : {"bootstrap", "app.py", "index.js", "node_modules"}) {
    std::filesystem::create_directory(path(name));
  }
  EXPECT_EQ(missing("provided.al2023", ""),
            concat("Couldn't find valid bootstrap(s): [", path("bootstrap"), "]"));
  EXPECT_NE(missing("python3.11", "app.handler"), "");
  EXPECT_NE(missing("nodejs20.x", "index.handler"), "");
  // And a file where a package would be.
  folder.write("tool", "");
  EXPECT_NE(missing("python3.11", "tool.handler"), "");
  folder.write("node_modules/aws-lambda-ric", "");
  EXPECT_NE(missing("nodejs20.x", "index.handler"), "");
}

}  // namespace
}  // namespace inlet53::lambda
