// Expansion: what one local recipient leads to, after aliases(5), :include: files and .forward
// files have been followed to their ends.  Blocking (tables, passwd, files); holds no state.
// Bounded in depth and size, so that a table that leads to itself, or to a million addresses, costs
// what the limits say.
// Not here: doing any of it (local_transport.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/delivery/local/order.h"
#include "core/mail/mailbox.h"

namespace postern::delivery {

// Where a destination was written; allow_mail_to_commands and allow_mail_to_files name these.
struct SourceSet {
  bool alias = true;
  bool forward = true;
  bool include = false;
  // "alias, forward, include"; kInvalid: an unknown word.
  static Result<SourceSet> parse(const std::vector<std::string>& words);
};

struct ExpansionOptions {
  SourceSet commands;      // allow_mail_to_commands
  SourceSet files;         // allow_mail_to_files
  Identity default_privs;  // default_privs, or the owner of the alias file if that is not root
  std::vector<std::string> forward_path = {  // forward_path, raw, one element for each file
      "$home/.forward${recipient_delimiter}${extension}", "$home/.forward"};
  bool expand_owner_alias = false;          // expand_owner_alias
  std::size_t destination_limit = 100'000;  // most destinations of one recipient
  std::size_t nesting_limit = 100;          // most aliases and files between them and it
  std::uint64_t file_limit = 4 << 20;       // octets of one .forward or :include: file
};

}  // namespace postern::delivery
