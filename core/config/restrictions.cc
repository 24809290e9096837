#include "core/config/restrictions.h"

#include <algorithm>
#include <array>

#include "core/config/words.h"

namespace postern::config {
namespace {

enum class Standing {
  kEnforced,
  kPermits,  // not evaluated: never matches, so less is let in
  kRefuses,  // not evaluated: would let more in
};

struct Word {
  std::string_view name;
  bool has_argument;
  Standing standing;
};

// Sorted by name.
constexpr std::array kWords = {
    Word{"check_access", true, Standing::kEnforced},
    Word{"check_ccert_access", true, Standing::kRefuses},
    Word{"check_client_a_access", true, Standing::kRefuses},
    Word{"check_client_access", true, Standing::kEnforced},
    Word{"check_client_mx_access", true, Standing::kRefuses},
    Word{"check_client_ns_access", true, Standing::kRefuses},
    Word{"check_etrn_access", true, Standing::kRefuses},
    Word{"check_helo_a_access", true, Standing::kRefuses},
    Word{"check_helo_access", true, Standing::kEnforced},
    Word{"check_helo_mx_access", true, Standing::kRefuses},
    Word{"check_helo_ns_access", true, Standing::kRefuses},
    Word{"check_policy_service", true, Standing::kRefuses},
    Word{"check_recipient_a_access", true, Standing::kRefuses},
    Word{"check_recipient_access", true, Standing::kEnforced},
    Word{"check_recipient_mx_access", true, Standing::kRefuses},
    Word{"check_recipient_ns_access", true, Standing::kRefuses},
    Word{"check_relay_domains", false, Standing::kEnforced},
    Word{"check_reverse_client_hostname_a_access", true, Standing::kRefuses},
    Word{"check_reverse_client_hostname_access", true, Standing::kRefuses},
    Word{"check_reverse_client_hostname_mx_access", true, Standing::kRefuses},
    Word{"check_reverse_client_hostname_ns_access", true, Standing::kRefuses},
    Word{"check_sasl_access", true, Standing::kRefuses},
    Word{"check_sender_a_access", true, Standing::kRefuses},
    Word{"check_sender_access", true, Standing::kEnforced},
    Word{"check_sender_mx_access", true, Standing::kRefuses},
    Word{"check_sender_ns_access", true, Standing::kRefuses},
    Word{"defer", false, Standing::kEnforced},
    Word{"defer_if_permit", false, Standing::kEnforced},
    Word{"defer_if_reject", false, Standing::kEnforced},
    Word{"defer_unauth_destination", false, Standing::kEnforced},
    Word{"permit", false, Standing::kEnforced},
    Word{"permit_auth_destination", false, Standing::kEnforced},
    Word{"permit_dnswl_client", true, Standing::kPermits},
    Word{"permit_inet_interfaces", false, Standing::kPermits},
    Word{"permit_mx_backup", false, Standing::kPermits},
    Word{"permit_mynetworks", false, Standing::kEnforced},
    Word{"permit_naked_ip_address", false, Standing::kPermits},
    Word{"permit_rhswl_client", true, Standing::kPermits},
    Word{"permit_sasl_authenticated", false, Standing::kEnforced},
    Word{"permit_tls_all_clientcerts", false, Standing::kPermits},
    Word{"permit_tls_clientcerts", false, Standing::kPermits},
    Word{"reject", false, Standing::kEnforced},
    Word{"reject_authenticated_sender_login_mismatch", false, Standing::kRefuses},
    Word{"reject_invalid_helo_hostname", false, Standing::kEnforced},
    Word{"reject_known_sender_login_mismatch", false, Standing::kRefuses},
    Word{"reject_maps_rbl", false, Standing::kRefuses},
    Word{"reject_multi_recipient_bounce", false, Standing::kRefuses},
    Word{"reject_non_fqdn_helo_hostname", false, Standing::kEnforced},
    Word{"reject_non_fqdn_recipient", false, Standing::kEnforced},
    Word{"reject_non_fqdn_sender", false, Standing::kEnforced},
    Word{"reject_plaintext_session", false, Standing::kRefuses},
    Word{"reject_rbl_client", true, Standing::kRefuses},
    Word{"reject_rhsbl_client", true, Standing::kRefuses},
    Word{"reject_rhsbl_helo", true, Standing::kRefuses},
    Word{"reject_rhsbl_recipient", true, Standing::kRefuses},
    Word{"reject_rhsbl_reverse_client", true, Standing::kRefuses},
    Word{"reject_rhsbl_sender", true, Standing::kRefuses},
    Word{"reject_sender_login_mismatch", false, Standing::kRefuses},
    Word{"reject_unauth_destination", false, Standing::kEnforced},
    Word{"reject_unauth_pipelining", false, Standing::kEnforced},
    Word{"reject_unauthenticated_sender_login_mismatch", false, Standing::kRefuses},
    Word{"reject_unknown_client_hostname", false, Standing::kRefuses},
    Word{"reject_unknown_forward_client_hostname", false, Standing::kRefuses},
    Word{"reject_unknown_helo_hostname", false, Standing::kRefuses},
    Word{"reject_unknown_recipient_domain", false, Standing::kRefuses},
    Word{"reject_unknown_reverse_client_hostname", false, Standing::kRefuses},
    Word{"reject_unknown_sender_domain", false, Standing::kRefuses},
    Word{"reject_unlisted_recipient", false, Standing::kEnforced},
    Word{"reject_unlisted_sender", false, Standing::kEnforced},
    Word{"reject_unverified_recipient", false, Standing::kRefuses},
    Word{"reject_unverified_sender", false, Standing::kRefuses},
    Word{"sleep", true, Standing::kPermits},
};

struct OldName {
  std::string_view old_name;
  std::string_view name;
};
constexpr OldName kOldNames[] = {
    {"check_recipient_maps", "reject_unlisted_recipient"},
    {"reject_invalid_hostname", "reject_invalid_helo_hostname"},
    {"reject_non_fqdn_hostname", "reject_non_fqdn_helo_hostname"},
    {"reject_unknown_address", "reject_unknown_sender_domain"},
    {"reject_unknown_client", "reject_unknown_client_hostname"},
    {"reject_unknown_hostname", "reject_unknown_helo_hostname"},
};

const Word* find_word(std::string_view name) {
  const auto* found =
      std::find_if(kWords.begin(), kWords.end(), [&](const Word& w) { return w.name == name; });
  return found == kWords.end() ? nullptr : found;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

constexpr std::size_t kMaxFlattened = 10'000;

Result<void> flatten_into(const RestrictionList& list, const ClassLookup& classes,
                          std::vector<std::string>& open, RestrictionList& out) {
  for (const Restriction& each : list) {
    const auto content = find_word(each.name) ? std::nullopt : classes(each.name);
    if (!content) {
      out.push_back(each);
      if (out.size() > kMaxFlattened)
        return fail(ErrorKind::kLimit, "more than {} restrictions", kMaxFlattened);
      continue;
    }
    if (std::find(open.begin(), open.end(), each.name) != open.end())
      return fail(ErrorKind::kInvalid, "the restriction class {} holds itself", each.name);
    const auto inner = parse_restrictions(*content);
    if (!inner)
      return fail(ErrorKind::kInvalid, "in the restriction class {}: {}", each.name,
                  inner.error().context);
    open.push_back(each.name);
    if (auto done = flatten_into(*inner, classes, open, out); !done) return done;
    open.pop_back();
  }
  return {};
}

}  // namespace

Result<RestrictionList> parse_restrictions(std::string_view text) {
  const auto words = split_words(text);
  if (!words) return std::unexpected(words.error());
  RestrictionList list;
  bool warn_only = false;
  for (std::size_t i = 0; i < words->size(); ++i) {
    std::string_view spelled = (*words)[i];
    // { word argument, option = value }: the braces group a word with what belongs to it.
    if (const auto content = braced_content(spelled)) {
      spelled = trim(*content);
      const std::size_t end = spelled.find_first_of(kBlanksAndComma);
      const std::string_view rest =
          end == std::string_view::npos ? std::string_view{} : trim(spelled.substr(end));
      list.push_back({lower_case(spelled.substr(0, end)), std::string(rest), warn_only});
      warn_only = false;
      continue;
    }
    if (spelled.find(':') != std::string_view::npos) {
      list.push_back({"check_access", std::string(spelled), warn_only});
      warn_only = false;
      continue;
    }
    std::string name = lower_case(spelled);
    for (const OldName& old : kOldNames)
      if (name == old.old_name) name = old.name;
    if (name == "warn_if_reject") {
      warn_only = true;
      continue;
    }
    Restriction restriction{std::string(spelled), "", warn_only};
    if (const Word* word = find_word(name)) {
      restriction.name = name;
      if (word->has_argument) {
        if (i + 1 == words->size())
          return fail(ErrorKind::kInvalid, "{} needs an argument behind it", spelled);
        restriction.argument = (*words)[++i];
      }
    }
    warn_only = false;
    list.push_back(std::move(restriction));
  }
  if (warn_only) return fail(ErrorKind::kInvalid, "warn_if_reject needs a restriction behind it");
  return list;
}

Result<RestrictionList> flatten_classes(const RestrictionList& list, const ClassLookup& classes) {
  RestrictionList out;
  std::vector<std::string> open;
  if (auto done = flatten_into(list, classes, open, out); !done)
    return std::unexpected(done.error());
  return out;
}

bool is_enforced(std::string_view name) {
  const Word* word = find_word(name);
  return word != nullptr && word->standing == Standing::kEnforced;
}

std::vector<std::string_view> restriction_words() {
  std::vector<std::string_view> out;
  for (const Word& word : kWords)
    out.push_back(word.name);
  return out;
}

void check_restrictions(std::string_view parameter, const RestrictionList& list,
                        const SourcePlace& place, Diagnostics& diagnostics) {
  // ETRN is always refused, so nothing in its list can be missed.
  const bool is_moot = parameter == "smtpd_etrn_restrictions";
  for (const Restriction& each : list) {
    const Word* word = find_word(each.name);
    if (!word) {
      diagnostics.error(place, parameter,
                        fmt::format("{} is not a restriction, nor a class that "
                                    "smtpd_restriction_classes names",
                                    quoted(each.name)));
      continue;
    }
    if (is_moot || word->standing == Standing::kEnforced) continue;
    const std::string shown = each.argument.empty() ? each.name : each.name + " " + each.argument;
    if (each.warn_only) {
      diagnostics.warning(
          place, parameter,
          fmt::format("warn_if_reject {} logs nothing: it is not evaluated", shown));
    } else if (word->standing == Standing::kPermits) {
      diagnostics.warning(place, parameter,
                          fmt::format("{} is not evaluated and permits nobody: remove it", shown));
    } else {
      diagnostics.error(place, parameter,
                        fmt::format("{} can't be enforced, so mail that it refuses would be "
                                    "accepted: remove it, or let a filter do it",
                                    shown));
    }
  }
}

}  // namespace postern::config
