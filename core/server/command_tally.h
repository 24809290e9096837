// CommandTally: how often each command came and how often it worked, for the line a session ends
// with: "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", as Postfix has it (pflogsumm, fail2ban).
// Plain value.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/smtp/command.h"

namespace postern::server {

class CommandTally {
 public:
  void add(smtp::Verb verb, bool worked) {
    Count& count = counts_[static_cast<std::size_t>(verb)];
    ++count.total;
    if (worked) ++count.worked;
  }
  // " name=worked" or " name=worked/total" for each command seen, then " commands=".
  std::string to_string() const;
  std::uint32_t total(smtp::Verb verb) const {
    return counts_[static_cast<std::size_t>(verb)].total;
  }

 private:
  static constexpr std::size_t kVerbs = static_cast<std::size_t>(smtp::Verb::kXforward) + 1;
  struct Count {
    std::uint32_t worked = 0;
    std::uint32_t total = 0;
  };
  std::array<Count, kVerbs> counts_{};
};

}  // namespace postern::server
