// VirtualTransport: the mailboxes of virtual_mailbox_domains.  A recipient's path comes from
// virtual_mailbox_maps below virtual_mailbox_base, its owner from virtual_uid_maps and
// virtual_gid_maps; no passwd entry, no alias, no command.  A path that ends in '/' is a Maildir.
// Postfix: virtual(8).
#pragma once

#include "core/delivery/blocking_transport.h"
#include "core/delivery/mailbox_locks.h"
#include "core/maps/table_list.h"

namespace postern::delivery {

struct VirtualOptions {
  std::string service = "virtual";           // name of the master.cf service
  std::string mailbox_base;                  // virtual_mailbox_base
  maps::TableList mailboxes;                 // virtual_mailbox_maps
  maps::TableList uids;                      // virtual_uid_maps
  maps::TableList gids;                      // virtual_gid_maps
  uid_t minimum_uid = 100;                   // virtual_minimum_uid
  std::uint64_t mailbox_limit = 51'200'000;  // virtual_mailbox_limit; octets, 0 none
  std::string quota;                         // Maildir++ quota of new Maildirs, "1000000S,1000C"
  std::string recipient_delimiter;           // recipient_delimiter
  std::string myhostname = "localhost";      // myhostname
  MailboxLocks locks;                        // virtual_mailbox_lock
};

class VirtualTransport final : public BlockingTransport {
 public:
  VirtualTransport(VirtualOptions options, std::shared_ptr<OrderRunner> runner,
                   net::BlockingPool& pool);

 protected:
  mail::AttemptResult perform(const mail::Attempt& attempt) override;

 private:
  LocalOutcome deliver_one(const mail::Attempt& attempt, const mail::Recipient& recipient);
  Result<std::optional<std::string>> find(const maps::TableList& tables,
                                          const mail::Mailbox& mailbox) const;
  // virtual_uid_maps or virtual_gid_maps; the error's text is for the operator.
  Result<std::uint32_t> find_id(const maps::TableList& tables, const mail::Mailbox& mailbox,
                                std::string_view parameter) const;

  VirtualOptions options_;
  std::shared_ptr<OrderRunner> runner_;
};

}  // namespace postern::delivery
