// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/random_octets.h"

#include <cerrno>
#include <cstring>

#include <sys/random.h>

#include "inlet53/base/check.h"

namespace inlet53 {

RandomOctets::~RandomOctets() { explicit_bzero(octets_.data(), octets_.size()); }

void RandomOctets::fill() noexcept {
  size_t filled = 0;
  while (filled < kStore) {
    const ssize_t count = getrandom(octets_.data() + filled, kStore - filled, 0);
    // The call can only be interrupted. After any other failure no safe value exists.
    INLET53_CHECK(count > 0 || errno == EINTR);
    if (count > 0) filled += static_cast<size_t>(count);
  }
  used_ = 0;
}

}  // namespace inlet53
