// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "lambda_support.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/lambda/runtimes.h"

namespace inlet53::lambda {
namespace {

using Texts = std::vector<std::string>;

Texts texts(const std::vector<InterpreterProblem>& problems) {
  Texts out;
  for (const InterpreterProblem& one : problems) {
    out.push_back(concat(one.function, ": ", one.message));
  }
  return out;
}

topology::Function function(const std::string& name, const std::string& runtime) {
  topology::Function out;
  out.name = name;
  out.runtime = runtime;
  return out;
}

TEST(Interpreters, TellTheirVersions) {
  const TemporaryFolder folder;
  folder.write_program("python", "#!/bin/sh\necho Python 3.11.2\n");
  folder.write_program("node", "#!/bin/sh\necho v20.11.0 >&2\n");
  settings::Lambda settings;
  settings.python = (folder.path / "python").string();
  settings.node = (folder.path / "node").string();
  const auto found = find_interpreters(
      {function("same", "python3.11"), function("a", "python3.12"), function("b", "python3.1"),
       function("equal", "nodejs20.x"), function("c", "nodejs2.x"), function("own", "provided")},
      settings);
  EXPECT_EQ(found.versions.python, "3.11.2");
  EXPECT_EQ(found.versions.node, "20.11.0");
  EXPECT_EQ(texts(found.different), (Texts{"a: runtime python3.12 runs on Python 3.11.2",
                                           "b: runtime python3.1 runs on Python 3.11.2",
                                           "c: runtime nodejs2.x runs on Node.js 20.11.0"}));
  EXPECT_EQ(texts(found.missing), Texts{});
}

TEST(Interpreters, MayBeMissing) {
  settings::Lambda settings;
  settings.python = "/nowhere/python";
  settings.node = "/nowhere/node";
  const auto found = find_interpreters({function("f", "python3.12")}, settings);
  EXPECT_EQ(texts(found.missing), (Texts{"f: runtime python3.12 cannot run: the interpreter "
                                         "/nowhere/python: No such file or directory"}));
  EXPECT_EQ(texts(found.different), Texts{});
  EXPECT_EQ(found.versions.python, "");
  EXPECT_TRUE(find_interpreters({function("own", "provided")}, settings).missing.empty())
      << "no function needs them";
}

TEST(Interpreters, AreLoggedForAFunction) {
  OneFunction hello("python3.99");
  hello.python("import os\ndef handler(event, context): return os.environ['AWS_EXECUTION_ENV']\n");
  hello.started().replace({hello.function}, {.python = "3.11.2", .node = ""});
  EXPECT_EQ(hello.call_for_json(), "AWS_Lambda_python3.99");
  EXPECT_TRUE(hello.wait_for_log("INIT_START Runtime: python3.99 (runs on Python 3.11.2)\tLog "));
  hello.function.runtime = "nodejs99.x";  // a reload
  hello.code("app.js", "exports.handler = async () => process.env.AWS_EXECUTION_ENV;\n");
  hello.service->replace({hello.function}, {.python = "", .node = "20.11.0"});
  EXPECT_EQ(hello.call_for_json(), "AWS_Lambda_nodejs99.x");
  EXPECT_TRUE(hello.wait_for_log("INIT_START Runtime: nodejs99.x (runs on Node.js 20.11.0)\tLog "));
}

/// Function whose directory the test fills.
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

// A directory has an x bit and the expected name.
TEST_F(FunctionCode, MayHaveADirectoryInThePlaceOfAFile) {
  for (const char* name : {"bootstrap", "app.py", "index.js", "node_modules"}) {
    std::filesystem::create_directory(path(name));
  }
  EXPECT_EQ(missing("provided.al2023", ""),
            concat("Couldn't find valid bootstrap(s): [", path("bootstrap"), "]"));
  EXPECT_NE(missing("python3.11", "app.handler"), "");
  EXPECT_NE(missing("nodejs20.x", "index.handler"), "");
  // The reverse case: a file in the place of a package.
  folder.write("tool", "");
  EXPECT_NE(missing("python3.11", "tool.handler"), "");
  folder.write("node_modules/aws-lambda-ric", "");
  EXPECT_NE(missing("nodejs20.x", "index.handler"), "");
}

}  // namespace
}  // namespace inlet53::lambda
