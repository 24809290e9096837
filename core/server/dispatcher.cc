#include "core/server/dispatcher.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/server/replies.h"
#include "core/server/session_log.h"
#include "core/smtp/command_parser.h"
#include "core/smtp/foreign_protocol.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;
using smtp::Verb;

smtp::LineReaderOptions line_options(const Conversation& conversation) {
  const LimitOptions& limits = conversation.options().limits;
  return {.max_line_octets = limits.line_length, .max_discard_octets = limits.line_discard};
}

smtp::CommandOptions command_options(const Conversation& conversation) {
  const ServerOptions& options = conversation.options();
  return {.smtputf8 = options.extensions.smtputf8,
          .transaction_uses_smtputf8 =
              conversation.transaction && conversation.transaction->envelope.smtputf8,
          .allow_bare_local_part = !options.strictness.strict_envelopes};
}

// RFC 2920 s3.1: these end a group of commands, as their replies may change what comes next.
constexpr bool ends_a_group(Verb verb) {
  switch (verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
    case Verb::kLhlo:
    case Verb::kData:
    case Verb::kVrfy:
    case Verb::kExpn:
    case Verb::kNoop:
    case Verb::kStartTls:
    case Verb::kAuth:
    case Verb::kXclient: return true;
    default: return false;
  }
}

// Commands without effect on a message; smtpd_junk_command_limit.
constexpr bool is_junk(Verb verb) {
  switch (verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
    case Verb::kLhlo:
    case Verb::kRset:
    case Verb::kNoop:
    case Verb::kVrfy:
    case Verb::kExpn:
    case Verb::kEtrn:
    case Verb::kHelp:
    case Verb::kXclient:
    case Verb::kXforward: return true;
    default: return false;
  }
}

RefusalReason reason_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::kUnknownCommand:
    case Ruling::kNotImplemented: return RefusalReason::kUnknownCommand;
    case Ruling::kTlsFirst: return RefusalReason::kTls;
    default: return RefusalReason::kSequence;
  }
}

}  // namespace

Dispatcher::Dispatcher(Conversation& conversation)
    : conversation_(conversation), lines_(line_options(conversation)) {}

Step Dispatcher::consume(std::string_view& input) {
  while (true) {
    if (conversation_.must_close) return Step::kClose;
    if (conversation_.output.size() > conversation_.options().limits.reply_buffer)
      return Step::kFlush;
    if (input.empty()) return Step::kInput;
    Step step = Step::kInput;
    switch (mode_) {
      case Mode::kCommands: step = take_line(input); break;
      case Mode::kData:
      case Mode::kChunk: step = take_data(input); break;
      case Mode::kSkipChunk: skip_chunk(input); break;
    }
    if (step != Step::kInput) return step;
  }
}

Step Dispatcher::take_line(std::string_view& input) {
  // A ClientHello may hold no line end at all, so it is looked for before lines are.
  if (at_start_ && smtp::looks_like_tls(input)) return refuse_foreign("(TLS handshake)");
  // XCLIENT and a reload of lists may have changed it.
  lines_.set_bare_lf_policy(conversation_.standing.bare_newline == BareNewline::kReject
                                ? smtp::LineEndPolicy::kReject
                                : smtp::LineEndPolicy::kNormalize);
  const smtp::LineReader::Status status = lines_.feed(input);
  conversation_.command_failed = conversation_.command_is_error = false;
  switch (status) {
    case smtp::LineReader::Status::kNeedMore: return Step::kInput;
    case smtp::LineReader::Status::kLine:
      at_start_ = false;
      return take_command(lines_.line(), !input.empty(), input);
    case smtp::LineReader::Status::kTooLong:
      conversation_.refuse({500, EnhancedStatus{5, 5, 2}, "Error: line too long"},
                           RefusalReason::kSyntax);
      return finish(Verb::kUnknown);
    case smtp::LineReader::Status::kBareLf: {
      const mail::Rejection rejection{
          replies::bare_newline(conversation_.options().strictness.bare_newline_code,
                                conversation_.hostname(), "bare <LF> received"),
          {},
          true};
      conversation_.reject(rejection, RefusalReason::kBareNewline, "command");
      return finish(Verb::kUnknown);
    }
    case smtp::LineReader::Status::kFatal:
      conversation_.refuse_and_close({500, EnhancedStatus{5, 5, 2}, "Error: line too long"},
                                     RefusalReason::kSyntax);
      return finish(Verb::kUnknown);
  }
  return Step::kInput;
}

Verb Dispatcher::effective_verb(std::string_view line) const {
  const auto& noops = conversation_.options().strictness.noop_commands;
  if (!noops.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    for (const std::string& noop : noops)
      if (mail::equals_ignoring_ascii_case(noop, word)) return Verb::kNoop;
  }
  return smtp::verb_of(line);
}

bool Dispatcher::is_foreign(Verb verb, std::string_view line) const {
  if (verb != Verb::kUnknown) return false;
  if (smtp::detect_foreign_protocol(line) != smtp::ForeignProtocol::kNone) return true;
  const std::string_view word = line.substr(0, line.find(' '));
  return std::ranges::any_of(
      conversation_.options().strictness.forbidden_commands,
      [&](const std::string& each) { return mail::equals_ignoring_ascii_case(each, word); });
}

// Something follows the command already: may it?  Behind BDAT it is the chunk, and nobody waits for
// what comes behind QUIT.
bool Dispatcher::is_out_of_turn(Verb verb) const {
  if (verb == Verb::kBdat || verb == Verb::kQuit) return false;
  return !conversation_.state.is_extended() || ends_a_group(verb);
}

Step Dispatcher::refuse_foreign(std::string_view line) {
  log_foreign(conversation_, line);
  conversation_.refuse_and_close({554, EnhancedStatus{5, 5, 1}, "Error: this is a mail server"},
                                 RefusalReason::kForeignProtocol);
  return finish(Verb::kUnknown);
}

Step Dispatcher::take_command(std::string_view line, bool more_follows, std::string_view rest) {
  if (conversation_.is_draining) {
    conversation_.reply(replies::shutting_down(conversation_.hostname()));
    conversation_.must_close = true;
    return Step::kClose;
  }
  const Verb verb = effective_verb(line);
  if (is_foreign(verb, line)) return refuse_foreign(line);
  conversation_.last_command = smtp::to_string(verb);
  if (more_follows && is_out_of_turn(verb)) {
    if (!conversation_.has_pipelined_early) log_early_talker(conversation_, rest);
    conversation_.has_pipelined_early = true;
    // What follows STARTTLS in plain text must never be read as if it came under TLS
    // (CVE-2011-0411), whatever the operator allows otherwise.
    const bool is_forbidden = conversation_.options().strictness.forbid_unauth_pipelining &&
                              conversation_.client.sasl_username.empty();
    if (is_forbidden || verb == Verb::kStartTls) {
      conversation_.refuse_and_close(replies::talked_early(), RefusalReason::kPipelining);
      return finish(verb);
    }
  }
  const Ruling ruling = conversation_.state.rule(verb);
  if (ruling != Ruling::kLegal) return refuse_ruling(verb, ruling, line);
  if (verb == Verb::kNoop && smtp::verb_of(line) != verb) {  // smtpd_noop_commands
    command_ = smtp::NoopCommand{};
  } else {
    auto parsed = smtp::parse_command(line, command_options(conversation_));
    if (!parsed) {
      conversation_.refuse(parsed.error().reply, RefusalReason::kSyntax);
      // Where the chunk ends nobody knows now; the message cannot be completed.
      if (verb == Verb::kBdat) conversation_.end_transaction();
      return finish(verb);
    }
    command_ = std::move(*parsed);
  }
  if (const auto* bdat = std::get_if<smtp::BdatCommand>(&command_)) chunk_ahead_ = bdat->size;
  const Handler& handler = handler_of(verb, conversation_.state.progress());
  pending_ = {verb, &handler, handler.point, handler.stage, smtp::to_string(verb)};
  if (handler.check != nullptr && !handler.check(conversation_, command_)) return finish(verb);
  return ask_access();
}

Step Dispatcher::refuse_ruling(Verb verb, Ruling ruling, std::string_view line) {
  // The octets of a chunk come whatever we say (RFC 3030 s4.2).
  if (verb == Verb::kBdat) {
    const auto parsed = smtp::parse_command(line, command_options(conversation_));
    if (parsed) {
      if (const auto* bdat = std::get_if<smtp::BdatCommand>(&*parsed)) chunk_ahead_ = bdat->size;
    }
  }
  if (verb == Verb::kUnknown) {
    if (const auto parsed = smtp::parse_command(line, {}); !parsed) {  // octets no command may hold
      conversation_.refuse(parsed.error().reply, RefusalReason::kSyntax);
      return finish(verb);
    }
  }
  conversation_.refuse(replies::for_ruling(ruling, conversation_.state.rules().is_lmtp),
                       reason_of(ruling));
  // A refusal by sequence changes nothing, not even the transaction; but a refused chunk is lost.
  return finish(verb);
}

routing::RestrictionContext Dispatcher::access_context() const {
  routing::RestrictionContext context = conversation_.restriction_context();
  if (pending_.point == CheckPoint::kRecipient)
    context.recipient = &conversation_.candidate.forward_path;
  return context;
}

Step Dispatcher::ask_access() {
  const ServerSite& site = conversation_.site();
  if (!asks_anything(site, pending_.point)) return ask_filter();
  if (site.options.tables_may_block) return Step::kAccess;
  return after_access(check_access(site, pending_.point, access_context()));
}

Step Dispatcher::after_access(AccessAnswer answer) {
  for (const std::string& warning : answer.warnings)
    log_reject_warning(conversation_, pending_.what, warning);
  if (!answer.rejection) return ask_filter();
  if (pending_.handler == nullptr) return refuse_message(*answer.rejection, answer.reason);
  conversation_.reject(*answer.rejection, answer.reason, pending_.what);
  return finish(pending_.verb);
}

Step Dispatcher::ask_filter() {
  if (pending_.stage != filter::Stage::kNone && conversation_.chain->wanted().has(pending_.stage))
    return Step::kFilter;
  return proceed();
}

Step Dispatcher::after_filter(filter::Verdict verdict) {
  using Action = filter::Verdict::Action;
  if (verdict.action == Action::kReject && verdict.rejection) {
    if (pending_.handler == nullptr)
      return refuse_message(*verdict.rejection, RefusalReason::kFilter);
    conversation_.reject(*verdict.rejection, RefusalReason::kFilter, pending_.what);
    return finish(pending_.verb);
  }
  if (verdict.action == Action::kDiscard && pending_.handler == nullptr) {
    log::info(conversation_.options().identity.service, "{}: discard: END-OF-MESSAGE from {}",
              conversation_.queue_id(), conversation_.peer());
    const std::string line = replies::discarded(conversation_.transaction->message->id());
    const std::size_t count = conversation_.state.rules().is_lmtp
                                  ? conversation_.transaction->envelope.recipients.size()
                                  : 1;
    for (std::size_t i = 0; i < count; ++i)
      conversation_.reply_ok(line);
    conversation_.end_transaction();
    return finish(pending_.verb, true);
  }
  return proceed();
}

Step Dispatcher::proceed() {
  if (pending_.handler == nullptr) return Step::kCommit;
  const Effect effect = pending_.handler->proceed(conversation_, command_);
  switch (effect) {
    case Effect::kNone: return finish(pending_.verb);
    case Effect::kReadData: mode_ = Mode::kData; return Step::kInput;
    case Effect::kReadChunk: {
      mode_ = Mode::kChunk;
      chunk_ahead_ = 0;
      std::string_view nothing;  // a chunk of no octets is complete at once
      return conversation_.transaction->chunk_size == 0 ? take_data(nothing) : Step::kInput;
    }
    case Effect::kStartTls:
      finish(pending_.verb);
      lines_.reset();
      at_start_ = true;
      return Step::kStartTls;
    case Effect::kNewClient: finish(pending_.verb); return Step::kNewClient;
    case Effect::kClose:
      finish(pending_.verb);
      conversation_.must_close = true;
      return Step::kClose;
  }
  return Step::kInput;
}

Step Dispatcher::finish(Verb verb, bool is_last_chunk) {
  const bool failed = conversation_.command_failed;
  conversation_.tally.add(verb, !failed);
  if (failed) {
    if (pending_.handler != nullptr && pending_.handler->undo != nullptr && pending_.verb == verb)
      pending_.handler->undo(conversation_, command_);
    if (verb == Verb::kBdat) {
      conversation_.end_transaction();
      skip_refused_chunk();
    }
    conversation_.state.refused(verb);
  } else {
    conversation_.state.accepted(verb, is_last_chunk);
  }
  conversation_.candidate = {};
  pending_ = {};
  bool is_error = conversation_.command_is_error;
  if (is_junk(verb) && ++conversation_.junk_commands > conversation_.junk_limit()) is_error = true;
  return count_error(is_error);
}

Step Dispatcher::count_error(bool is_error) {
  if (!is_error) return conversation_.must_close ? Step::kClose : Step::kInput;
  const bool pause = conversation_.errors >= conversation_.options().limits.soft_errors &&
                     conversation_.options().times.error_sleep.count() > 0;
  ++conversation_.errors;
  if (conversation_.errors >= conversation_.hard_error_limit() && !conversation_.must_close) {
    conversation_.reply(replies::too_many_errors(conversation_.hostname()));
    conversation_.must_close = true;
    log_end(conversation_, "too many errors");
    ServerMetrics::get().refused(RefusalReason::kTooManyErrors);
  }
  if (pause) return Step::kPause;
  return conversation_.must_close ? Step::kClose : Step::kInput;
}

Step Dispatcher::after_pause() { return conversation_.must_close ? Step::kClose : Step::kInput; }

}  // namespace postern::server
