// Restrictions: a list such as smtpd_recipient_restrictions, parsed once, then asked for one client
// or recipient.  The words are tried in order; the first that permits or refuses ends the list.
// Not here: greylisting, DNS lists, policy services: those are filters.  A word we do not know is
// an error at start: a list with a hole in it could be an open relay.
// Immutable; thread-safe; asks tables, so it may block as long as they do.  Postfix:
// SMTPD_ACCESS_README, access(5).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/mailbox.h"
#include "core/mail/rejection.h"
#include "core/maps/match_list.h"
#include "core/maps/table_list.h"
#include "core/routing/directory.h"

namespace postern::routing {

// What a list may look at.  Pointers may be null: that stage has not been reached.
struct RestrictionContext {
  std::string_view client_address;  // "192.0.2.1"
  std::string_view client_name;     // verified, or "unknown"
  bool is_sasl_authenticated = false;
  bool has_pipelined_early = false;  // commands sent before the reply that allows them
  std::string_view helo;
  const mail::ReversePath* sender = nullptr;
  const mail::Mailbox* recipient = nullptr;
};

// Parameters that the words refer to.
struct RestrictionOptions {
  std::shared_ptr<const maps::NetworkList> mynetworks;
  maps::TableOptions tables;
  std::string recipient_delimiter;                   // for check_recipient_access
  bool access_maps_match_subdomains = true;          // parent_domain_matches_subdomains
  std::uint16_t relay_domains_reject_code = 554;     // relay_domains_reject_code
  std::uint16_t reject_code = 554;                   // reject_code
  std::uint16_t defer_code = 450;                    // defer_code
  std::uint16_t access_map_reject_code = 554;        // access_map_reject_code
  std::uint16_t access_map_defer_code = 450;         // access_map_defer_code
  std::uint16_t non_fqdn_reject_code = 504;          // non_fqdn_reject_code
  std::uint16_t invalid_hostname_reject_code = 501;  // invalid_hostname_reject_code
  std::size_t max_words = 1000;
};

enum class Verdict { kDunno, kPermit, kReject };

struct RestrictionOutcome {
  Verdict verdict = Verdict::kDunno;
  std::optional<mail::Rejection> rejection;  // with kReject
  std::string decided_by;                    // the word, for the log
  std::vector<std::string> warnings;         // of warn_if_reject: what would have been refused
};

class RestrictionList {
 public:
  RestrictionList() = default;
  // `parameter`: its name, for errors.  kInvalid names the word that is unknown or not supported.
  static Result<RestrictionList> parse(std::string_view parameter, std::string_view value,
                                       const RestrictionOptions& options);

  bool empty() const { return rules_.empty(); }
  // Some word asks a table (check_*_access).
  bool asks_tables() const;
  // True if strangers' mail to foreign recipients cannot pass: some word refuses it, or ends the
  // list with a refusal, before the end.  smtpd_relay_restrictions and
  // smtpd_recipient_restrictions together must have one such list.
  bool guards_relay() const;
  // A table that does not answer is a 451, never a permit.
  RestrictionOutcome evaluate(const RestrictionContext& context, const Directory& directory) const;

 private:
  enum class Word {
    kPermit,
    kReject,
    kDefer,
    kDeferIfPermit,
    kDeferIfReject,
    kWarnIfReject,
    kPermitMynetworks,
    kPermitSaslAuthenticated,
    kPermitAuthDestination,
    kRejectUnauthDestination,
    kDeferUnauthDestination,
    kRejectUnlistedRecipient,
    kRejectUnlistedSender,
    kRejectUnauthPipelining,
    kRejectNonFqdnHelo,
    kRejectInvalidHelo,
    kRejectNonFqdnSender,
    kRejectNonFqdnRecipient,
    kCheckClientAccess,
    kCheckHeloAccess,
    kCheckSenderAccess,
    kCheckRecipientAccess,
  };
  struct Rule {
    Word word;
    std::string text;        // as written
    maps::TableList tables;  // of check_*_access
  };
  // What one word says; a deferral that depends on the end of the list is kept in `later`.
  struct Step {
    Verdict verdict = Verdict::kDunno;
    std::optional<mail::Rejection> rejection = std::nullopt;
    bool only_if_permit = false;
    bool only_if_reject = false;
  };
  static std::optional<Word> find_word(std::string_view text);

  Step apply(const Rule& rule, const RestrictionContext& context, const Directory& directory) const;
  Step apply_client(const RestrictionContext& context) const;
  Step apply_destination(Word word, const RestrictionContext& context,
                         const Directory& directory) const;
  Step apply_unlisted(const mail::Mailbox& address, bool as_sender,
                      const Directory& directory) const;
  Step apply_helo(Word word, const RestrictionContext& context) const;
  Step apply_fqdn(const mail::Mailbox& address, std::string_view what) const;
  Step apply_access(const Rule& rule, const RestrictionContext& context,
                    const Directory& directory) const;
  Result<std::optional<std::string>> find_access(const Rule& rule,
                                                 const RestrictionContext& context) const;
  Step access_action(std::string_view action, std::string_view subject, std::string_view what,
                     const RestrictionContext& context, const Directory& directory) const;

  std::vector<Rule> rules_;
  RestrictionOptions options_;
};

}  // namespace postern::routing
