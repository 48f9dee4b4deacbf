// SPDX-License-Identifier: Apache-2.0
#include "inlet53/settings/settings.h"

#include "inlet53/base/text.h"

namespace inlet53::settings {

namespace {

template <class Table, class Daemon>
std::vector<std::string> apply_rows(const Table& table, Daemon& now, const Daemon& wanted) {
  std::vector<std::string> waiting;
  each_section(table, [&](const auto& section) {
    each_row(section, [&](const auto& row) {
      auto& current = now.*section.values.*row.member;
      const auto& other = wanted.*section.values.*row.member;
      if (current == other) return;
      if (row.changes == At::Reload) {
        current = other;
      } else {
        waiting.push_back(concat('[', section.name, "] ", row.key));
      }
    });
  });
  return waiting;
}

}  // namespace

std::vector<std::string> apply_reload(DnsDaemon& now, const DnsDaemon& wanted) {
  return apply_rows(kDnsTable, now, wanted);
}

std::vector<std::string> apply_reload(HttpsDaemon& now, const HttpsDaemon& wanted) {
  return apply_rows(kHttpsTable, now, wanted);
}

}  // namespace inlet53::settings
