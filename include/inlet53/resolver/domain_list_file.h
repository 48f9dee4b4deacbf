// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "inlet53/base/file.h"
#include "inlet53/base/result.h"
#include "inlet53/resolver/domain_set.h"

namespace inlet53::resolver {

/// The most octets of a file of domains: some ten million of them.
inline constexpr size_t kMaxDomainListFile = size_t{256} << 20;

/// Reads a file of domains: one a line, as parse_firewall_domain takes it, with spaces and tabs
/// around it; empty lines and what follows a `#` are comments. LF or CRLF; the last line need not
/// end. A byte order mark at the beginning is skipped.
/// Errors: with line 0, the file is missing, no regular file, over kMaxDomainListFile or can't be
/// read; else the first line that is no domain.
/// Threads: any. Cost: linear; the file and its domains are in memory at once. A million domains
/// take some 0.2 s.
[[nodiscard]] Result<DomainSet::Builder, FileError> load_domain_list_file(const std::string& path);

/// The same for text in memory; `path` names it in errors.
[[nodiscard]] Result<DomainSet::Builder, FileError> load_domain_list_text(std::string_view text,
                                                                          const std::string& path);

}  // namespace inlet53::resolver
