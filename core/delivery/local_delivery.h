// LocalDelivery: one attempt for one recipient of local(8), on a thread that may block.
//
// A recipient that leads to one mailbox, command or file is delivered.  One that leads to several
// is "expanded": commands and files are done, each once, and the rest becomes recipients of a new
// message, so that each has its own retries and reports.  A mailbox among them is the recipient
// "\user": the mailbox of user, whatever alias or .forward there is.
// Postfix: local(8).
#pragma once

#include "core/delivery/forwarder.h"
#include "core/delivery/local/done_set.h"
#include "core/delivery/local/expansion.h"
#include "core/delivery/local/header_scan.h"
#include "core/delivery/mailbox_locks.h"
#include "core/mail/attempt.h"
#include "core/routing/directory.h"

namespace postern::delivery {

struct LocalOptions {
  std::string service = "local";              // name of the master.cf service
  std::string myhostname = "localhost";       // myhostname
  std::string home_mailbox;                   // home_mailbox
  std::string spool_directory = "/var/mail";  // mail_spool_directory, with its final '/' if any
  std::uint64_t mailbox_limit = 51'200'000;   // mailbox_size_limit; octets, 0 none
  std::string quota;            // Maildir++ quota of Maildirs without their own, "1000000S,1000C"
  MailboxLocks locks;           // mailbox_delivery_lock
  std::string mailbox_command;  // mailbox_command; "" none
  std::string luser_relay;      // luser_relay, raw
  std::string command_shell;    // local_command_shell
  Seconds command_time_limit{1000};                               // command_time_limit
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};  // export_environment
  ExpansionOptions expansion;  // aliases, .forward, and what they may do
  // prepend_delivered_header.
  bool delivered_header_for_commands = true;
  bool delivered_header_for_files = true;
  bool delivered_header_for_forwards = true;
};

// What there is to work with; all outlive the delivery.
struct LocalTools {
  const LocalOptions& options;
  const routing::Directory& directory;
  OrderRunner& runner;
  Forwarder* forwarder;  // null: see local_transport.h
  DoneSet& done;
};

struct LocalResult {
  // The recipient goes to another transport (mailbox_transport, fallback_transport) as this one.
  struct HandOver {
    mail::Route route;
    mail::Recipient recipient;
  };

  LocalOutcome outcome;
  std::vector<mail::Recipient> expanded;  // with kExpanded
  std::optional<HandOver> hand_over;      // then the rest means nothing
};

class LocalDelivery {
 public:
  // `recipient`: index into the attempt's envelope.  `header`: of its content.
  LocalDelivery(const LocalTools& tools, const mail::Attempt& attempt, std::uint32_t recipient,
                const HeaderScan& header);
  LocalResult run();

 private:
  LocalResult deliver_alone(const Destination& destination);
  LocalResult deliver_all(const std::vector<Destination>& destinations);
  LocalResult deliver_mailbox(const Destination& destination);
  LocalResult deliver_unknown(const Destination& destination);
  LocalOutcome run_command(const Destination& destination, const std::string& line);
  LocalOutcome write_file(const Destination& destination);
  LocalOutcome do_once(const Destination& destination);
  LocalResult forward(std::span<const Destination* const> destinations);
  LocalOutcome send(std::span<const Destination* const> destinations);

  bool is_to_mailbox() const;
  mail::Recipient recipient_of(const Destination& destination) const;
  MailboxOrder mailbox_order(const Identity& owner) const;
  std::string done_name(const Destination& destination) const;
  std::string prologue(bool with_delivered_to) const;

  const LocalTools& tools_;
  const mail::Attempt& attempt_;
  const std::uint32_t index_;
  const mail::Recipient& recipient_;
  const HeaderScan& header_;
  std::string delivered_to_;  // the recipient's address, without a leading backslash
};

}  // namespace postern::delivery
