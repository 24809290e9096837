// LocalTransport: mail for users of this system.  A recipient's name is looked up in alias_maps,
// then in the passwd table; a user's .forward says more; what is left is a mailbox, a command, a
// file or another address.  Everything that needs a user's rights is an order to the privileged
// process.
//
// One recipient that leads to one mailbox, command or file is delivered here.  One that leads to
// several is "expanded": commands and files are done here, each once, and the rest goes back to the
// queue as recipients of its own, so that each has its own retries.  "\user" is such a recipient:
// the mailbox of user, whatever alias or .forward there is.
// Postfix: local(8), aliases(5).
#pragma once

#include <mutex>

#include "core/delivery/blocking_transport.h"
#include "core/delivery/forwarder.h"
#include "core/delivery/local/expansion.h"
#include "core/delivery/mailbox_locks.h"
#include "core/routing/directory.h"

namespace postern::delivery {

struct LocalOptions {
  std::string service = "local";              // name of the master.cf service
  std::string myhostname = "localhost";       // myhostname
  std::string home_mailbox;                   // home_mailbox
  std::string spool_directory = "/var/mail";  // mail_spool_directory
  std::uint64_t mailbox_limit = 51'200'000;   // mailbox_size_limit; octets, 0 none
  std::string quota;                          // Maildir++ quota of new Maildirs, "1000000S,1000C"
  MailboxLocks locks;                         // mailbox_delivery_lock
  std::string mailbox_command;                // mailbox_command; "" none
  std::string luser_relay;                    // luser_relay, raw: $user, $local ... are ours
  std::string command_shell;                  // local_command_shell
  Seconds command_time_limit{1000};           // command_time_limit
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};  // export_environment
  ExpansionOptions expansion;  // aliases, .forward, what they may do
  // prepend_delivered_header.
  bool delivered_header_for_commands = true;
  bool delivered_header_for_files = true;
  bool delivered_header_for_forwards = true;
};

// The transport of a master.cf service, for mailbox_transport and fallback_transport; null: there
// is none of that name.
using TransportFinder = std::function<std::shared_ptr<Transport>(std::string_view service)>;

class LocalTransport final : public Transport {
 public:
  // `forwarder`: may be null; then a list's owner- alias does not change the reverse-path.
  // `find_transport`: may be empty where neither mailbox_transport nor fallback_transport is set.
  LocalTransport(LocalOptions options, std::shared_ptr<const routing::Directory> directory,
                 std::shared_ptr<OrderRunner> runner, std::shared_ptr<Forwarder> forwarder,
                 TransportFinder find_transport, net::BlockingPool& pool);
  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;

 private:
  class Delivery;  // one recipient of one attempt; local_delivery.cc

  // What a thread of the pool made of one attempt: results, and who goes to another transport.
  struct Performed {
    mail::AttemptResult result;
    std::vector<std::pair<mail::Route, mail::Recipient>> handed_over;
    std::vector<std::uint32_t> handed_over_recipients;
  };
  Performed perform(const mail::Attempt& attempt);
  net::Task<mail::AttemptResult> hand_over(net::Loop& loop, mail::Attempt attempt,
                                           mail::Route route, mail::Recipient recipient,
                                           std::uint32_t index);

  LocalOptions options_;
  std::shared_ptr<const routing::Directory> directory_;
  std::shared_ptr<OrderRunner> runner_;
  std::shared_ptr<Forwarder> forwarder_;
  TransportFinder find_transport_;
  net::BlockingPool& pool_;
};

}  // namespace postern::delivery
