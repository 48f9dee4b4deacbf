#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "inlet53/base/bytes.h"

namespace inlet53::zone {

/// Octets in one piece that grow, then stay as they are. A large piece grows by moving pages (glibc
/// makes its realloc from mremap), so that a million records are never held twice.
/// Threads: const methods any.
class Arena {
 public:
  [[nodiscard]] const uint8_t* data() const noexcept { return data_.get(); }
  [[nodiscard]] size_t size() const noexcept { return size_; }

  /// Appends a copy of `octets`. `octets` must not be the arena's own.
  void append(Bytes octets);
  /// Appends the representation of a plain value.
  template <class T>
  void append_value(const T& value) {
    append({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  /// Appends zeros up to the next multiple of `unit`.
  void pad(size_t unit) { append_zeros((unit - size_ % unit) % unit); }
  /// Writes a plain value over what stands at `offset`.
  template <class T>
  void overwrite(size_t offset, const T& value) noexcept {
    std::memcpy(data_.get() + offset, &value, sizeof value);
  }
  /// Appends `count` zeros.
  void append_zeros(size_t count);
  /// Ends growing: gives back what is too much, and asks for huge pages where they fit.
  void settle();

 private:
  struct Free {
    void operator()(uint8_t* data) const noexcept { std::free(data); }
  };
  void reserve_more(size_t count);
  void resize_storage(size_t capacity);

  std::unique_ptr<uint8_t, Free> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace inlet53::zone
