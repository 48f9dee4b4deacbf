// SPDX-License-Identifier: Apache-2.0
#include "kept_answer.h"

#include <cstring>

namespace inlet53::server {

namespace {

size_t size_of(const cache::CachedRRset& rrset) noexcept {
  return rrset.owner.size() + rrset.wire.records.size();
}

Bytes append(Bytes octets, uint8_t*& at) noexcept {
  std::memcpy(at, octets.data(), octets.size());
  const Bytes copy{at, octets.size()};
  at += octets.size();
  return copy;
}

dns::NameView append(dns::NameView name, uint8_t*& at) noexcept {
  return dns::NameView::from_checked(append(name.bytes(), at).data(), name.size());
}

// Copies no text: the query log renders records without text.
cache::CachedRRset append(const cache::CachedRRset& rrset, uint8_t*& at) noexcept {
  cache::CachedRRset copied;
  copied.owner = append(rrset.owner, at);
  copied.wire = {rrset.wire.type, rrset.wire.count, append(rrset.wire.records, at)};
  return copied;
}

}  // namespace

size_t KeptAnswer::octets_of(const resolver::ForwardQuestion& question,
                             const cache::ReceivedResponse& response) noexcept {
  size_t octets = sizeof(KeptAnswer) + question.qname.size();
  for (const cache::CachedRRset& rrset : response.answers) octets += size_of(rrset) + sizeof rrset;
  if (response.authority != nullptr) {
    octets += size_of(*response.authority) + sizeof *response.authority;
  }
  return octets;
}

KeptAnswer::KeptAnswer(const resolver::ForwardQuestion& question,
                       const cache::ReceivedResponse& response)
    : question_(question), response_(response) {
  size_t size = question.qname.size();
  for (const cache::CachedRRset& rrset : response.answers) size += size_of(rrset);
  if (response.authority != nullptr) size += size_of(*response.authority);
  octets_ = std::make_unique<uint8_t[]>(size);
  uint8_t* at = octets_.get();
  question_.qname = append(question.qname, at);
  answers_.reserve(response.answers.size());
  for (const cache::CachedRRset& rrset : response.answers) answers_.push_back(append(rrset, at));
  response_.answers = answers_;
  if (response.authority == nullptr) return;
  authority_ = std::make_unique<cache::CachedRRset>(append(*response.authority, at));
  response_.authority = authority_.get();
}

resolver::ReceivedAnswer KeptAnswer::view() const noexcept { return {question_, response_}; }

}  // namespace inlet53::server
