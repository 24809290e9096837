#include "core/server/conversation.h"

#include "core/base/log.h"
#include "core/server/session_log.h"

namespace postern::server {
namespace {

// A list that cannot be asked gives no privilege.
bool is_in(const maps::NetworkList& list, const mail::ClientInfo& client) {
  if (list.empty()) return false;
  const auto hit = list.matches(client.address, client.name);
  return hit && *hit;
}

SessionRules rules_of(const ServerSite& site) {
  const ServerOptions& options = site.options;
  const auto& discarded = options.extensions.discard_keywords;
  smtp::OfferedExtensions offer;
  smtp::discard_keywords(offer, discarded);
  return {.is_lmtp = options.identity.is_lmtp,
          .hello_required = options.strictness.helo_required,
          .tls_offered = site.tls != nullptr && options.extensions.tls_level != TlsLevel::kNone,
          .tls_required = options.extensions.tls_level == TlsLevel::kEncrypt,
          .chunking_offered = offer.chunking};
}

}  // namespace

Conversation::Conversation(std::shared_ptr<const ServerSite> site, const net::SocketAddress& peer)
    : chain(site->filters ? site->filters() : filter::make_empty_chain()),
      state(rules_of(*site)),
      site_(std::move(site)) {
  adopt_client(peer.host(), peer.port(), "unknown", "unknown");
}

Conversation::~Conversation() {
  end_transaction();
  chain->disconnect();
}

void Conversation::begin_filters() {
  chain->disconnect();
  chain = site_->filters ? site_->filters() : filter::make_empty_chain();
}

void Conversation::adopt_client(std::string address, std::uint16_t port, std::string name,
                                std::string reverse_name) {
  client.address = std::move(address);
  client.port = port;
  client.name = std::move(name);
  client.reverse_name = std::move(reverse_name);
  const ServerOptions& options = site_->options;
  standing.is_submitter = options.always_add_missing_headers || is_in(options.submitters, client);
  standing.may_xclient = is_in(options.extensions.xclient_hosts, client);
  standing.may_xforward = is_in(options.extensions.xforward_hosts, client);
  standing.is_exempt_from_limits = is_in(options.client_limits.exceptions, client);
  standing.bare_newline = is_in(options.strictness.bare_newline_exclusions, client)
                              ? BareNewline::kNormalize
                              : options.strictness.bare_newline;
  peer_ = fmt::format("{}[{}]", client.name, client.address);
}

void Conversation::end_transaction() {
  state.end_transaction();
  forwarded.reset();  // XFORWARD tells of one message
  if (!transaction) return;
  transaction.reset();
  chain->abort();
}

void Conversation::restart(bool is_tls) {
  end_transaction();
  state.restart(is_tls);
  client.helo.clear();
}

void Conversation::reply(const mail::Reply& reply) { reply.append_to(output); }

void Conversation::refuse_without_error(const mail::Reply& reply, RefusalReason reason) {
  reply.append_to(output);
  command_failed = true;
  ServerMetrics::get().refused(reason);
}

void Conversation::refuse(const mail::Reply& reply, RefusalReason reason) {
  refuse_without_error(reply, reason);
  command_is_error = true;
}

void Conversation::refuse_and_close(const mail::Reply& reply, RefusalReason reason) {
  refuse(reply, reason);
  must_close = true;
}

void Conversation::reject(const mail::Rejection& rejection, RefusalReason reason,
                          std::string_view what) {
  log_rejection(*this, what, rejection);
  refuse(rejection.reply, reason);
  if (rejection.disconnect || rejection.reply.code() == 421 || rejection.reply.code() == 521)
    must_close = true;
}

bool Conversation::offers_tls() const { return state.rules().tls_offered && !state.is_tls(); }

smtp::OfferedExtensions Conversation::offered() const {
  smtp::OfferedExtensions offer;
  offer.hostname = hostname();
  offer.max_size = options().limits.message_size;
  offer.vrfy = !options().strictness.disable_vrfy;
  offer.starttls = offers_tls();
  offer.smtputf8 = options().extensions.smtputf8;
  offer.xclient = standing.may_xclient;
  offer.xforward = standing.may_xforward;
  smtp::discard_keywords(offer, options().extensions.discard_keywords);
  return offer;
}

routing::RestrictionContext Conversation::restriction_context() const {
  routing::RestrictionContext out;
  out.client_address = client.address;
  out.client_name = client.name;
  out.is_sasl_authenticated = !client.sasl_username.empty();
  out.has_pipelined_early = has_pipelined_early;
  out.helo = client.helo;
  if (transaction) out.sender = &transaction->envelope.reverse_path;
  return out;
}

std::string_view Conversation::queue_id() const {
  return transaction && !transaction->id_text.empty() ? std::string_view(transaction->id_text)
                                                      : "NOQUEUE";
}

std::string Conversation::protocol() const {
  const bool is_utf8 = transaction && transaction->envelope.smtputf8;
  std::string out;
  if (state.rules().is_lmtp) {
    out = is_utf8 ? "UTF8LMTP" : "LMTP";
  } else if (!state.is_extended()) {
    return "SMTP";
  } else {
    out = is_utf8 ? "UTF8SMTP" : "ESMTP";
  }
  if (state.is_tls()) out += 'S';
  if (!client.sasl_username.empty()) out += 'A';
  return out;
}

unsigned Conversation::hard_error_limit() const {
  const LimitOptions& limits = options().limits;
  return site_->is_stressed() ? limits.hard_errors_stress : limits.hard_errors;
}

unsigned Conversation::junk_limit() const {
  const LimitOptions& limits = options().limits;
  return site_->is_stressed() ? limits.junk_commands_stress : limits.junk_commands;
}

}  // namespace postern::server
