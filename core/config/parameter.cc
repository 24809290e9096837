#include "core/config/parameter.h"

#include "core/config/diagnostics.h"
#include "core/config/restrictions.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

std::vector<const Parameter*>& registered() {
  static std::vector<const Parameter*> parameters;
  return parameters;
}

Result<Value> parse_choice(const ParameterSpec& spec, std::string_view text) {
  const auto choices = split_words(spec.choices);
  for (std::size_t i = 0; i < choices->size(); ++i)
    if ((*choices)[i] == text) return Value(static_cast<std::int64_t>(i));
  std::string allowed;
  for (std::string_view choice : *choices) {
    if (!allowed.empty()) allowed += ", ";
    allowed += choice;
  }
  const auto refused = split_words(spec.refused);
  for (std::string_view word : *refused)
    if (word == text)
      return fail(ErrorKind::kInvalid,
                  "{} asks for a protection that Postern does not give, so it does not start as "
                  "if it did: choose one of {}",
                  quoted(text), allowed);
  return fail(ErrorKind::kInvalid, "{} is not one of {}", quoted(text), allowed);
}

template <typename T>
Result<Value> to_value(Result<T>&& parsed) {
  if (!parsed) return std::unexpected(parsed.error());
  return Value(std::move(*parsed));
}

// The number that min and max bound; nullopt for types without one.
std::optional<std::int64_t> magnitude(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* bytes = std::get_if<ByteCount>(&value))
    return static_cast<std::int64_t>(bytes->value);
  if (const auto* duration = std::get_if<Seconds>(&value)) return duration->count();
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kBoolean: return "boolean";
    case Kind::kInteger: return "integer";
    case Kind::kBytes: return "size";
    case Kind::kDuration: return "duration";
    case Kind::kString: return "string";
    case Kind::kList: return "list";
    case Kind::kEnum: return "choice";
    case Kind::kRestrictions: return "restrictions";
    case Kind::kTables: return "tables";
  }
  return "";
}

Parameter::Parameter(std::string_view area, Kind kind, const ParameterSpec& spec)
    : area_(area), kind_(kind), spec_(spec), index_(registered().size()) {
  registered().push_back(this);
}

Result<Value> Parameter::parse_unbounded(std::string_view text) const {
  switch (kind_) {
    case Kind::kBoolean: return to_value(parse_boolean(text));
    case Kind::kInteger: return to_value(parse_integer(text));
    case Kind::kBytes: return to_value(parse_bytes(text));
    case Kind::kDuration: return to_value(parse_duration(text, spec_.unit));
    case Kind::kString: return Value(std::string(text));
    case Kind::kList: return to_value(parse_list(text));
    case Kind::kEnum: return parse_choice(spec_, text);
    case Kind::kRestrictions: return to_value(parse_restrictions(text));
    case Kind::kTables: return to_value(parse_tables(text));
  }
  return fail(ErrorKind::kInvalid, "unknown type");
}

Result<Value> Parameter::parse(std::string_view text) const {
  auto value = parse_unbounded(text);
  if (!value || kind_ == Kind::kEnum) return value;
  const auto number = magnitude(*value);
  if (number && spec_.min && *number < *spec_.min)
    return fail(ErrorKind::kInvalid, "{} is too small: the least is {}", quoted(text),
                kind_ == Kind::kDuration ? print_duration(Seconds(*spec_.min))
                                         : fmt::format("{}", *spec_.min));
  if (number && spec_.max && *number > *spec_.max)
    return fail(ErrorKind::kInvalid, "{} is too large: the most is {}", quoted(text),
                kind_ == Kind::kDuration ? print_duration(Seconds(*spec_.max))
                                         : fmt::format("{}", *spec_.max));
  return value;
}

namespace detail {
std::span<const Parameter* const> registered_parameters() { return registered(); }
}  // namespace detail

}  // namespace postern::config
