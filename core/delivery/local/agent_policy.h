// AgentPolicy: what the privileged process is willing to do at all, fixed when it is forked, and
// the check of an order against it.  The order's sender is not trusted: whoever takes over the
// engine must not get root, nor the users and places that no configuration names. Blocking (passwd
// look-ups).
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/delivery/local/order.h"

namespace postern::delivery {

struct AgentPolicy {
  uid_t minimum_uid = 100;  // virtual_minimum_uid; local(8) users below it get no mail; 0 never
  std::vector<std::string> mailbox_bases;  // virtual_mailbox_base, mail_spool_directory
  std::string spool_directory;             // mail_spool_directory: its group is lent for lock files
  bool allow_homes = true;  // a base that is the owner's home directory (home_mailbox)
  bool allow_files = true;  // /file/name destinations (base "/"); allow_mail_to_files not empty
  // Who commands may run as: pipe(8) user=, default_privs, owners of alias files.
  std::vector<uid_t> command_uids;
  bool allow_user_commands = true;   // |command in a .forward, as any user of the passwd table
  std::size_t max_children = 50;     // deliveries at the same time
  std::uint32_t max_seconds = 7200;  // longest life of one delivery, whatever the order says
};

// kPermission with the rule that the order breaks; ok() otherwise.
Result<void> check_order(const AgentPolicy& policy, const Order& order);

// Whether the mailbox lies in policy.spool_directory.
bool is_in_spool(const AgentPolicy& policy, const MailboxOrder& order);

// Time after which a delivery is given up.
Seconds time_limit_of(const AgentPolicy& policy, const Order& order);

}  // namespace postern::delivery
