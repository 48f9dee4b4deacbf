// SPDX-License-Identifier: Apache-2.0

// Passes each file of the corpus directories on the command line to the target, for builds without
// libFuzzer. Fails without any file.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz.h"

int main(int argc, char** argv) {
  size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> octets{std::istreambuf_iterator<char>(file), {}};
      // A copy of the exact size, so that the address sanitizer sees a read past the end.
      const std::vector<uint8_t> input(octets.begin(), octets.end());
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++count;
    }
  }
  std::printf("%zu inputs replayed\n", count);
  return count > 0 ? 0 : 1;
}
