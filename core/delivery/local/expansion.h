// Expansion: what one local recipient leads to, after aliases(5), :include: files and .forward
// files have been followed to their ends.  Blocking (tables, passwd, files).
// Bounded in depth and size, so that a table that leads to itself, or to a million addresses, costs
// what the limits say.
// Not here: doing any of it (local_delivery.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/delivery/local/alias_value.h"
#include "core/delivery/local/order.h"
#include "core/delivery/local/system_user.h"
#include "core/mail/mailbox.h"
#include "core/routing/directory.h"

namespace postern::delivery {

// Where a destination was written; allow_mail_to_commands and allow_mail_to_files name these.
enum class AliasSource { kAlias, kForward, kInclude };

struct SourceSet {
  bool alias = true;
  bool forward = true;
  bool include = false;

  // The words of the parameter; kInvalid: an unknown one.
  static Result<SourceSet> parse(const std::vector<std::string>& words);
  bool allows(AliasSource source) const;
};

struct ExpansionOptions {
  SourceSet commands;      // allow_mail_to_commands
  SourceSet files;         // allow_mail_to_files
  Identity default_privs;  // default_privs, or the owner of the alias file if that is not root
  std::vector<std::string> forward_path = {  // forward_path, raw, one element for each file
      "$home/.forward${recipient_delimiter}${extension}", "$home/.forward"};
  bool owner_request_special = true;        // owner_request_special
  bool expand_owner_alias = false;          // expand_owner_alias
  std::size_t destination_limit = 100'000;  // most addresses looked at for one recipient
  std::size_t nesting_limit = 100;          // most aliases and files between an address and it
  std::uint64_t file_limit = 4 << 20;       // octets of one .forward or :include: file
  UserLookup find_user = find_system_user;
};

struct Destination {
  enum class Kind {
    kMailbox,  // of `user`
    kCommand,  // `text`, as `privileges`
    kFile,     // `text`, as `privileges`
    kForward,  // `address`: not ours to deliver
    kUnknown,  // `address` is local and nobody's
    kRefused,  // `refusal`: a destination that is not allowed, or no address
  };
  Kind kind = Kind::kMailbox;
  std::string text{};
  mail::Mailbox address{};
  std::optional<SystemUser> user{};  // whose mailbox, or whose .forward named it
  Identity privileges{};
  std::optional<mail::Mailbox> list_owner{};  // the innermost owner- alias on the way here
  LocalOutcome refusal{};
};

// kDeferred or kFailed in `refusal`: the recipient as a whole.
struct Expansion {
  std::vector<Destination> destinations;
  std::optional<LocalOutcome> refusal;
};

class Expander {
 public:
  // The arguments outlive the object.  `service`: the transport that routes back to us.
  Expander(const ExpansionOptions& options, const routing::Directory& directory,
           OrderRunner& runner, std::string_view service)
      : options_(options), directory_(directory), runner_(runner), service_(service) {}

  // One use of one object.  A local part that begins with a backslash is the mailbox of that user.
  Expansion expand(const mail::Mailbox& recipient);

 private:
  // How we came to an address.
  struct Context {
    AliasSource source = AliasSource::kAlias;
    Identity privileges{};
    std::optional<SystemUser> user{};  // set below a .forward
    std::optional<mail::Mailbox> list_owner{};
    std::size_t depth = 0;
    bool to_mailbox = false;  // \user: no .forward
  };
  class Step;  // a name on chain_ for as long as it lives
  enum class Met { kNew, kOnTheWay, kElsewhere };

  void follow_list(std::string_view text, bool is_file, const Context& context);
  void follow(const AliasTarget& target, const Context& context);
  void follow_address(const AliasTarget& target, const Context& context);
  void follow_name(const mail::Mailbox& address, const Context& context);
  void follow_user(const mail::Mailbox& address, const std::string& name, bool is_loop,
                   const Context& context);
  void follow_include(const std::string& path, const Context& context);
  // False: there is no such alias, or no .forward, and the search goes on.
  bool follow_alias(const std::string& name, bool& is_loop, const Context& context);
  bool follow_forward(const SystemUser& user, const mail::Mailbox& address, const Context& context);

  Met meet(const std::string& name) const;
  std::optional<std::string> read(const std::string& path, const Identity& reader,
                                  bool may_be_missing);
  std::optional<mail::Mailbox> owner_of_list(const std::string& name);
  void add(Destination destination, const std::string& identity, const Context& context);
  void refuse(LocalOutcome outcome, const Context& context);
  void stop(LocalOutcome outcome);  // the first one counts
  bool is_stopped() const { return out_.refusal.has_value(); }

  const ExpansionOptions& options_;
  const routing::Directory& directory_;
  OrderRunner& runner_;
  std::string service_;
  std::size_t looked_at_ = 0;
  std::unordered_set<std::string> chain_;  // names and files between here and the recipient
  std::unordered_set<std::string> seen_;   // names, files and destinations met so far
  Expansion out_;
};

}  // namespace postern::delivery
