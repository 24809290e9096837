#include "core/maps/alias_source.h"

#include "core/maps/text.h"

namespace postern::maps {
namespace {

struct RawTarget {
  std::string text;        // quotes and backslashes kept
  bool is_quoted = false;  // one quoted string and nothing else
};

std::string unquote(std::string_view text) {
  std::string out;
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out.push_back(text[++i]);
    } else if (text[i] == '"') {
      in_quotes = !in_quotes;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// Steps behind a quoted string that starts at `at`; npos: it has no end.
std::size_t behind_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

std::size_t behind_comment(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '(') {
      ++depth;
    } else if (text[at] == ')' && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// A target ends at a comma; :include: and addresses also end at white space, as a list of bare
// names does.  Text next to a quoted string belongs to it ("a b"@example).  Words between a comma
// and a < are a display name, and say nothing.
Result<std::vector<RawTarget>> split_targets(std::string_view value, std::size_t max_targets) {
  std::vector<RawTarget> targets;
  RawTarget current;
  std::size_t behind_comma = 0;  // targets that were complete at the last comma
  const auto finish = [&] {
    if (!current.text.empty()) targets.push_back(std::move(current));
    current = {};
  };
  for (std::size_t at = 0; at < value.size();) {
    const char c = value[at];
    if (c == ',' || is_space(c)) {
      finish();
      if (c == ',') behind_comma = targets.size();
      ++at;
    } else if (c == '<') {
      const std::size_t end = value.find('>', at);
      if (end == std::string_view::npos)
        return fail(ErrorKind::kInvalid, "\"{:.60}\": a < is not closed", value);
      targets.resize(behind_comma);
      current = {std::string(value.substr(at, end + 1 - at)), false};
      at = end + 1;
    } else if (c == '(' || c == '"') {
      const std::size_t end = c == '(' ? behind_comment(value, at) : behind_quoted(value, at);
      if (end == std::string_view::npos)
        return fail(ErrorKind::kInvalid, "\"{:.60}\": a {} is not closed", value,
                    c == '(' ? "comment" : "quote");
      if (c == '"') {
        current.is_quoted = current.text.empty();
        current.text += value.substr(at, end - at);
      }
      at = end;
    } else {
      current.is_quoted = false;
      current.text.push_back(c);
      if (c == '\\' && at + 1 < value.size()) current.text.push_back(value[++at]);
      ++at;
    }
    if (targets.size() > max_targets)
      return fail(ErrorKind::kLimit, "more than {} targets in one alias", max_targets);
  }
  finish();
  if (targets.size() > max_targets)
    return fail(ErrorKind::kLimit, "more than {} targets in one alias", max_targets);
  return targets;
}

AliasTarget classify(const RawTarget& raw) {
  constexpr std::string_view kInclude = ":include:";
  const std::string plain = raw.is_quoted ? unquote(raw.text) : raw.text;
  if (plain.starts_with('|'))
    return {AliasTargetKind::kCommand, std::string(trim(std::string_view(plain).substr(1)))};
  if (plain.starts_with('/')) return {AliasTargetKind::kFile, plain};
  if (plain.size() > kInclude.size() &&
      equals_ignoring_case(std::string_view(plain).substr(0, kInclude.size()), kInclude))
    return {AliasTargetKind::kInclude, unquote(std::string_view(plain).substr(kInclude.size()))};
  std::string_view address = raw.text;
  if (address.size() > 2 && address.front() == '<' && address.back() == '>')
    address = address.substr(1, address.size() - 2);
  return {AliasTargetKind::kAddress, std::string(address)};
}

// Position of the colon that ends the name; npos: none.
std::size_t find_name_end(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ':') return at;
    if (line[at] == '"') {
      at = behind_quoted(line, at);
      if (at == std::string_view::npos) return at;
    } else {
      at += line[at] == '\\' ? 2 : 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

void parse_alias_line(const LogicalLine& line, std::string_view name,
                      std::vector<SourceEntry>& entries, Warnings& warnings) {
  const std::string_view text = line.text;
  const std::size_t colon = find_name_end(text);
  if (colon == std::string_view::npos || trim(text.substr(0, colon)).empty()) {
    add_warning(warnings, fmt::format("{}, line {}: expected \"name: target, ...\": line ignored",
                                      name, line.number));
    return;
  }
  const std::string key = unquote(trim(text.substr(0, colon)));
  const auto targets = split_targets(text.substr(colon + 1), 100'000);
  if (!targets || targets->empty() || key.empty()) {
    add_warning(warnings, fmt::format("{}, line {}: {}: line ignored", name, line.number,
                                      targets ? "an alias without a target or name"
                                              : targets.error().context));
    return;
  }
  std::string value;
  for (const RawTarget& target : *targets) {
    if (!value.empty()) value += ", ";
    value += target.text;
  }
  entries.push_back({key, std::move(value), line.number});
}

Result<std::vector<AliasTarget>> parse_alias_value(std::string_view value,
                                                   std::size_t max_targets) {
  const auto raw = split_targets(value, max_targets);
  if (!raw) return std::unexpected(raw.error());
  std::vector<AliasTarget> targets;
  targets.reserve(raw->size());
  for (const RawTarget& target : *raw)
    targets.push_back(classify(target));
  return targets;
}

}  // namespace postern::maps
