// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "inlet53/resolver/rule_index.h"

namespace inlet53::server {

/// Numbers for the targets of rules. Rules with the same targets and source addresses have the same
/// number, also after a reload, so that the shares of a client count for all of them. Threads: one.
/// Cost: O(n log n) for n rules, at a reload.
class TargetNumbers {
 public:
  void assign(const std::vector<resolver::ForwardRule>& rules) {
    std::map<std::string, uint32_t> known;
    numbers_.clear();
    for (const resolver::ForwardRule& rule : rules) {
      const std::string text = text_of(rule);
      const auto before = known_.find(text);
      const uint32_t number = before != known_.end() ? before->second : next_;
      const auto [held, is_new] = known.emplace(text, number);
      if (is_new && number == next_) ++next_;
      numbers_.push_back(held->second);
    }
    known_ = std::move(known);
  }
  /// Returns the number for a rule by its index in the last `assign`.
  [[nodiscard]] uint32_t operator[](uint32_t rule) const noexcept { return numbers_[rule]; }

 private:
  static std::string text_of(const resolver::ForwardRule& rule) {
    std::string text;
    for (const topology::TargetAddress& target : rule.targets) {
      text += target.address.to_text() + '/' + std::to_string(static_cast<int>(target.protocol)) +
              '/' + target.server_name_indication + ' ';
    }
    for (const IpAddress& source : rule.sources) text += source.to_text() + ' ';
    return text;
  }

  std::map<std::string, uint32_t> known_;
  std::vector<uint32_t> numbers_;
  uint32_t next_ = 0;
};

}  // namespace inlet53::server
