// Options in the manner of Postfix's commands: single letters, grouped or not, an argument in the
// same word or the next, "--" ends them, and so does the first word that is none.  Long options
// (--json) where a command of ours has them.  getopt(3) keeps its place in globals; this does not.
// Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tools/command.h"

namespace postern::tools {

class Options {
 public:
  // `letters`: as for getopt(3), "ab:c": b takes an argument; "q;" one that must be in the same
  // word and may be missing.  `arguments` must outlive this.  The program's fatal error for a
  // letter that is not there: is_bad().
  Options(const Arguments& arguments, std::string_view letters)
      : arguments_(arguments), letters_(letters) {}

  // The next option: a letter, 'L' | 0x100 for a long one (long_name(), value()), or -1 at the end.
  static constexpr int kLong = 0x100;
  static constexpr int kEnd = -1;
  static constexpr int kBad = -2;  // unknown, or its argument is missing: problem() says
  int next();

  const std::string& value() const { return value_; }          // "" where it takes none
  const std::string& long_name() const { return long_name_; }  // "json" of --json or --json=x
  bool has_value() const { return has_value_; }
  // For a long option that takes a value: of --name=value, or the next word.  False: there is none.
  bool take_value();
  const std::string& problem() const { return problem_; }
  // The words behind the options, after kEnd.
  Arguments rest() const { return {arguments_.begin() + static_cast<long>(at_), arguments_.end()}; }

 private:
  int bad(std::string text);

  const Arguments& arguments_;
  std::string_view letters_;
  std::size_t at_ = 0;       // word
  std::size_t in_word_ = 0;  // 0: at its begin
  std::string value_, long_name_, problem_;
  bool has_value_ = false;
};

}  // namespace postern::tools
