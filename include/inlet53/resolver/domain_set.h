// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/file.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/topology/firewall.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::resolver {

/// The domains of a DNS Firewall list, frozen for lookups.
///
/// It is one open-addressed hash of all domains and their bytes. A lookup probes the whole name and
/// each of its suffixes with a depth that some `*.` domain has. So its cost depends on the name and
/// on the depths in the list, not on the number of domains.
/// Threads: const methods any. Cost of `contains`: no allocation; about 60 instructions a probe.
class DomainSet {
 public:
  class Builder;

  /// Returns whether a domain of the set matches the key's name.
  /// Requires: the key has the seed with which the set was built.
  [[nodiscard]] bool contains(const zone::NameKey& key) const noexcept;

  /// Returns the number of different domains, `*` included.
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] size_t memory_octets() const noexcept;

 private:
  /// Flags of an entry: its forms in the list.
  enum EntryFlag : uint8_t { kExact = 1, kBelow = 2, kEnding = 4 };
  /// The place of an entry. When `tag` is equal, a lookup compares the bytes.
  struct Slot {
    uint32_t tag = 0;    // low half of the hash
    uint32_t place = 0;  // in octets_; 0: the slot is empty
  };
  /// A form of domains such as `*ple.com`: the number of labels, and the length of the first,
  /// partial one.
  struct EndingShape {
    uint8_t labels;
    uint8_t octets;

    friend bool operator==(const EndingShape&, const EndingShape&) = default;
  };
  using Depths = std::bitset<dns::kMaxLabels + 1>;  // by number of labels

  DomainSet() = default;
  void insert(Bytes octets, EntryFlag flag);
  [[nodiscard]] bool has(Bytes octets, EntryFlag wanted) const noexcept;
  [[nodiscard]] bool has_ending(const zone::NameKey& key) const noexcept;
  [[nodiscard]] size_t home_slot(uint64_t hash) const noexcept;
  /// Returns the slot of these bytes, or the empty slot for them.
  [[nodiscard]] size_t find_slot(Bytes octets, uint64_t hash) const noexcept;

  zone::HashSeed seed_ = 0;
  bool all_ = false;
  size_t size_ = 0;
  size_t deepest_below_ = 0;  // labels
  Depths exact_depths_;
  Depths below_depths_;
  std::vector<EndingShape> ending_shapes_;
  std::vector<Slot> slots_;  // at least one in three is empty
  /// Begins with a byte of no entry. Then for each entry: flags, size, and the labels in lower case
  /// without the root; an Ending entry omits its first length.
  std::vector<uint8_t> octets_;
};

/// Collects domains in any order, also repeated ones, and freezes them.
/// Threads: one. Cost: about 20 bytes a domain until `build`; the set then needs the same again and
/// 12 bytes.
class DomainSet::Builder {
 public:
  /// Adds a domain. Requires: `domain` comes from parse_firewall_domain.
  void add(const topology::FirewallDomain& domain);

  [[nodiscard]] std::shared_ptr<const DomainSet> build(zone::HashSeed seed) const;

 private:
  size_t count_ = 0;
  bool all_ = false;
  std::vector<uint8_t> octets_;  // DomainMatch, size, labels in lower case without the root
};

/// Maximum size of a file of domains in bytes: about ten million domains.
inline constexpr size_t kMaxDomainListFile = size_t{256} << 20;

/// Reads a file of domains: one per line, in the form of parse_firewall_domain, with optional
/// spaces and tabs around it. Empty lines and text after a `#` are comments. Lines end with LF or
/// CRLF; the last line end may be missing. A byte order mark at the start is skipped.
/// Errors: with line 0, the file is missing, not a regular file, over kMaxDomainListFile or
/// unreadable; else the first line that is not a domain.
/// Threads: any. Cost: linear; the file and its domains are in memory at once. A million domains
/// take about 0.2 s.
[[nodiscard]] Result<DomainSet::Builder, FileError> load_domain_list_file(const std::string& path);

/// Does the same for text in memory; `path` names it in errors.
[[nodiscard]] Result<DomainSet::Builder, FileError> load_domain_list_text(std::string_view text,
                                                                          const std::string& path);

}  // namespace inlet53::resolver
