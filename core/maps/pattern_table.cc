#include "core/maps/pattern_table.h"

#include <cctype>

#include "core/base/log.h"
#include "core/maps/regex.h"
#include "core/maps/rule_program.h"
#include "core/maps/substitution.h"

namespace postern::maps {
namespace {

// "/pattern/flags" and, in regexp: tables, "/pattern/flags!/not/flags".
struct PatternMatcher {
  RegexPtr pattern;
  RegexPtr unless;  // may be null
  Substitution result;
};
using Program = RuleProgram<PatternMatcher>;

class PatternTable final : public Table {
 public:
  PatternTable(Program program, std::string name, const TableOptions& options)
      : program_(std::move(program)),
        name_(std::move(name)),
        max_key_bytes_(options.max_key_bytes),
        max_result_bytes_(options.max_result_bytes) {}

  bool is_pattern() const override { return true; }
  Result<std::optional<std::string>> lookup(std::string_view key) const override {
    if (key.size() > max_key_bytes_)
      return fail(ErrorKind::kLimit, "a lookup key of {} octets", key.size());
    const std::string subject(key);
    std::vector<std::string_view> groups;
    const auto hits = [&](const PatternMatcher& matcher, bool negated) {
      std::string warning;
      groups.clear();
      const bool wants_groups = matcher.result.highest_group() > 0;
      const bool hit =
          matcher.pattern->matches(subject, wants_groups ? &groups : nullptr, &warning) &&
          (!matcher.unless || !matcher.unless->matches(subject, nullptr, &warning));
      if (!warning.empty()) log::warning("maps", "{}: {}: taken as no match", name_, warning);
      return hit != negated;
    };
    const Program::Rule* rule = program_.find(hits);
    if (rule == nullptr) return std::nullopt;
    return rule->matcher->result.expand(groups, max_result_bytes_);
  }

 private:
  Program program_;
  std::string name_;
  std::size_t max_key_bytes_;
  std::size_t max_result_bytes_;
};

// Takes "/pattern/flags" off the front of `text`.
Result<RegexPtr> take_pattern(PatternDialect dialect, const TableOptions& options,
                              std::string_view& text) {
  if (text.empty()) return fail(ErrorKind::kInvalid, "no pattern");
  const char delimiter = text.front();
  if (std::isalnum(static_cast<unsigned char>(delimiter)) != 0)
    return fail(ErrorKind::kInvalid, "\"{:.60}\": a pattern starts with a delimiter such as /",
                text);
  std::size_t end = 1;
  while (end < text.size() && text[end] != delimiter)
    end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size())
    return fail(ErrorKind::kInvalid, "\"{:.60}\": the closing \"{}\" is missing", text, delimiter);
  const std::string pattern(text.substr(1, end - 1));
  text.remove_prefix(end + 1);
  std::size_t flags = 0;
  // "/pattern/!/other/" is for regexp: only; pcre: takes the ! for a flag that it does not have.
  const bool may_except = dialect == PatternDialect::kPosix;
  while (flags < text.size() && !is_space(text[flags]) && !(may_except && text[flags] == '!'))
    ++flags;
  const std::string_view letters = text.substr(0, flags);
  text.remove_prefix(flags);
  return dialect == PatternDialect::kPosix ? compile_posix_regex(pattern, letters)
                                           : compile_perl_regex(pattern, letters, options);
}

Result<PatternMatcher> parse_matcher(PatternDialect dialect, const TableOptions& options,
                                     const RuleLine& line) {
  PatternMatcher matcher;
  std::string_view rest = line.rest;
  auto pattern = take_pattern(dialect, options, rest);
  if (!pattern) return std::unexpected(pattern.error());
  matcher.pattern = std::move(*pattern);
  if (dialect == PatternDialect::kPosix && rest.starts_with('!')) {
    rest = trim(rest.substr(1));
    auto unless = take_pattern(dialect, options, rest);
    if (!unless) return std::unexpected(unless.error());
    matcher.unless = std::move(*unless);
  }
  if (line.kind == RuleLine::Kind::kIf) return matcher;
  auto result = Substitution::parse(trim(rest));
  if (!result) return std::unexpected(result.error());
  if (result->highest_group() > 0 && line.negated)
    return fail(ErrorKind::kInvalid, "a negated pattern has no groups to refer to");
  if (result->highest_group() > matcher.pattern->group_count())
    return fail(ErrorKind::kInvalid, "${} but only {} groups", result->highest_group(),
                matcher.pattern->group_count());
  matcher.result = std::move(*result);
  return matcher;
}

}  // namespace

Result<TablePtr> load_pattern_table(PatternDialect dialect, std::string_view text,
                                    std::string_view name, const TableOptions& options,
                                    Warnings& warnings) {
  Program program;
  LogicalLineReader reader(text);
  LogicalLine line;
  for (;;) {
    const Result<bool> more = reader.next(line, options.max_line_bytes);
    if (!more) return fail(more.error().kind, "{}, {}", name, more.error().context);
    if (!*more) break;
    const RuleLine parsed = parse_rule_line(line.text);
    Program::Rule rule;
    rule.kind = static_cast<Program::Kind>(parsed.kind);
    rule.negated = parsed.negated;
    if (parsed.kind != RuleLine::Kind::kEndif) {
      auto matcher = parse_matcher(dialect, options, parsed);
      if (!matcher) {
        add_warning(warnings, fmt::format("{}, line {}: {}: rule skipped", name, line.number,
                                          matcher.error().context));
        continue;
      }
      rule.matcher = std::move(*matcher);
    }
    if (!program.add(std::move(rule)))
      add_warning(warnings, fmt::format("{}, line {}: endif without if", name, line.number));
  }
  if (program.open_ifs() > 0)
    add_warning(warnings, fmt::format("{}: {} if without endif", name, program.open_ifs()));
  return std::make_shared<PatternTable>(std::move(program), std::string(name), options);
}

}  // namespace postern::maps
