// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <concepts>
#include <span>

#include "readers.h"

#include "inlet53/settings/dns_daemon.h"

namespace inlet53::config {

namespace {

/// Directory of the local authority, beside the file, when the file names neither certificate nor
/// authority.
constexpr std::string_view kAuthorityFolder = "authority";

//--- Parsing: one function for each form of a value

Value<uint64_t> parse_amount(const toml::node& node, settings::Amount form) {
  switch (form.unit) {
    case settings::Unit::None:
      return parse_number(node, form.range);
    case settings::Unit::Octets:
      return parse_octets(node, form.range);
    case settings::Unit::Milliseconds:
      return parse_milliseconds(node, form.range);
    case settings::Unit::Seconds:
      return parse_seconds(node, form.range);
  }
  return 0;
}

Value<std::string> parse_text_of(const toml::node& node, Range octets) {
  Value<std::string> text = parse_text(node);
  if (text && (text->size() < octets.least || text->size() > octets.most)) {
    return Unexpected(concat("expected a text of ", octets.least, " to ", octets.most,
                             " bytes, found ", text->size()));
  }
  return text;
}

Value<std::string> parse_text_or_octets(const toml::node& node, Range range) {
  const Value<std::string> text = parse_text_of(node, {range.least, 2 + 2 * range.most});
  if (!text || !text->starts_with("0x")) return parse_text_of(node, range);
  auto octets = parse_hex(std::string_view(*text).substr(2));
  if (!octets || octets->empty()) {
    return Unexpected(std::string("expected pairs of hexadecimal digits after 0x"));
  }
  return *std::move(octets);
}

Value<std::string> parse_secret(const toml::node& node, size_t size) {
  Value<std::string> text = parse_text(node);
  if (!text) return text;
  auto octets = parse_hex(*text);
  // The message omits the value, which is a secret.
  if (!octets || octets->size() != size) {
    return Unexpected(concat("expected ", 2 * size, " hexadecimal digits"));
  }
  return *std::move(octets);
}

/// Returns the name of a program in PATH as it is, and a path as an absolute one.
Value<std::string> parse_program(const toml::node& node, const std::filesystem::path& folder) {
  Value<std::string> text = parse_text(node);
  if (!text || text->find('/') != std::string::npos || text->empty()) {
    return path_below(folder)(node);
  }
  return text;
}

//--- Reading one key: one function for each form and type of member

template <std::unsigned_integral N>
requires(!std::same_as<N, bool>) void read_key(TableReader& in, std::string_view key,
                                               const settings::Amount& form, N& out) {
  in.read(key, Need::Optional, out, [&](const toml::node& node) -> Value<N> {
    const Value<uint64_t> amount = parse_amount(node, form);
    if (!amount) return Unexpected(amount.error());
    return static_cast<N>(*amount);
  });
}

void read_key(TableReader& in, std::string_view key, const settings::Decimal& form, double& out) {
  in.read(key, Need::Optional, out,
          [&](const toml::node& node) { return parse_decimal(node, form.range); });
}

void read_key(TableReader& in, std::string_view key, const settings::Boolean&, bool& out) {
  in.read(key, Need::Optional, out, parse_boolean);
}

template <class E, size_t N>
void read_key(TableReader& in, std::string_view key, const settings::Words<E, N>& form, E& out) {
  in.read(key, Need::Optional, out, one_of(std::span<const Choice<E>>(form.all)));
}

void read_key(TableReader& in, std::string_view key, const settings::Text& form, std::string& out) {
  in.read(key, Need::Optional, out,
          [&](const toml::node& node) { return parse_text_of(node, form.octets); });
}

void read_key(TableReader& in, std::string_view key, const settings::TextOrOctets& form,
              std::string& out) {
  in.read(key, Need::Optional, out,
          [&](const toml::node& node) { return parse_text_or_octets(node, form.octets); });
}

void read_key(TableReader& in, std::string_view key, const settings::Secret& form,
              std::string& out) {
  in.read(key, Need::Optional, out,
          [&](const toml::node& node) { return parse_secret(node, form.octets); });
}

void read_key(TableReader& in, std::string_view key, const settings::Path&, std::string& out) {
  in.read(key, Need::Optional, out, path_below(in.reading().folder));
}

void read_key(TableReader& in, std::string_view key, const settings::SocketPath& form,
              std::string& out) {
  in.read(key, Need::Optional, out, [&](const toml::node& node) -> Value<std::string> {
    Value<std::string> path = path_below(in.reading().folder)(node);
    if (!path || path->size() <= form.most) return path;
    return Unexpected(concat("the path is too long for a socket: ", *path, " has ", path->size(),
                             " bytes, and a socket's path has at most ", form.most));
  });
}

void read_key(TableReader& in, std::string_view key, const settings::Program&, std::string& out) {
  in.read(key, Need::Optional, out,
          [&](const toml::node& node) { return parse_program(node, in.reading().folder); });
}

void read_key(TableReader& in, std::string_view key, const settings::Numbers& form,
              std::vector<uint32_t>& out) {
  in.read_list(key, Need::Optional, out, in_range<uint32_t>(parse_number, form.range));
}

void read_key(TableReader& in, std::string_view key, const settings::Cidrs&,
              std::vector<Cidr>& out) {
  in.read_list(key, Need::Optional, out, parse_cidr);
}

//--- Rules about several keys of a section

template <class Values>
void complete(TableReader&, Values&) {}

void complete(TableReader& in, settings::Edns&) {
  if (in.has("previous_cookie_secret") && !in.has("cookie_secret")) {
    in.report("previous_cookie_secret", "there is no cookie_secret that it came before");
  }
}

// Derives the limits that the file does not give from those that it gives.
void derive_limits(const TableReader& in, settings::Forward& forward) {
  const auto derive = [&](std::string_view key, auto& limit, auto derived) {
    if (!in.has(key)) limit = derived;
  };
  derive("max_in_flight_per_target", forward.max_in_flight_per_target,
         std::max(forward.max_in_flight / 5, 1U));
  const settings::Forward usual;
  derive("max_waiting", forward.max_waiting,
         std::max(usual.max_waiting, 2 * forward.max_in_flight));
  derive("max_waiting_size", forward.max_waiting_octets,
         2 * settings::Forward::kQueryOctets * forward.max_waiting);
  derive("max_waiting_per_client", forward.max_waiting_per_client,
         std::min(usual.max_waiting_per_client, forward.max_waiting));
  derive("max_waiters", forward.max_waiters, std::min(usual.max_waiters, forward.max_waiting));
  derive("max_sockets", forward.max_sockets,
         std::max(usual.max_sockets, settings::sockets_for(forward)));
}

// Reports each limit that another limit makes unreachable, at its own key.
void check_limits(TableReader& in, const settings::Forward& forward) {
  const auto require_at_most = [&](std::string_view key, uint64_t value, std::string_view other,
                                   uint64_t most) {
    if (value > most) in.report(key, concat("it is over ", other, ", which is ", most));
  };
  require_at_most("max_in_flight_per_target", forward.max_in_flight_per_target, "max_in_flight",
                  forward.max_in_flight);
  require_at_most("max_waiting_per_client", forward.max_waiting_per_client, "max_waiting",
                  forward.max_waiting);
  require_at_most("max_waiters", forward.max_waiters, "max_waiting", forward.max_waiting);
  if (forward.max_waiting < forward.max_in_flight) {
    in.report("max_waiting", concat("it is below max_in_flight, which is ", forward.max_in_flight,
                                    ": a query waits for each question"));
  }
  if (const uint64_t least = settings::Forward::kQueryOctets * forward.max_waiting;
      forward.max_waiting_octets < least) {
    in.report("max_waiting_size", concat("it is below ", least, " bytes, 1 KiB for each of the ",
                                         forward.max_waiting, " queries of max_waiting"));
  }
  if (const uint32_t least = settings::sockets_for(forward); forward.max_sockets < least) {
    in.report("max_sockets", concat("it is below ", least, ", which max_in_flight_per_target = ",
                                    forward.max_in_flight_per_target,
                                    " and max_in_flight = ", forward.max_in_flight, " need"));
  }
}

void complete(TableReader& in, settings::Forward& forward) {
  derive_limits(in, forward);
  check_limits(in, forward);
}

void complete(TableReader& in, settings::Cache& cache) {
  if (cache.min_ttl > cache.max_ttl) in.report("min_ttl", "it is over max_ttl");
  if (!in.has("max_failure_ttl")) {
    cache.max_failure_ttl = std::max(cache.max_failure_ttl, cache.failure_ttl);
  } else if (cache.max_failure_ttl < cache.failure_ttl) {
    in.report("max_failure_ttl", "it is below failure_ttl");
  }
}

// A certificate of the operator needs its key. Without one, the local authority makes both.
void check_certificate(TableReader& in) {
  if (in.has("certificate") != in.has("key")) {
    const bool lacks_key = in.has("certificate");
    in.report(lacks_key ? "certificate" : "key",
              concat("certificate and key go together; ", lacks_key ? "key" : "certificate",
                     " is missing"));
  } else if (in.has("certificate") && in.has("authority")) {
    in.report("authority", "there is a certificate, so that no authority makes one");
  }
}

void complete(TableReader& in, settings::Tls&) { check_certificate(in); }

void complete(TableReader& in, settings::Gateway& gateway) {
  check_certificate(in);
  if (gateway.max_body_memory_per_client > gateway.max_body_memory) {
    in.report(
        in.has("max_body_memory_per_client") ? "max_body_memory_per_client" : "max_body_memory",
        "one client may not have more than max_body_memory, which is for all");
  }
}

/// `Values`: settings::Gateway or settings::Tls.
template <class Values>
void default_authority(const TableReader& root, Values& values) {
  if (!values.certificate_file.empty() || !values.authority_folder.empty()) return;
  values.authority_folder = (root.reading().folder / kAuthorityFolder).string();
}

//--- The tables

template <class Table, class Daemon>
void read_table(TableReader& root, const Table& table, Daemon& daemon) {
  settings::each_section(table, [&](const auto& section) {
    auto& values = daemon.*section.values;
    root.section(section.name, [&](TableReader& in) {
      settings::each_row(
          section, [&](const auto& row) { read_key(in, row.key, row.form, values.*row.member); });
      complete(in, values);
    });
  });
}

}  // namespace

void read_settings(TableReader& root, settings::Settings& settings) {
  read_table(root, settings::kDnsTable, settings.dns);
  read_table(root, settings::kHttpsTable, settings.https);
  default_authority(root, settings.https.gateway);
  default_authority(root, settings.dns.tls);
}

}  // namespace inlet53::config
