#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace inlet53::querylog {

/// Memory that is aligned for direct I/O and resident from the start, so that its first use costs
/// no page fault.
class PageMemory {
 public:
  /// `size` octets, a multiple of 1 MiB. Throws std::bad_alloc when there is no memory.
  explicit PageMemory(size_t size);

  [[nodiscard]] char* data() const noexcept { return octets_.get(); }

 private:
  struct Free {
    void operator()(char* octets) const noexcept { std::free(octets); }
  };
  std::unique_ptr<char, Free> octets_;
};

}  // namespace inlet53::querylog
