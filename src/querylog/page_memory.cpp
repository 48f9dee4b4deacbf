#include "page_memory.h"

#include <cstring>

#include <sys/mman.h>

#include "inlet53/base/system_failure.h"

namespace inlet53::querylog {

namespace {

// A huge page of x86-64 and of most arm64 kernels; a multiple of any sector and page size.
constexpr size_t kAlignment = size_t{2} << 20;

}  // namespace

PageMemory::PageMemory(size_t size) {
  const size_t whole = (size + kAlignment - 1) / kAlignment * kAlignment;
  octets_.reset(static_cast<char*>(std::aligned_alloc(kAlignment, whole)));
  require_memory(octets_ != nullptr);
  madvise(octets_.get(), whole, MADV_HUGEPAGE);
  std::memset(octets_.get(), 0, size);
}

}  // namespace inlet53::querylog
