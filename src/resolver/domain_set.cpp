// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/domain_set.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53::resolver {

namespace {

using topology::DomainMatch;

size_t label_count(Bytes labels) noexcept {
  size_t count = 0;
  for (size_t at = 0; at < labels.size(); at += size_t{1} + labels[at]) ++count;
  return count;
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// Rejects pipes and terminals, whose reads might never end.
Result<std::string, std::string> read_regular_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Unexpected(std::string("it is not a regular file"));
  }
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return Unexpected(std::string(std::strerror(errno)));
  std::string text;
  char chunk[1 << 16];
  while (const size_t size = std::fread(chunk, 1, sizeof chunk, file.get())) {
    text.append(chunk, size);
    if (text.size() > kMaxDomainListFile) {
      return Unexpected(concat("it has more than ", kMaxDomainListFile, " octets"));
    }
  }
  if (std::ferror(file.get()) != 0) return Unexpected(std::string(std::strerror(errno)));
  return text;
}

std::string_view trimmed(std::string_view line) noexcept {
  line = line.substr(0, line.find('#'));
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

size_t DomainSet::home_slot(uint64_t hash) const noexcept {
  return static_cast<size_t>(((hash >> 32) * slots_.size()) >> 32);
}

size_t DomainSet::find_slot(Bytes octets, uint64_t hash) const noexcept {
  const auto tag = static_cast<uint32_t>(hash);
  size_t index = home_slot(hash);
  for (;; index = index + 1 == slots_.size() ? 0 : index + 1) {
    const Slot slot = slots_[index];
    if (slot.place == 0) return index;
    if (slot.tag != tag) continue;
    const uint8_t* const entry = octets_.data() + slot.place;
    if (entry[1] == octets.size() && std::memcmp(entry + 2, octets.data(), octets.size()) == 0) {
      return index;
    }
  }
}

bool DomainSet::has(Bytes octets, EntryFlag wanted) const noexcept {
  const Slot slot = slots_[find_slot(octets, zone::name_hash(octets, seed_))];
  return slot.place != 0 && (octets_[slot.place] & wanted) != 0;
}

bool DomainSet::has_ending(const zone::NameKey& key) const noexcept {
  for (const EndingShape shape : ending_shapes_) {
    if (key.label_count() < shape.labels) continue;
    const size_t first = key.label_count() - shape.labels;
    const Bytes labels = key.labels(first, key.label_count());
    if (labels[0] < shape.octets) continue;
    const size_t skipped = size_t{1} + labels[0] - shape.octets;
    if (has(labels.subspan(skipped), kEnding)) return true;
  }
  return false;
}

bool DomainSet::contains(const zone::NameKey& key) const noexcept {
  if (all_) return true;
  const size_t labels = key.label_count();
  if (exact_depths_[labels] && has(key.labels(0, labels), kExact)) return true;
  // Begins one label below the apex, because `*.` does not match its own apex.
  for (size_t depth = std::min(labels, deepest_below_ + 1); depth-- > 1;) {
    if (below_depths_[depth] && has(key.labels(labels - depth, labels), kBelow)) return true;
  }
  return has_ending(key);
}

size_t DomainSet::memory_octets() const noexcept {
  return sizeof *this + octets_.capacity() + slots_.capacity() * sizeof(Slot) +
         ending_shapes_.capacity() * sizeof(EndingShape);
}

void DomainSet::insert(Bytes octets, EntryFlag flag) {
  const uint64_t hash = zone::name_hash(octets, seed_);
  Slot& slot = slots_[find_slot(octets, hash)];
  if (slot.place == 0) {
    INLET53_CHECK(octets_.size() < UINT32_MAX);
    slot = {static_cast<uint32_t>(hash), static_cast<uint32_t>(octets_.size())};
    octets_.push_back(0);
    octets_.push_back(static_cast<uint8_t>(octets.size()));
    octets_.insert(octets_.end(), octets.begin(), octets.end());
  }
  uint8_t& flags = octets_[slot.place];
  if ((flags & flag) == 0) ++size_;
  flags |= flag;
}

void DomainSet::Builder::add(const topology::FirewallDomain& domain) {
  if (domain.match == DomainMatch::All) {
    all_ = true;
    return;
  }
  // The presentation form of such names has no escapes: dots become lengths.
  ++count_;
  octets_.push_back(static_cast<uint8_t>(domain.match));
  octets_.push_back(static_cast<uint8_t>(domain.name.size() + 1));
  size_t length_at = octets_.size();
  octets_.push_back(0);
  for (const char c : domain.name) {
    if (c == '.') {
      length_at = octets_.size();
      octets_.push_back(0);
      continue;
    }
    ++octets_[length_at];
    octets_.push_back(static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
  }
}

std::shared_ptr<const DomainSet> DomainSet::Builder::build(zone::HashSeed seed) const {
  const std::shared_ptr<DomainSet> set(new DomainSet);
  set->seed_ = seed;
  set->all_ = all_;
  set->size_ = all_ ? 1 : 0;
  set->slots_.resize(count_ + count_ / 2 + 1);
  set->octets_.reserve(octets_.size() + 1);
  set->octets_.push_back(0);
  for (size_t at = 0; at < octets_.size(); at += size_t{2} + octets_[at + 1]) {
    const Bytes labels{octets_.data() + at + 2, octets_[at + 1]};
    const size_t depth = label_count(labels);
    switch (static_cast<DomainMatch>(octets_[at])) {
      case DomainMatch::Exact:
        set->exact_depths_.set(depth);
        set->insert(labels, kExact);
        break;
      case DomainMatch::Below:
        set->below_depths_.set(depth);
        set->deepest_below_ = std::max(set->deepest_below_, depth);
        set->insert(labels, kBelow);
        break;
      case DomainMatch::Ending: {
        const EndingShape shape{static_cast<uint8_t>(depth), labels[0]};
        auto& shapes = set->ending_shapes_;
        if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
        set->insert(labels.subspan(1), kEnding);
        break;
      }
      case DomainMatch::All:
        break;
    }
  }
  set->octets_.shrink_to_fit();
  return set;
}

Result<DomainSet::Builder, FileError> load_domain_list_text(std::string_view text,
                                                            const std::string& path) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  DomainSet::Builder domains;
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    const auto domain = topology::parse_firewall_domain(line);
    if (!domain) return Unexpected(FileError{path, number, domain.error()});
    domains.add(*domain);
  }
  return domains;
}

Result<DomainSet::Builder, FileError> load_domain_list_file(const std::string& path) {
  const auto text = read_regular_file(path);
  if (!text) return Unexpected(FileError{path, 0, concat("cannot read the file: ", text.error())});
  return load_domain_list_text(*text, path);
}

}  // namespace inlet53::resolver
