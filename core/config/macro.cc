#include "core/config/macro.h"

#include <cstdint>
#include <vector>

#include "core/config/diagnostics.h"
#include "core/config/level.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  return text;
}

// One ${...} taken apart; the pieces are unexpanded.
struct Reference {
  std::string_view name;  // empty for a comparison
  std::string_view left, op, right;
  std::optional<std::string_view> if_true, if_false;
};

Result<std::string_view> take_group(std::string_view& rest, std::string_view whole) {
  rest = skip_blanks(rest);
  const auto end = rest.starts_with('{') ? closing_brace(rest, 0) : std::nullopt;
  if (!end)
    return fail(ErrorKind::kInvalid, "a {{...}} group is expected at {} in ${{{}}}", quoted(rest),
                whole);
  const std::string_view content = rest.substr(1, *end - 2);
  rest = skip_blanks(rest.substr(*end));
  return content;
}

// The arms after a name or a comparison: "?text", ":text", "?{a}", "?{a}:{b}".
Result<void> parse_arms(std::string_view rest, std::string_view whole, Reference& out) {
  rest = skip_blanks(rest);
  if (rest.empty()) return {};
  const char which = rest.front();
  if (which != '?' && which != ':')
    return fail(ErrorKind::kInvalid, "\"?\" or \":\" is expected at {} in ${{{}}}", quoted(rest),
                whole);
  rest.remove_prefix(1);
  auto& first = which == '?' ? out.if_true : out.if_false;
  if (!skip_blanks(rest).starts_with('{')) {
    first = rest;  // the old form: everything up to the end
    return {};
  }
  const auto group = take_group(rest, whole);
  if (!group) return std::unexpected(group.error());
  first = *group;
  if (rest.empty()) return {};
  if (which == ':' || rest.front() != ':')
    return fail(ErrorKind::kInvalid, "{} is not expected in ${{{}}}: write ${{name?{{a}}:{{b}}}}",
                quoted(rest), whole);
  return parse_arms(rest, whole, out);
}

Result<Reference> parse_reference(std::string_view whole) {
  Reference out;
  std::string_view rest = skip_blanks(whole);
  if (!rest.starts_with('{')) {
    std::size_t length = 0;
    while (length < rest.size() && is_name_char(rest[length]))
      ++length;
    out.name = rest.substr(0, length);
    if (out.name.empty()) return fail(ErrorKind::kInvalid, "a name is expected in ${{{}}}", whole);
    if (auto arms = parse_arms(rest.substr(length), whole, out); !arms)
      return std::unexpected(arms.error());
    return out;
  }
  auto left = take_group(rest, whole);
  if (!left) return std::unexpected(left.error());
  std::size_t length = rest.find_first_not_of("=!<>");
  if (length == std::string_view::npos) length = rest.size();
  while (length < rest.size() && is_name_char(rest[length]))
    ++length;
  out.op = rest.substr(0, length);
  rest.remove_prefix(length);
  static constexpr std::string_view kOperators[] = {"==", "!=", "<", "<=", ">=", ">"};
  std::string_view base = out.op;
  if (base.ends_with("level")) base.remove_suffix(5);
  bool known = false;
  for (std::string_view op : kOperators)
    known = known || op == base;
  if (!known)
    return fail(ErrorKind::kInvalid,
                "one of == != < <= >= > (or with \"level\" behind it) is expected after {{{}}} in "
                "${{{}}}",
                *left, whole);
  auto right = take_group(rest, whole);
  if (!right) return std::unexpected(right.error());
  out.left = *left;
  out.right = *right;
  if (auto arms = parse_arms(rest, whole, out); !arms) return std::unexpected(arms.error());
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

Result<int> compare(std::string_view left, std::string_view right, bool as_level) {
  if (as_level) {
    const auto a = parse_level(left);
    if (!a) return std::unexpected(a.error());
    const auto b = parse_level(right);
    if (!b) return std::unexpected(b.error());
    return *a < *b ? -1 : *a > *b;
  }
  const auto a = whole_number(left);
  const auto b = whole_number(right);
  if (a && b) return *a < *b ? -1 : *a > *b;
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0;
}

bool holds(std::string_view op, int order) {
  if (op.starts_with("==")) return order == 0;
  if (op.starts_with("!=")) return order != 0;
  if (op.starts_with("<=")) return order <= 0;
  if (op.starts_with(">=")) return order >= 0;
  return op.starts_with("<") ? order < 0 : order > 0;
}

// The next "$..." of a text: literal text before it, then what it is.
struct Piece {
  std::string_view literal;
  std::string_view name;       // $name
  std::string_view bracketed;  // the inside of ${...}
  bool is_bracketed = false;
  bool is_end = false;
};

Result<Piece> next_piece(std::string_view& rest) {
  Piece piece;
  const std::size_t dollar = rest.find('$');
  if (dollar == std::string_view::npos) {
    piece.literal = rest;
    piece.is_end = true;
    rest = {};
    return piece;
  }
  if (rest.substr(dollar + 1).starts_with('$')) {
    piece.literal = rest.substr(0, dollar + 1);
    rest.remove_prefix(dollar + 2);
    return piece;
  }
  piece.literal = rest.substr(0, dollar);
  const std::string_view from = rest.substr(dollar);
  if (from.size() > 1 && (from[1] == '{' || from[1] == '(')) {
    const auto end = closing_brace(from, 1, from[1] == '{' ? "{}" : "()");
    if (!end) return fail(ErrorKind::kInvalid, "nothing closes {}: write ${{name}}", quoted(from));
    piece.bracketed = from.substr(2, *end - 3);
    piece.is_bracketed = true;
    rest = from.substr(*end);
    return piece;
  }
  std::size_t length = 1;
  while (length < from.size() && is_name_char(from[length]))
    ++length;
  if (length == 1)
    return fail(ErrorKind::kInvalid, "no name behind the $ at {}: write $$ for one $",
                quoted(from));
  piece.name = from.substr(1, length - 1);
  rest = from.substr(length);
  return piece;
}

class Expander {
 public:
  Expander(const NameLookup& lookup, const ExpandLimits& limits)
      : lookup_(lookup), limits_(limits) {}

  Result<void> run(std::string_view text, std::size_t depth, std::string& out) {
    if (depth > limits_.max_depth)
      return fail(ErrorKind::kLimit, "names or ${{...}} are nested deeper than {}",
                  limits_.max_depth);
    for (bool end = false; !end;) {
      auto piece = next_piece(text);
      if (!piece) return std::unexpected(piece.error());
      end = piece->is_end;
      out += piece->literal;
      if (out.size() > limits_.max_bytes)
        return fail(ErrorKind::kLimit, "the expanded value has more than {} octets",
                    limits_.max_bytes);
      if (!piece->is_bracketed && piece->name.empty()) continue;
      if (++steps_ > limits_.max_steps)
        return fail(ErrorKind::kLimit, "more than {} references to other names", limits_.max_steps);
      auto done = piece->is_bracketed ? bracketed(piece->bracketed, depth, out)
                                      : value_of(piece->name, depth, out);
      if (!done) return done;
    }
    return {};
  }

 private:
  Result<void> value_of(std::string_view name, std::size_t depth, std::string& out) {
    for (std::string_view open : open_) {
      if (open != name) continue;
      std::string loop;
      for (std::string_view each : open_)
        loop += "$" + std::string(each) + " -> ";
      return fail(ErrorKind::kInvalid, "the value needs itself: {}${}", loop, name);
    }
    const auto value = lookup_(name);
    if (!value) return {};
    open_.push_back(name);
    auto done = run(*value, depth + 1, out);
    open_.pop_back();
    return done;
  }

  Result<void> bracketed(std::string_view text, std::size_t depth, std::string& out) {
    const auto reference = parse_reference(text);
    if (!reference) return std::unexpected(reference.error());
    std::string value;
    bool is_true;
    if (!reference->name.empty()) {
      if (auto done = value_of(reference->name, depth, value); !done) return done;
      is_true = !value.empty();
    } else {
      std::string left, right;
      if (auto done = run(reference->left, depth + 1, left); !done) return done;
      if (auto done = run(reference->right, depth + 1, right); !done) return done;
      const auto order = compare(left, right, reference->op.ends_with("level"));
      if (!order) return std::unexpected(order.error());
      is_true = holds(reference->op, *order);
      if (is_true) value = "true";
    }
    const bool has_arms = reference->if_true || reference->if_false;
    if (!has_arms) {
      out += value;
      return {};
    }
    const auto& arm = is_true ? reference->if_true : reference->if_false;
    return arm ? run(*arm, depth + 1, out) : Result<void>{};
  }

  const NameLookup& lookup_;
  const ExpandLimits& limits_;
  std::vector<std::string_view> open_;
  std::size_t steps_ = 0;
};

void visit_references(std::string_view text,
                      const std::function<void(std::string_view, bool)>& visit, std::size_t depth) {
  if (depth > ExpandLimits{}.max_depth) return;
  for (bool end = false; !end;) {
    const auto piece = next_piece(text);
    if (!piece) return;
    end = piece->is_end;
    if (!piece->name.empty()) visit(piece->name, false);
    if (!piece->is_bracketed) continue;
    const auto reference = parse_reference(piece->bracketed);
    if (!reference) return;
    if (!reference->name.empty()) visit(reference->name, reference->if_true || reference->if_false);
    for (std::string_view part :
         {reference->left, reference->right, reference->if_true.value_or(std::string_view{}),
          reference->if_false.value_or(std::string_view{})})
      visit_references(part, visit, depth + 1);
  }
}

}  // namespace

Result<std::string> expand(std::string_view text, const NameLookup& lookup,
                           const ExpandLimits& limits) {
  std::string out;
  Expander expander(lookup, limits);
  if (auto done = expander.run(text, 0, out); !done) return std::unexpected(done.error());
  return out;
}

void for_each_reference(std::string_view text,
                        const std::function<void(std::string_view name, bool tested)>& visit) {
  visit_references(text, visit, 0);
}

}  // namespace postern::config
