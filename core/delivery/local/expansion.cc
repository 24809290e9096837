#include "core/delivery/local/expansion.h"

#include <sys/stat.h>

#include "core/delivery/local/local_names.h"
#include "core/maps/text.h"
#include "core/routing/address_text.h"

namespace postern::delivery {
namespace {

LocalOutcome unanswered(const Error& error) {
  return deferred("4.3.0", "alias or user database is unavailable", error.describe());
}

LocalOutcome misconfigured(std::string remedy) {
  return deferred("4.3.5", "mail system configuration error", std::move(remedy));
}

}  // namespace

Result<SourceSet> SourceSet::parse(const std::vector<std::string>& words) {
  SourceSet out{false, false, false};
  for (const auto& word : words) {
    if (word == "alias") {
      out.alias = true;
    } else if (word == "forward") {
      out.forward = true;
    } else if (word == "include") {
      out.include = true;
    } else {
      return fail(ErrorKind::kInvalid, "\"{}\" is none of alias, forward, include", word);
    }
  }
  return out;
}

bool SourceSet::allows(AliasSource source) const {
  switch (source) {
    case AliasSource::kAlias: return alias;
    case AliasSource::kForward: return forward;
    case AliasSource::kInclude: return include;
  }
  return false;
}

class Expander::Step {
 public:
  Step(Expander& expander, std::string name) : expander_(expander), name_(std::move(name)) {
    expander_.chain_.insert(name_);  // callers have asked meet() first
    expander_.seen_.insert(name_);
  }
  ~Step() { expander_.chain_.erase(name_); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  Expander& expander_;
  std::string name_;
};

Expander::Met Expander::meet(const std::string& name) const {
  if (chain_.contains(name)) return Met::kOnTheWay;
  return seen_.contains(name) ? Met::kElsewhere : Met::kNew;
}

void Expander::add(Destination destination, const std::string& identity, const Context& context) {
  if (!seen_.insert(identity).second) return;
  destination.list_owner = context.list_owner;
  out_.destinations.push_back(std::move(destination));
}

void Expander::refuse(LocalOutcome outcome, const Context& context) {
  Destination destination{.kind = Destination::Kind::kRefused, .refusal = std::move(outcome)};
  const std::string identity = "refused " + destination.refusal.diagnostic;
  add(std::move(destination), identity, context);
}

void Expander::stop(LocalOutcome outcome) {
  if (!is_stopped()) out_.refusal = std::move(outcome);
}

Expansion Expander::expand(const mail::Mailbox& recipient) {
  Context start{.privileges = options_.default_privs};
  if (recipient.local_part().starts_with('\\')) {
    const mail::Mailbox plain(recipient.local_part().substr(1), recipient.domain());
    const auto& delimiters = directory_.options().recipient_delimiter;
    const auto split = maps::split_local_part(plain.local_part(), delimiters);
    start.to_mailbox = true;
    follow_user(plain, mail::to_lower_ascii(split.base), false, start);
  } else {
    follow_name(recipient, start);
  }
  if (is_stopped()) out_.destinations.clear();
  return std::move(out_);
}

void Expander::follow_name(const mail::Mailbox& address, const Context& context) {
  if (context.depth > options_.nesting_limit) {
    stop(failed("5.4.6", "possible alias database loop for " + address.to_wire()));
    return;
  }
  const auto whole = mail::to_lower_ascii(address.local_part());
  const auto& delimiters = directory_.options().recipient_delimiter;
  const auto split = maps::split_local_part(whole, delimiters);
  const std::string name(split.base);
  bool is_loop = false;
  if (follow_alias(whole, is_loop, context)) return;
  if (!split.extension.empty() && follow_alias(name, is_loop, context)) return;
  if (!is_stopped()) follow_user(address, name, is_loop, context);
}

bool Expander::follow_alias(const std::string& name, bool& is_loop, const Context& context) {
  const std::string identity = "alias " + name;
  const auto met = meet(identity);
  // "joe: \joe, ann" and "joe: joe": the second joe is the user.
  if (met == Met::kOnTheWay) is_loop = true;
  if (met != Met::kNew) return met == Met::kElsewhere;
  const auto value = directory_.alias(name);
  if (!value) stop(unanswered(value.error()));
  if (is_stopped() || !*value) return is_stopped();
  const Step step(*this, identity);
  Context next{.source = AliasSource::kAlias,
               .privileges = options_.default_privs,
               .list_owner = owner_of_list(name),
               .depth = context.depth + 1};
  if (!next.list_owner) next.list_owner = context.list_owner;
  follow_list(**value, false, next);
  return true;
}

std::optional<mail::Mailbox> Expander::owner_of_list(const std::string& name) {
  constexpr std::string_view kOwner = "owner-";
  const bool is_special = name.starts_with(kOwner) || name.ends_with("-request");
  if (!options_.owner_request_special || is_special) return std::nullopt;
  const auto value = directory_.alias(std::string(kOwner) + name);
  if (!value) stop(unanswered(value.error()));
  if (!value || !*value) return std::nullopt;
  const auto& origin = directory_.options().myorigin;
  if (options_.expand_owner_alias) {
    const auto targets = parse_targets(**value, 2, false);
    if (targets && targets->size() == 1 && targets->front().kind == AliasTarget::Kind::kAddress)
      if (const auto address = routing::parse_table_address(targets->front().text))
        return address->has_domain() ? *address : mail::Mailbox(address->local_part(), origin);
  }
  return mail::Mailbox(std::string(kOwner) + name, origin);
}

void Expander::follow_user(const mail::Mailbox& address, const std::string& name, bool is_loop,
                           const Context& context) {
  auto user = options_.find_user(name);
  if (!user) return stop(unanswered(user.error()));
  if (!*user && is_loop)
    return refuse(failed("5.4.6", "mail forwarding loop for " + address.to_wire()), context);
  if (!*user)
    return add({.kind = Destination::Kind::kUnknown, .address = address}, "unknown " + name,
               context);
  if (!context.to_mailbox && follow_forward(**user, address, context)) return;
  if (is_stopped()) return;
  const auto identity = (*user)->identity;
  add({.kind = Destination::Kind::kMailbox,
       .address = address,
       .user = std::move(*user),
       .privileges = identity},
      "mailbox " + name, context);
}

bool Expander::follow_forward(const SystemUser& user, const mail::Mailbox& address,
                              const Context& context) {
  const std::string identity = "forward " + user.name;
  const auto met = meet(identity);
  if (met != Met::kNew) return met == Met::kElsewhere;
  // Root's files are not ours to read: its mail is for an alias.
  if (user.home.empty() || user.identity.uid == 0) return false;
  const LocalNames names{&user, address, directory_.options().recipient_delimiter};
  for (const auto& pattern : options_.forward_path) {
    const auto path = expand_names(pattern, names);
    if (!path.starts_with('/')) continue;
    const auto text = read(path, user.identity, true);
    if (is_stopped()) return true;
    if (!text) continue;
    // A file without a destination forwards nothing, so the mail stays here.
    const auto targets = parse_targets(*text, options_.destination_limit, true);
    if (targets && targets->empty()) return false;
    const Step step(*this, identity);
    follow_list(*text, true,
                {.source = AliasSource::kForward,
                 .privileges = user.identity,
                 .user = user,
                 .list_owner = context.list_owner,
                 .depth = context.depth + 1});
    return true;
  }
  return false;
}

// Read with the rights of the file's owner, unless a user named it: nobody gets at another's rights
// by including a file of his.
void Expander::follow_include(const std::string& path, const Context& context) {
  const std::string identity = "include " + path;
  if (context.depth > options_.nesting_limit)
    return stop(failed("5.4.6", "possible alias database loop in " + path));
  if (meet(identity) != Met::kNew) return;
  if (!path.starts_with('/'))
    return stop(misconfigured(":include:" + path + ": give the file's whole path"));
  const Step step(*this, identity);
  Context next = context;
  next.depth = context.depth + 1;
  if (!context.user) {
    next.source = AliasSource::kInclude;
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && status.st_uid != 0)
      next.privileges = {status.st_uid, status.st_gid};
  }
  const auto text = read(path, next.privileges, false);
  if (text) follow_list(*text, true, next);
}

std::optional<std::string> Expander::read(const std::string& path, const Identity& reader,
                                          bool may_be_missing) {
  const mail::MemoryContent nothing("");
  const Order order = ReadOrder{.owner = reader, .path = path, .size_limit = options_.file_limit};
  auto result = runner_.run(order, nothing);
  if (result.outcome.is_delivered()) return std::move(result.text);
  if (!result.is_missing || !may_be_missing) stop(std::move(result.outcome));
  return std::nullopt;
}

void Expander::follow_list(std::string_view text, bool is_file, const Context& context) {
  const auto targets = parse_targets(text, options_.destination_limit, is_file);
  if (!targets) {
    const bool is_limit = targets.error().kind == ErrorKind::kLimit;
    return stop(deferred(is_limit ? "4.6.0" : "4.3.5", "alias expansion error",
                         targets.error().describe()));
  }
  for (const auto& target : *targets) {
    if (is_stopped()) return;
    if (++looked_at_ > options_.destination_limit)
      return stop(deferred("4.6.0", "alias expansion error",
                           fmt::format("one recipient expands to more than {} addresses",
                                       options_.destination_limit)));
    follow(target, context);
  }
}

void Expander::follow(const AliasTarget& target, const Context& context) {
  switch (target.kind) {
    case AliasTarget::Kind::kAddress: return follow_address(target, context);
    case AliasTarget::Kind::kInclude: return follow_include(target.text, context);
    case AliasTarget::Kind::kCommand:
      if (!options_.commands.allows(context.source))
        return refuse(failed("5.7.1", "mail to command is restricted"), context);
      break;
    case AliasTarget::Kind::kFile:
      if (!options_.files.allows(context.source))
        return refuse(failed("5.7.1", "mail to file is restricted"), context);
      break;
  }
  const bool is_command = target.kind == AliasTarget::Kind::kCommand;
  // Two users may run the same program; one user runs it once.
  const auto identity =
      fmt::format("{} {} {}", is_command ? "command" : "file", context.privileges.uid, target.text);
  add({.kind = is_command ? Destination::Kind::kCommand : Destination::Kind::kFile,
       .text = target.text,
       .user = context.user,
       .privileges = context.privileges},
      identity, context);
}

void Expander::follow_address(const AliasTarget& target, const Context& context) {
  auto address = routing::parse_table_address(target.text);
  if (!address || address->local_part().empty())
    return refuse(failed("5.1.3", fmt::format("bad address syntax: \"{:.100}\"", target.text)),
                  context);
  if (!address->has_domain())
    address = mail::Mailbox(address->local_part(), directory_.options().myorigin);
  const auto resolved = directory_.resolve(*address);
  if (!resolved) return stop(unanswered(resolved.error()));
  if (resolved->address_class == routing::AddressClass::kInvalid)
    return refuse(failed("5.1.3", fmt::format("bad address syntax: \"{:.100}\"", target.text)),
                  context);
  const auto route = directory_.route(*address);
  if (!route) return stop(unanswered(route.error()));
  if (route->transport != service_)
    return add({.kind = Destination::Kind::kForward, .address = *address},
               "address " + mail::to_lower_ascii(address->to_wire()), context);
  if (!target.stops_expansion) return follow_name(resolved->mailbox, context);
  const auto& delimiters = directory_.options().recipient_delimiter;
  const auto split = maps::split_local_part(resolved->mailbox.local_part(), delimiters);
  Context next = context;
  next.to_mailbox = true;
  follow_user(resolved->mailbox, mail::to_lower_ascii(split.base), false, next);
}

}  // namespace postern::delivery
