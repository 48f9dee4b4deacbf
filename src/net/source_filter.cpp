// SPDX-License-Identifier: Apache-2.0
#include "source_filter.h"

#include <cstdint>

namespace inlet53::net {

namespace {

using Program = std::vector<sock_filter>;

constexpr uint32_t kAccept = 0xFFFFFFFF;  // keep this many bytes of the segment: all
constexpr uint32_t kDrop = 0;

// For a TCP socket the data begins at the TCP header; SKF_NET_OFF reaches back to the IP header.
constexpr uint32_t kIpHeader = static_cast<uint32_t>(SKF_NET_OFF);
constexpr uint32_t kSourceV4 = kIpHeader + 12;  // RFC 791 §3.1
constexpr uint32_t kSourceV6 = kIpHeader + 8;   // RFC 8200 §3

sock_filter statement(uint32_t code, uint32_t operand) {
  return BPF_STMT(static_cast<uint16_t>(code), operand);
}

sock_filter jump_if_equal(uint32_t operand) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, operand, 0, 0);
}

// Copies the words of the source address to the program's scratch memory.
void load_source(Program& program, uint32_t offset, uint32_t words) {
  for (uint32_t word = 0; word < words; ++word) {
    program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offset + 4 * word));
    program.push_back(statement(BPF_ST, word));
  }
}

// Accepts when the source is inside `block`, else continues with the next instruction.
void match_block(Program& program, const Cidr& block) {
  const Bytes network = block.network.bytes();
  Program test;
  for (uint32_t word = 0; word * 32 < block.prefix_length; ++word) {
    const uint32_t bits = block.prefix_length - word * 32;
    test.push_back(statement(BPF_LD | BPF_MEM, word));
    if (bits < 32) test.push_back(statement(BPF_ALU | BPF_AND | BPF_K, ~(UINT32_MAX >> bits)));
    test.push_back(jump_if_equal(load_be32(&network[size_t{4} * word])));
  }
  test.push_back(statement(BPF_RET | BPF_K, kAccept));
  // Each word that differs jumps past this block's end.
  for (size_t i = 0; i < test.size(); ++i) {
    if (BPF_CLASS(test[i].code) == BPF_JMP) test[i].jf = static_cast<uint8_t>(test.size() - i - 1);
  }
  program.insert(program.end(), test.begin(), test.end());
}

}  // namespace

std::optional<Program> compose_source_filter(const CidrSet& allowed, IpFamily family) {
  Program program;
  if (family == IpFamily::V4) {
    load_source(program, kSourceV4, 1);
  } else {
    load_source(program, kSourceV6, 4);
  }
  for (const Cidr& block : allowed.blocks()) {
    if (block.network.family() == family) match_block(program, block);
  }
  program.push_back(statement(BPF_RET | BPF_K, kDrop));
  if (program.size() > BPF_MAXINSNS) return std::nullopt;
  return program;
}

}  // namespace inlet53::net
