#include "memory_mapping.h"

#include <cstring>

#include <sys/mman.h>

#include "inlet53/base/system_failure.h"

namespace inlet53::cache {

MemoryMapping::MemoryMapping(size_t octets) : size_(octets) {
  void* const mapped =
      mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require_memory(mapped != MAP_FAILED);
  data_ = static_cast<uint8_t*>(mapped);
  // Lookups go all over it, so that with small pages each would miss the TLB as well. A system that
  // has no large ones to give says no, which is no fault.
  static_cast<void>(madvise(mapped, octets, MADV_HUGEPAGE));
}

MemoryMapping::~MemoryMapping() { munmap(data_, size_); }

// A system that filters calls, or pages that are locked, refuse it.
void MemoryMapping::clear() noexcept {
  if (madvise(data_, size_, MADV_DONTNEED) != 0) std::memset(data_, 0, size_);
}

}  // namespace inlet53::cache
