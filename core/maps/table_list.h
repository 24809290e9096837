// TableList: the value of a parameter such as virtual_alias_maps: tables in order, the first that
// knows the key wins; and the sequence of partial keys that Postfix asks for an address.
// Thread-safe as its tables are.  mail_addr_find of the Postfix manual pages virtual(5),
// canonical(5), local(8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/maps/table.h"

namespace postern::maps {

// One address to look up.  Views are used during the call only.
struct AddressQuery {
  std::string_view local_part;         // unquoted
  std::string_view quoted_local_part;  // as it stands in an address; asked first
  std::string_view domain;             // may be empty
  std::string_view delimiters;         // recipient_delimiter; empty: no extensions
  bool domain_is_local = false;        // then the bare local part is asked too
  bool ask_at_domain = true;           // then "@domain" is asked last
};

struct AddressMatch {
  std::string value;
  std::string extension;      // with delimiter, where a key without it matched
  bool by_at_domain = false;  // "@domain" matched
};

class TableList {
 public:
  TableList() = default;
  // `value`: "hash:/a, inline:{ x=y }"; empty: no table.  Errors as of open_table().
  static Result<TableList> open(std::string_view value, const TableOptions& options = {});
  explicit TableList(std::vector<TablePtr> tables) : tables_(std::move(tables)) {}

  bool empty() const { return tables_.empty(); }
  // `is_partial`: the key is a part of what the caller looks for; pattern tables are not asked.
  // An empty value is reported as kCorrupt: Postfix, too, holds it for a mistake in the table.
  Result<std::optional<std::string>> lookup(std::string_view key, bool is_partial = false) const;
  // user+ext@domain, user@domain, then for a local domain user+ext and user, then @domain.
  Result<std::optional<AddressMatch>> find_address(const AddressQuery& query) const;
  // Whether any entry exists, an empty value included; for lists of valid names.
  Result<bool> contains(std::string_view key, bool is_partial = false) const;

 private:
  std::vector<TablePtr> tables_;
};

}  // namespace postern::maps
