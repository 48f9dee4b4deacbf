#include "inlet53/loadgen/names_file.h"

#include <cstdio>
#include <fstream>

#include "loadgen_support.h"
#include <gtest/gtest.h>
#include <unistd.h>

namespace inlet53::loadgen {
namespace {

class NamesFileTest : public testing::Test {
 protected:
  ~NamesFileTest() override { std::remove(path_.c_str()); }

  Result<QuestionList, std::string> read(std::string_view text) {
    std::ofstream(path_, std::ios::binary) << text;
    return read_names_file(path_, test::kTypeA);
  }
  // The error, without the file's name.
  std::string error(std::string_view text) {
    const auto list = read(text);
    if (list) return "no error";
    EXPECT_TRUE(list.error().starts_with(path_)) << list.error();
    return list.error().substr(path_.size());
  }

  std::string path_ = testing::TempDir() + "inlet53-names-" + std::to_string(getpid());
};

TEST_F(NamesFileTest, ReadsNamesWithAndWithoutTypes) {
  auto list = read(
      "# a comment\n; another\n\n   \na.test\nb.test. AAAA\r\n\tC.test\ttype65\nd.test TYPE65280");
  ASSERT_TRUE(list.has_value()) << list.error();
  const Workload workload(std::move(*list), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "b.test. AAAA");
  EXPECT_EQ(test::asked(workload, 2), "C.test. HTTPS");
  EXPECT_EQ(test::asked(workload, 3), "d.test. TYPE65280");
  EXPECT_EQ(test::asked(workload, 4), "a.test. A");
}

TEST_F(NamesFileTest, NamesTheLineOfAFault) {
  EXPECT_EQ(error("a.test\n\na..b\n"), ":3: not a domain name: a..b");
  EXPECT_EQ(error("a.test A\nb.test BOGUS\n"), ":2: not a type: BOGUS");
  EXPECT_EQ(error("a.test A IN\n"), ":1: a name and a type are all that a line has, not: IN");
  EXPECT_EQ(error(std::string(64, 'x') + ".test\n"),
            ":1: not a domain name: " + std::string(64, 'x') + ".test");
}

TEST_F(NamesFileTest, IsNotContentWithNoNames) {
  EXPECT_EQ(error(""), ": names nothing to ask for");
  EXPECT_EQ(error("# only words\n"), ": names nothing to ask for");
}

TEST_F(NamesFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(read_names_file("/nowhere/names", 1).error(),
            "/nowhere/names: No such file or directory");
  EXPECT_EQ(read_names_file("/", 1).error(), "/: Is a directory");
}

}  // namespace
}  // namespace inlet53::loadgen
