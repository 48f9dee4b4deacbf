// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/domain_list_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "inlet53/base/text.h"

namespace inlet53::resolver {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// Rejects pipes and terminals, whose reads might never end.
Result<std::string, std::string> read_regular_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Unexpected(std::string("it is no regular file"));
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
  if (!text) return Unexpected(FileError{path, 0, concat("can't read it: ", text.error())});
  return load_domain_list_text(*text, path);
}

}  // namespace inlet53::resolver
