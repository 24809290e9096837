#include "core/delivery/local/alias_value.h"

#include "core/mail/mailbox.h"

namespace postern::delivery {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Whole-line comments only: '#' inside a line may belong to a command.
std::string without_comments(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (!trim(line).starts_with('#')) out.append(line).append(",");
  }
  return out;
}

// The next item up to a comma (or line end) that is outside quotes, <> and comments.
Result<std::string_view> next_item(std::string_view& text) {
  bool quoted = false;
  int angle = 0;
  int comment = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      ++i;
    } else if (c == '"' && comment == 0) {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (c == '<' || c == '>') {
      angle += c == '<' ? 1 : -1;
    } else if (c == '(' || c == ')') {
      comment += c == '(' ? 1 : -1;
    } else if (c == ',' && angle <= 0 && comment <= 0) {
      const auto item = text.substr(0, i);
      text.remove_prefix(i + 1);
      return item;
    }
  }
  if (quoted) return fail(ErrorKind::kInvalid, "unclosed quote in an alias");
  const auto item = text;
  text = {};
  return item;
}

std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out += text[++i];
    } else if (text[i] != '"') {
      out += text[i];
    }
  }
  return out;
}

// "Name <a@b> (comment)" is a@b.
std::string bare_address(std::string_view text) {
  if (const auto open = text.rfind('<'); open != std::string_view::npos) {
    const auto close = text.find('>', open);
    if (close != std::string_view::npos) text = text.substr(open + 1, close - open - 1);
  } else if (const auto comment = text.find('('); comment != std::string_view::npos) {
    text = text.substr(0, comment);
  }
  return unquoted(trim(text));
}

bool is_include(std::string_view text) {
  constexpr std::string_view kInclude = ":include:";
  return mail::equals_ignoring_ascii_case(text.substr(0, kInclude.size()), kInclude);
}

Result<AliasTarget> target_of(std::string_view item) {
  using enum AliasTarget::Kind;
  for (const char c : item)
    if (static_cast<unsigned char>(c) < ' ' && c != '\t')
      return fail(ErrorKind::kInvalid, "control character in an alias");
  // "|command" may be quoted as a whole or after the bar.
  const bool whole = item.size() >= 2 && item.front() == '"' && item.back() == '"';
  const std::string inner = whole ? unquoted(item) : std::string(item);
  if (inner.starts_with('|')) {
    const auto command = trim(std::string_view(inner).substr(1));
    const bool again =
        !whole && command.size() >= 2 && command.front() == '"' && command.back() == '"';
    std::string text = again ? unquoted(command) : std::string(command);
    if (text.empty()) return fail(ErrorKind::kInvalid, "empty command in an alias");
    return AliasTarget{kCommand, std::move(text), false};
  }
  if (is_include(inner)) return AliasTarget{kInclude, std::string(trim(inner.substr(9))), false};
  if (inner.starts_with('/')) return AliasTarget{kFile, inner, false};
  if (item.starts_with('\\')) return AliasTarget{kAddress, bare_address(item.substr(1)), true};
  auto address = bare_address(item);
  if (address.empty()) return fail(ErrorKind::kInvalid, "empty address in an alias");
  return AliasTarget{kAddress, std::move(address), false};
}

}  // namespace

Result<std::vector<AliasTarget>> parse_targets(std::string_view text, std::size_t limit,
                                               bool is_file) {
  std::string lines;
  if (is_file) {
    lines = without_comments(text);
    text = lines;
  }
  std::vector<AliasTarget> out;
  while (!text.empty()) {
    const auto item = next_item(text);
    if (!item) return std::unexpected(item.error());
    if (trim(*item).empty()) continue;
    auto target = target_of(trim(*item));
    if (!target) return std::unexpected(target.error());
    if (out.size() == limit)
      return fail(ErrorKind::kLimit, "alias has more than {} targets", limit);
    out.push_back(std::move(*target));
  }
  return out;
}

}  // namespace postern::delivery
