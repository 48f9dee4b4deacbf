#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "lambda_support.h"
#include "mount_plan.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace {
thread_local size_t allocations = 0;  // that this thread has made
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace inlet53::lambda {
namespace {

// An environment starts on the loop. The home stands for all directories that are not covered.
TEST(MountPlanCost, GrowsWithEntriesAndNotWithEachPairOfEntryAndFile) {
  const TemporaryFolder folder;
  const std::string base = std::filesystem::canonical(folder.path).string();
  constexpr size_t kEntries = 2000;
  constexpr size_t kFiles = 200;
  for (size_t i = 0; i < kEntries; ++i) folder.write(concat("home/entry-", i), "");
  MountRequest request;
  for (size_t i = 0; i < kFiles; ++i) {
    request.hidden.files.push_back(concat(base, "/home/private-", i, ".log"));
  }
  const char* const home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  setenv("HOME", (base + "/home").c_str(), 1);
  const size_t already = allocations;
  const auto steps = plan_mounts(request);
  const size_t made = allocations - already;
  home == nullptr ? unsetenv("HOME") : setenv("HOME", before.c_str(), 1);
  EXPECT_GE(steps.size(), kFiles);
  EXPECT_LT(made, 50 * (kEntries + kFiles));
}

}  // namespace
}  // namespace inlet53::lambda
