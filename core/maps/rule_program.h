// RuleProgram: the shape that regexp:, pcre: and cidr: tables share: rules in order, the first that
// matches wins, a leading ! negates, if ... endif guards the rules between.
// A rule that does not parse is skipped with a warning, as Postfix does; it never widens a match.
// Immutable once built, so thread-safe.  regexp_table(5), pcre_table(5), cidr_table(5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/maps/table.h"
#include "core/maps/table_source.h"
#include "core/maps/text.h"

namespace postern::maps {

// Matcher: a movable value that the table compares its subject with.
template <typename Matcher>
class RuleProgram {
 public:
  enum class Kind { kMatch, kIf, kEndif };
  struct Rule {
    Kind kind = Kind::kMatch;
    bool negated = false;
    std::optional<Matcher> matcher;  // none in kEndif
    std::string result;
    std::size_t endif = kNone;  // of kIf: index of its kEndif
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Takes the next rule; false, with nothing changed: an endif without its if.
  bool add(Rule rule) {
    if (rule.kind == Kind::kEndif) {
      if (open_.empty()) return false;
      rules_[open_.back()].endif = rules_.size();
      open_.pop_back();
    } else if (rule.kind == Kind::kIf) {
      open_.push_back(rules_.size());
    }
    rules_.push_back(std::move(rule));
    return true;
  }
  std::size_t open_ifs() const { return open_.size(); }

  // The first kMatch rule for which `hits(*rule.matcher, rule.negated)`; nullptr: none.  An if
  // without endif guards everything behind it.
  template <typename Hits>
  const Rule* find(Hits&& hits) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const Rule& rule = rules_[i];
      if (rule.kind == Kind::kEndif) continue;
      const bool hit = hits(*rule.matcher, rule.negated);
      if (rule.kind == Kind::kMatch) {
        if (hit) return &rule;
      } else if (!hit) {
        if (rule.endif == kNone) return nullptr;
        i = rule.endif;
      }
    }
    return nullptr;
  }

 private:
  std::vector<Rule> rules_;
  std::vector<std::size_t> open_;
};

// One rule line taken apart: "if", "endif" and "!" recognised, the rest untouched.
struct RuleLine {
  enum class Kind { kMatch, kIf, kEndif } kind = Kind::kMatch;
  bool negated = false;
  std::string_view rest;  // pattern and result
};
RuleLine parse_rule_line(std::string_view line);

}  // namespace postern::maps
