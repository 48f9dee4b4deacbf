// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/output_pipe.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace inlet53::net {

namespace {

constexpr size_t kSlice = size_t{64} << 10;  // as much as a pipe holds
constexpr int kMaxDrainSlices = 4;

}  // namespace

Result<std::unique_ptr<OutputPipe>, std::string> OutputPipe::open(Loop& loop, Received received) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Unexpected("pipe: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<OutputPipe>(
      new OutputPipe(loop, Descriptor(ends[0]), Descriptor(ends[1]), std::move(received)));
}

OutputPipe::OutputPipe(Loop& loop, Descriptor read_end, Descriptor write_end, Received received)
    : read_end_(std::move(read_end)),
      write_end_(std::move(write_end)),
      received_(std::move(received)) {
  // Only this end: children expect a blocking one.
  fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
  watcher_.emplace(loop, read_end_.get(), [this] { static_cast<void>(read_some()); });
}

void OutputPipe::drain() {
  for (int i = 0; i < kMaxDrainSlices && watcher_; ++i) {
    if (!read_some()) return;
  }
}

// Returns false when nothing more is available now. Uses no member after `received_`.
bool OutputPipe::read_some() {
  std::array<uint8_t, kSlice> slice;
  const ssize_t count = ::read(read_end_.get(), slice.data(), slice.size());
  if (count > 0) {
    received_({slice.data(), static_cast<size_t>(count)});
    return true;
  }
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) watcher_.reset();
  return false;
}

}  // namespace inlet53::net
