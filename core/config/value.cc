#include "core/config/value.h"

#include <charconv>
#include <optional>

#include "core/config/diagnostics.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

bool same_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// A whole number and what follows it; the number must fit in 62 bits so that units can be applied
// with one more check.
struct Scaled {
  std::int64_t number;
  std::string_view suffix;
};
std::optional<Scaled> leading_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return Scaled{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::optional<std::int64_t> multiply(std::int64_t a, std::int64_t b) {
  std::int64_t out;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

std::int64_t seconds_in(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 604800;
    default: return 0;
  }
}

}  // namespace

Result<bool> parse_boolean(std::string_view text) {
  if (same_word(text, "yes")) return true;
  if (same_word(text, "no")) return false;
  return fail(ErrorKind::kInvalid, "{} is not a boolean: write yes or no", quoted(text));
}

Result<std::int64_t> parse_integer(std::string_view text) {
  const auto number = leading_number(text);
  if (!number || !number->suffix.empty())
    return fail(ErrorKind::kInvalid, "{} is not a whole number", quoted(text));
  return number->number;
}

Result<ByteCount> parse_bytes(std::string_view text) {
  const auto number = leading_number(text);
  std::int64_t factor = 0;
  if (number && number->suffix.empty()) factor = 1;
  if (number && same_word(number->suffix, "k")) factor = 1 << 10;
  if (number && same_word(number->suffix, "m")) factor = 1 << 20;
  if (number && same_word(number->suffix, "g")) factor = 1 << 30;
  const auto value = factor ? multiply(number->number, factor) : std::nullopt;
  if (!value || *value < 0)
    return fail(ErrorKind::kInvalid, "{} is not a size: write octets (51200000), or 50M",
                quoted(text));
  return ByteCount{static_cast<std::uint64_t>(*value)};
}

Result<Seconds> parse_duration(std::string_view text, char unit) {
  const auto number = leading_number(text);
  const bool bare = number && number->suffix.empty();
  const bool one = number && number->suffix.size() == 1;
  const std::int64_t factor = bare ? seconds_in(unit) : one ? seconds_in(number->suffix[0]) : 0;
  const auto value = factor ? multiply(number->number, factor) : std::nullopt;
  // Kept far from the ends of the clock, so that now + value can't overflow anywhere.
  constexpr std::int64_t kMost = std::int64_t{200} * 366 * 86400;
  if (!value || *value < 0 || *value > kMost)
    return fail(ErrorKind::kInvalid,
                "{} is not a duration: write a number with s, m, h, d or w, such as 300s or 5d "
                "(a bare number is in {})",
                quoted(text), unit);
  return Seconds(*value);
}

Result<StringList> parse_list(std::string_view text) {
  const auto words = split_words(text);
  if (!words) return std::unexpected(words.error());
  return StringList(words->begin(), words->end());
}

Result<TableList> parse_tables(std::string_view text) {
  const auto words = split_words(text);
  if (!words) return std::unexpected(words.error());
  TableList tables;
  for (std::string_view word : *words) {
    if (word.starts_with("proxy:")) word.remove_prefix(6);
    const std::size_t colon = word.find(':');
    if (colon == 0 || colon == std::string_view::npos)
      return fail(ErrorKind::kInvalid,
                  "{} is not a lookup table: write type:name, such as hash:/etc/postfix/virtual",
                  quoted(word));
    tables.push_back({std::string(word.substr(0, colon)), std::string(word.substr(colon + 1))});
  }
  return tables;
}

std::string print_duration(Seconds value) {
  for (char unit : {'w', 'd', 'h'}) {
    if (value.count() != 0 && value.count() % seconds_in(unit) == 0)
      return fmt::format("{}{}", value.count() / seconds_in(unit), unit);
  }
  return fmt::format("{}s", value.count());
}

}  // namespace postern::config
