// $name expansion as main.cf has it:
//   $name ${name} $(name)      the value of name, expanded in turn; nothing when undefined
//   ${name?text} ${name:text}  text when name is not empty / is empty
//   ${name?{a}:{b}}            a or b
//   ${{x} op {y} ? {a} : {b}}  op: == != < <= >= >; numbers when both are whole numbers, else
//                              octets.  Without arms: "true" or nothing.
//   ${{x} <level {y} ? ...}    the same operators on compatibility levels (3.9 is before 3.10)
//   $$                         one $
// A name that needs itself is an error that names the loop; depth, steps and size are bounded.
// Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::config {

struct ExpandLimits {
  std::size_t max_depth = 100;      // of names and of nested ${...}
  std::size_t max_steps = 100'000;  // references looked at, so that a=$b$b b=$c$c ... ends
  std::size_t max_bytes = 1u << 20;
};

// Unexpanded value of a name; nullopt: undefined.  The view must live until expand() returns.
using NameLookup = std::function<std::optional<std::string_view>(std::string_view name)>;

// Error kInvalid: syntax, or a loop; kLimit: a bound.  The text says what and where.
Result<std::string> expand(std::string_view text, const NameLookup& lookup,
                           const ExpandLimits& limits = {});

// Every name that `text` refers to, in arms and operands too; values are not followed.  `tested`:
// ${name?...} or ${name:...}, which ask whether it is set.  Stops at the first syntax error.
void for_each_reference(std::string_view text,
                        const std::function<void(std::string_view name, bool tested)>& visit);

}  // namespace postern::config
