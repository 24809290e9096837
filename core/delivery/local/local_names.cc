#include "core/delivery/local/local_names.h"

#include "core/maps/text.h"

namespace postern::delivery {
namespace {

constexpr std::size_t kMaxDepth = 20;          // of ${a?${b?...}}
constexpr std::size_t kMaxExpanded = 100'000;  // octets; more is cut

constexpr std::string_view kNameOctets =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

// The position of the bracket that closes the one before `from`.
std::size_t closing(std::string_view text, std::size_t from, char open, char close) {
  std::size_t depth = 1;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at;
  }
  return std::string_view::npos;
}

std::string expand_at(std::string_view pattern, const LocalNames& names, std::size_t depth);

// The inside of ${...}: a name, and perhaps what to say when it has a value (?) or none (:).
std::string expand_braced(std::string_view inside, const LocalNames& names, std::size_t depth) {
  const auto end = std::min(inside.find_first_not_of(kNameOctets), inside.size());
  auto value = names.value(inside.substr(0, end));
  if (end == inside.size()) return value;
  const bool wants_value = inside[end] == '?';
  if (!wants_value && inside[end] != ':') return {};
  if (wants_value == value.empty()) return {};
  return expand_at(inside.substr(end + 1), names, depth + 1);
}

std::string expand_at(std::string_view pattern, const LocalNames& names, std::size_t depth) {
  std::string out;
  if (depth > kMaxDepth) return out;
  for (std::size_t at = 0; at < pattern.size() && out.size() < kMaxExpanded;) {
    if (pattern[at] != '$' || at + 1 == pattern.size()) {
      out += pattern[at++];
      continue;
    }
    const char next = pattern[at + 1];
    if (next == '$') {
      out += '$';
      at += 2;
    } else if (next == '{' || next == '(') {
      const auto end = closing(pattern, at + 2, next, next == '{' ? '}' : ')');
      if (end == std::string_view::npos) break;
      out += expand_braced(pattern.substr(at + 2, end - at - 2), names, depth);
      at = end + 1;
    } else {
      const auto end = std::min(pattern.find_first_not_of(kNameOctets, at + 1), pattern.size());
      out += names.value(pattern.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  return out;
}

}  // namespace

std::string censored(std::string_view text) {
  constexpr std::string_view kHarmless = "!@%-_=+:,.";
  std::string out(text);
  for (char& c : out) {
    const bool is_word = maps::to_lower(c) >= 'a' && maps::to_lower(c) <= 'z';
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_word && !is_digit && kHarmless.find(c) == std::string_view::npos) c = '_';
  }
  return out;
}

std::string LocalNames::value(std::string_view name) const {
  const auto split = maps::split_local_part(recipient.local_part(), delimiters);
  if (name == "home") return user == nullptr ? std::string() : user->home;
  if (name == "shell") return user == nullptr ? std::string() : user->shell;
  if (name == "user") return user == nullptr ? censored(split.base) : user->name;
  if (name == "local") return censored(recipient.local_part());
  if (name == "domain") return censored(recipient.domain());
  if (name == "recipient") return censored(recipient.to_lookup_key());
  if (split.extension.empty()) return {};
  if (name == "extension") return censored(split.extension.substr(1));
  if (name == "recipient_delimiter") return censored(split.extension.substr(0, 1));
  return {};
}

std::string expand_names(std::string_view pattern, const LocalNames& names) {
  return expand_at(pattern, names, 0);
}

}  // namespace postern::delivery
