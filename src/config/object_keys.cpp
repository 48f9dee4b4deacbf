#include "object_keys.h"

#include "text_file.h"

namespace inlet53::config {

namespace {

void read_inherited(TableReader& in, std::string_view key, const std::string& inherited,
                    bool at_top, std::string& out) {
  out = inherited;
  in.read(key, Need::Optional, out, parse_text);
  if (!in.has(key) && !at_top) {
    in.report(key, "this key is missing; it can stand here or at the top of the file, for all");
  }
}

constexpr size_t kMaxPolicyOctets = 64U << 10;  // API Gateway takes 8192 characters

Value<std::string> parse_policy(const toml::node& node) {
  Value<std::string> text = parse_text(node);
  if (text && text->size() > kMaxPolicyOctets) {
    return Unexpected(concat("the policy has more than ", kMaxPolicyOctets, " octets"));
  }
  return text;
}

}  // namespace

void read_id(TableReader& in, std::string_view key, const IdShape& shape, std::string& id) {
  if (key == "id") in.refuse_for_now("tags", {"tags"});
  in.read(key, Need::Optional, id, parse_text);
  if (in.has(key)) return;
  const std::string object = topology::to_text(in.path());
  id = generate_id(shape, key == "id" ? object : concat(object, '.', key));
}

void read_owner(TableReader& in, const Owner& owner, std::string& region, std::string& account_id) {
  read_inherited(in, "region", owner.region, owner.has_region, region);
  read_inherited(in, "account_id", owner.account_id, owner.has_account_id, account_id);
}

void read_policy(TableReader& in, std::string& policy, std::string& policy_file) {
  in.read("policy", Need::Optional, policy, parse_policy);
  in.read("policy_file", Need::Optional, policy_file, path_below(in.reading().folder));
  if (in.has("policy") && in.has("policy_file")) {
    return in.report("policy_file", "there is either policy or policy_file");
  }
  if (policy_file.empty()) return;
  auto text = read_regular_file(policy_file, kMaxPolicyOctets);
  if (text) {
    policy = *std::move(text);
  } else {
    in.report("policy_file", concat(policy_file, ' ', text.error()));
  }
}

}  // namespace inlet53::config
