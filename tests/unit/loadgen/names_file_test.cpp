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

  Result<NamesFile, std::string> read(std::string_view text) {
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
  EXPECT_EQ(list->skipped, 0U);
  const Workload workload(std::move(list->questions), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "b.test. AAAA");
  EXPECT_EQ(test::asked(workload, 2), "C.test. HTTPS");
  EXPECT_EQ(test::asked(workload, 3), "d.test. TYPE65280");
  EXPECT_EQ(test::asked(workload, 4), "a.test. A");
}

TEST_F(NamesFileTest, SkipsAndCountsLinesThatCannotBeUsed) {
  auto names = read("a.test\n\na..b\nb.test BOGUS\n" + std::string(64, 'x') + ".test\nc.test NS\n");
  ASSERT_TRUE(names.has_value()) << names.error();
  EXPECT_EQ(names->skipped, 3U);
  EXPECT_EQ(names->faults,
            (std::vector<std::string>{
                path_ + ":3: not a domain name: a..b", path_ + ":4: not a type: BOGUS",
                path_ + ":5: not a domain name: " + std::string(64, 'x') + ".test"}));
  const Workload workload(std::move(names->questions), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "c.test. NS");
  EXPECT_EQ(test::asked(workload, 2), "a.test. A");
}

TEST_F(NamesFileTest, KeepsTheWordsOfSomeFaultsOnly) {
  std::string text = "a.test\n";
  for (int i = 0; i < 1000; ++i) text += "a..b\n";
  const auto names = read(text);
  ASSERT_TRUE(names.has_value()) << names.error();
  EXPECT_EQ(names->skipped, 1000U);
  EXPECT_EQ(names->faults.size(), NamesFile::kMostFaults);
}

// dnsperf ignores what follows a type; kxdpgun has flags there.
TEST_F(NamesFileTest, IgnoresFurtherColumns) {
  auto names = read("a.test A IN\nb.test\tMX E\nc.test AAAA 10 20 \"x y\"\n");
  ASSERT_TRUE(names.has_value()) << names.error();
  EXPECT_EQ(names->skipped, 0U);
  const Workload workload(std::move(names->questions), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "b.test. MX");
  EXPECT_EQ(test::asked(workload, 2), "c.test. AAAA");
}

TEST_F(NamesFileTest, IsNotContentWithNoNames) {
  EXPECT_EQ(error(""), ": names nothing to ask for");
  EXPECT_EQ(error("# only words\n"), ": names nothing to ask for");
  EXPECT_EQ(error("a.test BOGUS\na..b\n"), ":1: not a type: BOGUS; none of 2 lines can be used");
}

TEST_F(NamesFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(read_names_file("/nowhere/names", 1).error(),
            "/nowhere/names: No such file or directory");
  EXPECT_EQ(read_names_file("/", 1).error(), "/: Is a directory");
}

}  // namespace
}  // namespace inlet53::loadgen
