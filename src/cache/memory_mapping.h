#pragma once

#include <cstddef>
#include <cstdint>

namespace inlet53::cache {

/// Memory from the system, zeroed, in whole pages, aligned to a page. What was never touched takes
/// none.
class MemoryMapping {
 public:
  /// Takes `octets`, a multiple of the page size. Throws std::bad_alloc when the system has none.
  explicit MemoryMapping(size_t octets);
  ~MemoryMapping();
  MemoryMapping(const MemoryMapping&) = delete;
  MemoryMapping& operator=(const MemoryMapping&) = delete;

  [[nodiscard]] uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  /// Zeroes everything, by giving the pages back where the system takes them.
  void clear() noexcept;

 private:
  uint8_t* data_;
  size_t size_;
};

}  // namespace inlet53::cache
