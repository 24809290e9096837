// Directory: who lives here, and where mail for everybody else goes.  Answers three questions for
// one recipient: its address class (may mail for it come in at all), whether it exists, and its
// route; and expands virtual aliases.
// Made by engine/ from the configuration, replaced as a whole by a reload; used by server/ and
// engine/.  Immutable; thread-safe.  Every call may look up tables, so it may block as long as
// a table does (maps/table.h).  Postfix: ADDRESS_CLASS_README, transport(5), virtual(5).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/attempt.h"
#include "core/mail/envelope.h"
#include "core/mail/mailbox.h"
#include "core/mail/rejection.h"
#include "core/maps/match_list.h"
#include "core/maps/table_list.h"
#include "core/routing/directory_options.h"

namespace postern::routing {

enum class AddressClass {
  kLocal,           // mydestination, own addresses in brackets
  kVirtualAlias,    // virtual_alias_domains: every address is forwarded elsewhere
  kVirtualMailbox,  // virtual_mailbox_domains
  kRelay,           // relay_domains
  kOther,           // the rest of the world
  kInvalid,         // the domain is none: no mail goes there
};
std::string_view to_string(AddressClass address_class);

// A recipient after the routing operators (%, !, a quoted @) of local addresses have been followed
// to where the mail would really go.
struct Resolved {
  mail::Mailbox mailbox;  // with a domain, always
  AddressClass address_class = AddressClass::kOther;
  bool is_routed = false;  // not ours, and its local part still holds routing operators
};

class Directory {
 public:
  // Opens every table.  The error names the parameter, the value and the remedy.
  static Result<std::shared_ptr<const Directory>> open(DirectoryOptions options);

  // Errors: a table does not answer (a 4yz is due).
  Result<Resolved> resolve(const mail::Mailbox& recipient) const;
  // True where mail may come in from strangers: final or relay destination, and no routing
  // operators for the next hop to follow (unless allow_untrusted_routing).
  bool is_auth_destination(const Resolved& resolved) const;
  // nullopt: the recipient exists, or no table says who does.  Otherwise the refusal, "550 5.1.1
  // <user@domain>: Recipient address rejected: User unknown in local recipient table".
  // `as_sender`: the same of a sender address: "Sender address rejected", 5.1.0.
  Result<std::optional<mail::Rejection>> unlisted(const mail::Mailbox& address,
                                                  bool as_sender = false) const;

  struct Expansion {
    std::vector<mail::Recipient> recipients;  // what to deliver to, without duplicates
    // NOTIFY=SUCCESS was asked for and one recipient became several: the report is due now
    // ("expanded"), and `recipients` no longer ask for it.  RFC 3461 s5.2.7.2.
    bool success_report_due = false;
  };
  // Virtual aliases, recursively.  original_recipient, orcpt and notify stay.  An address that
  // expands to itself stays as it is, so loops end.  Errors: kLimit (size, depth or length limit;
  // the mail must be deferred), kInvalid (a table result that is no address), or a table's.
  Result<Expansion> expand(const mail::Recipient& recipient) const;

  // Where to next.  The next hop of error, retry and discard is their text.
  Result<mail::Route> route(const mail::Mailbox& recipient) const;
  // The route with the lane it shares: for local delivery one lane per user, else one per next hop.
  Result<mail::Destination> destination(const mail::Mailbox& recipient) const;

  // local_recipient_maps and alias_maps aside, what local delivery asks: the alias of a bare name.
  Result<std::optional<std::string>> alias(std::string_view name) const;
  // mailbox_transport, fallback_transport; nullopt: not set.
  std::optional<mail::Route> mailbox_transport(const mail::Mailbox& recipient) const;
  std::optional<mail::Route> fallback_transport(const mail::Mailbox& recipient) const;
  Result<bool> is_local_domain(std::string_view domain) const;

  const DirectoryOptions& options() const { return options_; }

 private:
  explicit Directory(DirectoryOptions options) : options_(std::move(options)) {}
  Result<void> open_lists();

  std::vector<std::string> spellings(std::string_view domain) const;
  mail::Mailbox completed(mail::Mailbox mailbox) const;  // with myorigin, mydomain
  std::optional<mail::Mailbox> follow_operator(const std::string& local_part) const;
  bool has_operator(std::string_view local_part) const;
  Result<AddressClass> classify(std::string_view domain) const;
  Result<bool> in_list(const maps::DomainList& list, std::string_view domain) const;

  Result<std::optional<maps::AddressMatch>> find(const maps::TableList& tables,
                                                 const mail::Mailbox& mailbox) const;
  Result<bool> is_listed(const Resolved& resolved, const maps::TableList* tables) const;
  Result<std::vector<mail::Mailbox>> alias_step(const mail::Mailbox& mailbox) const;

  mail::Route default_route(const Resolved& resolved) const;
  Result<std::optional<std::string>> transport_entry(const mail::Mailbox& mailbox) const;
  Result<mail::Route> route_of(const Resolved& resolved) const;

  DirectoryOptions options_;
  maps::DomainList mydestination_, virtual_alias_domains_, virtual_mailbox_domains_, relay_domains_;
  maps::TableList local_recipients_, aliases_, virtual_aliases_, virtual_mailboxes_,
      relay_recipients_, transports_;
};

// "transport:nexthop" taken apart.  A null part of a transport_maps entry leaves what `current`
// says; a transport without next hop takes `domain`.  transport(5).
mail::Route parse_route(std::string_view text, std::string_view domain,
                        const mail::Route& current = {});

}  // namespace postern::routing
