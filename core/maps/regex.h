// One compiled pattern: POSIX extended (regexp: tables) or Perl-compatible (pcre: tables).
// regexp: uses the C library's regcomp, the same that Postfix uses, because the two dialects differ
// inside brackets and in which alternative wins.  pcre: uses PCRE2, JIT-compiled, with match and
// depth limits, so that no subject can make it run away.
// Immutable, thread-safe (the C library serialises matches of one POSIX pattern by itself).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/maps/table.h"

namespace postern::maps {

class Regex {
 public:
  virtual ~Regex() = default;
  virtual std::size_t group_count() const = 0;
  // `groups`, if not null, gets whole match and groups as views into `subject`.  A subject that
  // exceeds a limit does not match, and `warning` (not null) says so.
  virtual bool matches(const std::string& subject, std::vector<std::string_view>* groups,
                       std::string* warning) const = 0;
};
using RegexPtr = std::shared_ptr<const Regex>;

// `flags`: letters behind the closing delimiter: i m x (POSIX), i m s x A E U X (Perl).  Each
// toggles; both dialects ignore case unless i is given.  kInvalid: the pattern or a flag.
Result<RegexPtr> compile_posix_regex(const std::string& pattern, std::string_view flags);
Result<RegexPtr> compile_perl_regex(const std::string& pattern, std::string_view flags,
                                    const TableOptions& options);

}  // namespace postern::maps
