#include "object_keys.h"

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

}  // namespace

void read_id(TableReader& in, std::string_view key, const IdShape& shape, std::string& id) {
  in.read(key, Need::Optional, id, parse_text);
  if (in.has(key)) return;
  const std::string object = topology::to_text(in.path());
  id = generate_id(shape, key == "id" ? object : concat(object, '.', key));
}

void read_owner(TableReader& in, const Owner& owner, std::string& region, std::string& account_id) {
  read_inherited(in, "region", owner.region, owner.has_region, region);
  read_inherited(in, "account_id", owner.account_id, owner.has_account_id, account_id);
}

}  // namespace inlet53::config
