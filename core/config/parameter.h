// A parameter of main.cf, declared once: name, type, default, bounds and the text of the manual.
// The declarations are the global constants in params_*.cc; the parser, the checks, `postern
// config` and the reference page are made from them.
// Constant after static initialisation; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/config/value.h"

namespace postern::config {

enum class Kind {
  kBoolean,
  kInteger,
  kBytes,
  kDuration,
  kString,
  kList,
  kEnum,
  kRestrictions,
  kTables,
};
std::string_view to_string(Kind kind);  // as the reference page names it

struct ParameterSpec {
  std::string_view name = {};
  std::string_view initial = {};         // the default, as main.cf would have it: may use $names
  std::string_view text = {};            // one paragraph
  std::string_view example = {};         // "": the default serves
  std::optional<std::int64_t> min = {};  // in units, octets or seconds; inclusive
  std::optional<std::int64_t> max = {};
  char unit = 's';                // of a bare number, for durations
  std::string_view choices = {};  // an enum's words, in the order of its enumerators
  std::string_view refused = {};  // Postfix's further words, which Postern can't give: an error
  bool raw = false;               // its $names are for later, not for loading
  bool reloadable = true;         // false: takes a restart
  bool secret = false;            // the value is not shown
  std::string_view since = "0.1";
};

class Parameter {
 public:
  Parameter(std::string_view area, Kind kind, const ParameterSpec& spec);
  Parameter(const Parameter&) = delete;
  Parameter& operator=(const Parameter&) = delete;

  const ParameterSpec& spec() const { return spec_; }
  std::string_view name() const { return spec_.name; }
  std::string_view area() const { return area_; }
  Kind kind() const { return kind_; }
  // Position in all_parameters(), and of its value in a Settings snapshot.
  std::size_t index() const { return index_; }
  // Error kInvalid: not of the type, or out of bounds.  `text` is expanded and trimmed.
  Result<Value> parse(std::string_view text) const;

 private:
  Result<Value> parse_unbounded(std::string_view text) const;

  std::string_view area_;
  Kind kind_;
  ParameterSpec spec_;
  std::size_t index_;
};

template <typename T>
constexpr Kind kind_of() {
  if constexpr (std::is_same_v<T, bool>) return Kind::kBoolean;
  if constexpr (std::is_same_v<T, std::int64_t>) return Kind::kInteger;
  if constexpr (std::is_same_v<T, ByteCount>) return Kind::kBytes;
  if constexpr (std::is_same_v<T, Seconds>) return Kind::kDuration;
  if constexpr (std::is_same_v<T, std::string>) return Kind::kString;
  if constexpr (std::is_same_v<T, StringList>) return Kind::kList;
  if constexpr (std::is_same_v<T, TableList>) return Kind::kTables;
  if constexpr (std::is_same_v<T, RestrictionList>) return Kind::kRestrictions;
  if constexpr (std::is_enum_v<T>) return Kind::kEnum;
}

// A parameter whose value is a T.  For an enum, T's enumerators are 0, 1, ... as in `choices`.
template <typename T>
class TypedParameter : public Parameter {
 public:
  TypedParameter(std::string_view area, const ParameterSpec& spec)
      : Parameter(area, kind_of<T>(), spec) {}
};

// A <transport>_... parameter: `suffix` behind the name of a transport in master.cf.
template <typename T>
struct TransportParameter {
  std::string_view suffix;            // "_destination_concurrency_limit"
  const TypedParameter<T>* fallback;  // what counts where the transport's own is not set
  std::string_view text;
};

// The type-less part, for lookups by name.
struct TransportForm {
  std::string_view suffix;
  const Parameter* fallback;
  std::string_view text;
};

// All declared parameters, in the order of index().
std::span<const Parameter* const> all_parameters();
const Parameter* find_parameter(std::string_view name);  // null: not declared
std::span<const TransportForm> all_transport_forms();
// The form that `name` has, when something stands before its suffix; else null.
const TransportForm* find_transport_form(std::string_view name);

}  // namespace postern::config
