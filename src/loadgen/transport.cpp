// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include <cerrno>

#include "inlet53/base/check.h"

namespace inlet53::loadgen {

ReadySet::ReadySet(Use use, size_t size) : named_(size, {-1, POLLIN, 0}) {
  if (use == Use::Often) {
    epoll_ = net::Descriptor(epoll_create1(EPOLL_CLOEXEC));
    require_system(epoll_.valid(), "cannot make an epoll descriptor");
  }
  ready_.reserve(size);
}

void ReadySet::watch(size_t index, int descriptor) noexcept {
  named_[index].fd = descriptor;
  if (!epoll_.valid()) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  INLET53_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0);
}

void ReadySet::forget(size_t index) noexcept { named_[index].fd = -1; }

std::span<const uint32_t> ReadySet::wait(uint64_t timeout_ns) noexcept {
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000);
  ready_.clear();
  return epoll_.valid() ? wait_registered(timeout) : wait_named(timeout);
}

std::span<const uint32_t> ReadySet::wait_registered(const timespec& timeout) noexcept {
  const int count = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                 &timeout, nullptr);
  if (count < 0 && errno == ENOSYS) return wait_named(timeout);  // Linux before 5.11
  for (int i = 0; i < count; ++i) {
    const size_t index = events_[static_cast<size_t>(i)].data.u64;
    ready_.push_back(static_cast<uint32_t>(index));
  }
  return ready_;
}

std::span<const uint32_t> ReadySet::wait_named(const timespec& timeout) noexcept {
  if (ppoll(named_.data(), named_.size(), &timeout, nullptr) <= 0) return ready_;
  for (size_t i = 0; i < named_.size(); ++i) {
    if (named_[i].revents != 0) ready_.push_back(static_cast<uint32_t>(i));
  }
  return ready_;
}

}  // namespace inlet53::loadgen
