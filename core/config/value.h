// The typed values a parameter can have, and their parsing from expanded text.
// Pure; plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace postern::config {

using StringList = std::vector<std::string>;

// "type:name" of a lookup table.  "proxy:" before it is dropped: one process needs no proxy.
struct TableName {
  std::string type;
  std::string name;

  std::string spelled() const { return type + ":" + name; }
  bool operator==(const TableName&) const = default;
};
using TableList = std::vector<TableName>;

// One word of an access restriction list with its argument: {"check_recipient_access",
// "hash:/etc/x"}, {"permit_mynetworks", ""}.  User-defined classes are already replaced by what
// they hold.
struct Restriction {
  std::string name;
  std::string argument;
  bool warn_only = false;  // warn_if_reject stood before it

  bool operator==(const Restriction&) const = default;
};
using RestrictionList = std::vector<Restriction>;

using Value = std::variant<bool, std::int64_t, ByteCount, Seconds, std::string, StringList,
                           TableList, RestrictionList>;

// Each error text says what was read and what would be right.
Result<bool> parse_boolean(std::string_view text);  // yes or no, in any case
Result<std::int64_t> parse_integer(std::string_view text);
// A number of octets, or a number with K, M or G (1024 each).
Result<ByteCount> parse_bytes(std::string_view text);
// A number with s, m, h, d or w; `unit` is the one a bare number has.
Result<Seconds> parse_duration(std::string_view text, char unit = 's');
// Words between blanks or commas; { ... } kept whole.
Result<StringList> parse_list(std::string_view text);
// As parse_list; each word must be type:name.
Result<TableList> parse_tables(std::string_view text);

// "300s", "1h", "5d": the largest unit that keeps it whole.
std::string print_duration(Seconds value);

}  // namespace postern::config
