// Parsing a list and walking it; what single words mean is in restriction_words.cc.
#include "core/routing/restrictions.h"

#include "core/maps/text.h"

namespace postern::routing {
namespace {

// Words of Postfix that ask DNS, a verifier or another service.  Not silently skipped.
std::string_view remedy_for(std::string_view word) {
  if (word.starts_with("reject_rbl") || word.starts_with("reject_rhsbl") ||
      word.starts_with("permit_dnswl") || word.starts_with("permit_rhswl"))
    return "DNS lists are asked by a filter (smtpd_filters)";
  if (word == "check_policy_service") return "use a filter (smtpd_filters)";
  if (word.starts_with("reject_unknown") || word.ends_with("_mx_access") ||
      word.ends_with("_ns_access") || word.ends_with("_a_access"))
    return "restrictions that ask DNS are not supported; remove it";
  if (word.starts_with("reject_unverified")) return "address probes are not supported; remove it";
  if (word.find("sender_login_mismatch") != std::string_view::npos)
    return "smtpd_sender_login_maps is not supported; remove it";
  return "no such restriction; a table goes behind check_recipient_access or a similar word";
}

}  // namespace

std::optional<RestrictionList::Word> RestrictionList::find_word(std::string_view text) {
  static const std::unordered_map<std::string_view, Word> kWords = {
      {"permit", Word::kPermit},
      {"reject", Word::kReject},
      {"defer", Word::kDefer},
      {"defer_if_permit", Word::kDeferIfPermit},
      {"defer_if_reject", Word::kDeferIfReject},
      {"warn_if_reject", Word::kWarnIfReject},
      {"permit_mynetworks", Word::kPermitMynetworks},
      {"permit_sasl_authenticated", Word::kPermitSaslAuthenticated},
      {"permit_auth_destination", Word::kPermitAuthDestination},
      {"reject_unauth_destination", Word::kRejectUnauthDestination},
      {"check_relay_domains", Word::kRejectUnauthDestination},  // its name before Postfix 2.0
      {"defer_unauth_destination", Word::kDeferUnauthDestination},
      {"reject_unlisted_recipient", Word::kRejectUnlistedRecipient},
      {"check_recipient_maps", Word::kRejectUnlistedRecipient},  // its name before Postfix 2.1
      {"reject_unlisted_sender", Word::kRejectUnlistedSender},
      {"reject_unauth_pipelining", Word::kRejectUnauthPipelining},
      {"reject_non_fqdn_helo_hostname", Word::kRejectNonFqdnHelo},
      {"reject_non_fqdn_hostname", Word::kRejectNonFqdnHelo},
      {"reject_invalid_helo_hostname", Word::kRejectInvalidHelo},
      {"reject_invalid_hostname", Word::kRejectInvalidHelo},
      {"reject_non_fqdn_sender", Word::kRejectNonFqdnSender},
      {"reject_non_fqdn_recipient", Word::kRejectNonFqdnRecipient},
      {"check_client_access", Word::kCheckClientAccess},
      {"check_helo_access", Word::kCheckHeloAccess},
      {"check_sender_access", Word::kCheckSenderAccess},
      {"check_recipient_access", Word::kCheckRecipientAccess},
  };
  const auto found = kWords.find(text);
  if (found == kWords.end()) return std::nullopt;
  return found->second;
}

Result<RestrictionList> RestrictionList::parse(std::string_view parameter, std::string_view value,
                                               const RestrictionOptions& options) {
  const auto items = maps::split_list(value);
  if (!items) return fail(ErrorKind::kInvalid, "{}: {}", parameter, items.error().context);
  if (items->size() > options.max_words)
    return fail(ErrorKind::kLimit, "{}: more than {} words", parameter, options.max_words);
  RestrictionList list;
  list.options_ = options;
  for (std::size_t i = 0; i < items->size(); ++i) {
    std::string text = (*items)[i];
    for (char& c : text)
      c = maps::to_lower(c);
    const auto word = find_word(text);
    if (!word)
      return fail(ErrorKind::kInvalid, "{}: \"{}\": {}", parameter, (*items)[i], remedy_for(text));
    Rule rule{*word, text, {}};
    if (*word >= Word::kCheckClientAccess) {
      if (i + 1 == items->size())
        return fail(ErrorKind::kInvalid,
                    "{}: \"{}\" needs a table, as in {} hash:/etc/postfix/access", parameter, text,
                    text);
      auto tables = maps::TableList::open((*items)[++i], options.tables);
      if (!tables)
        return std::unexpected(Error{
            tables.error().kind, fmt::format("{}: {}: {}", parameter, text, tables.error().context),
            tables.error().sys_errno});
      rule.tables = std::move(*tables);
      rule.text += " " + (*items)[i];
    }
    list.rules_.push_back(std::move(rule));
  }
  if (!list.rules_.empty() && list.rules_.back().word == Word::kWarnIfReject)
    return fail(ErrorKind::kInvalid, "{}: nothing behind \"warn_if_reject\"", parameter);
  return list;
}

bool RestrictionList::asks_tables() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.word >= Word::kCheckClientAccess; });
}

bool RestrictionList::guards_relay() const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    switch (rules_[i].word) {
      case Word::kWarnIfReject: ++i; break;  // whatever follows does not refuse
      case Word::kPermit: return false;
      case Word::kReject:
      case Word::kDefer:
      case Word::kDeferIfPermit:
      case Word::kRejectUnauthDestination:
      case Word::kDeferUnauthDestination: return true;
      default: break;
    }
  }
  return false;
}

RestrictionOutcome RestrictionList::evaluate(const RestrictionContext& context,
                                             const Directory& directory) const {
  RestrictionOutcome out;
  std::optional<mail::Rejection> if_permit, if_reject;
  std::string if_permit_word, if_reject_word;
  bool only_warn = false;
  for (const Rule& rule : rules_) {
    if (rule.word == Word::kWarnIfReject) {
      only_warn = true;
      continue;
    }
    Step step = apply(rule, context, directory);
    const bool warn = std::exchange(only_warn, false);
    if (warn && step.rejection) {
      out.warnings.push_back(fmt::format("{}: {}", rule.text, step.rejection->reply.to_log()));
      continue;
    }
    if (step.only_if_permit || step.only_if_reject) {
      auto& later = step.only_if_permit ? if_permit : if_reject;
      (step.only_if_permit ? if_permit_word : if_reject_word) = rule.text;
      if (!later) later = std::move(step.rejection);
      continue;
    }
    if (step.verdict == Verdict::kDunno) continue;
    out.verdict = step.verdict;
    out.decided_by = rule.text;
    out.rejection = std::move(step.rejection);
    break;
  }
  // A deferral that was waiting turns a permit, or a permanent refusal, into "try again".
  if (out.verdict == Verdict::kReject) {
    if (if_reject && out.rejection->reply.is_permanent_failure()) {
      out.rejection = std::move(if_reject);
      out.decided_by = if_reject_word;
    }
  } else if (if_permit) {
    out.verdict = Verdict::kReject;
    out.rejection = std::move(if_permit);
    out.decided_by = if_permit_word;
  }
  return out;
}

}  // namespace postern::routing
