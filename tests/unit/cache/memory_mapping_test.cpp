#include "cache/memory_mapping.h"

#include <algorithm>
#include <new>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace inlet53::cache {
namespace {

constexpr size_t kPage = 4096;

bool is_zero(const MemoryMapping& memory) {
  return std::all_of(memory.data(), memory.data() + memory.size(),
                     [](uint8_t octet) { return octet == 0; });
}

TEST(MemoryMapping, IsZeroAtFirstAndWhenItWasCleared) {
  MemoryMapping memory(4 * kPage);
  EXPECT_TRUE(is_zero(memory));
  std::fill_n(memory.data(), memory.size(), uint8_t{1});
  memory.clear();
  EXPECT_TRUE(is_zero(memory));
}

// madvise(2) refuses pages that are locked, as a filter of system calls may refuse all.
TEST(MemoryMapping, IsClearedWhenTheSystemTakesNoPagesBack) {
  MemoryMapping memory(4 * kPage);
  std::fill_n(memory.data(), memory.size(), uint8_t{1});
  // Not by mlock, which the address sanitizer leaves out.
  ASSERT_EQ(syscall(SYS_mlock, memory.data(), memory.size()), 0);
  ASSERT_NE(madvise(memory.data(), memory.size(), MADV_DONTNEED), 0);
  memory.clear();
  EXPECT_TRUE(is_zero(memory));
}

TEST(MemoryMapping, ThrowsWhenThereIsNoMemory) {
  EXPECT_THROW(MemoryMapping memory(size_t{1} << 62), std::bad_alloc);
}

}  // namespace
}  // namespace inlet53::cache
