#pragma once

#include <uv.h>

namespace inlet53::net {

/// The base of a libuv handle on the heap. Its owner closes it at any time on the loop's thread,
/// inside its own callback too; the memory goes when libuv has let go of it.
/// `Self` derives from it and holds what the callback needs; `Uv` is uv_timer_t, uv_poll_t, …
template <class Self, class Uv>
struct HeapHandle {
  HeapHandle() { uv.data = static_cast<Self*>(this); }
  HeapHandle(const HeapHandle&) = delete;
  HeapHandle& operator=(const HeapHandle&) = delete;

  [[nodiscard]] static Self& of(Uv* uv) noexcept { return *static_cast<Self*>(uv->data); }

  /// Requires: the uv_…_init succeeded; not called before.
  void close() noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&uv),
             [](uv_handle_t* closed) noexcept { delete static_cast<Self*>(closed->data); });
  }

  Uv uv{};

 protected:
  ~HeapHandle() = default;
};

}  // namespace inlet53::net
