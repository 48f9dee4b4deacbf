#pragma once

#include <string>

#include "table_reader.h"
#include "topology_reader.h"

#include "inlet53/base/ids.h"

/// Keys that objects of several kinds have.
namespace inlet53::config {

/// `key`, an id of `shape`; made from the key path, and so the same in every run, when left out.
/// Its shape is topology::validate's to check. Says that tags of the object are not supported yet.
void read_id(TableReader& in, std::string_view key, const IdShape& shape, std::string& id);

/// `region` and `account_id`, which default to those at the top of the file.
void read_owner(TableReader& in, const Owner& owner, std::string& region, std::string& account_id);

/// `policy` or `policy_file`, at most one of them: a policy's JSON, at most 64 KiB, and the file
/// that it is from. What the JSON says is not read here.
void read_policy(TableReader& in, std::string& policy, std::string& policy_file);

}  // namespace inlet53::config
