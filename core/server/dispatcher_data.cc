// The part of the dispatcher that reads mail data: DATA, BDAT, chunks nobody wants, and the end of
// the message.
#include <algorithm>
#include <limits>

#include "core/base/log.h"
#include "core/server/dispatcher.h"
#include "core/server/replies.h"
#include "core/server/session_log.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;
using smtp::Verb;

struct DataRefusal {
  mail::Rejection rejection;
  RefusalReason reason;
};

DataRefusal refusal_of(const Conversation& conversation, smtp::DataVerdict verdict) {
  const auto bare = [&](std::string_view what) {
    return DataRefusal{{replies::bare_newline(conversation.options().strictness.bare_newline_code,
                                              conversation.hostname(), what),
                        {}},
                       RefusalReason::kBareNewline};
  };
  switch (verdict) {
    case smtp::DataVerdict::kBareLf: return bare("bare <LF> received");
    case smtp::DataVerdict::kBareCr: return bare("bare <CR> received");
    case smtp::DataVerdict::kNul:
      return {{{550, EnhancedStatus{5, 6, 0}, "Error: NUL octet received"}, {}},
              RefusalReason::kContent};
    case smtp::DataVerdict::kTooBig:
      return {{{552, EnhancedStatus{5, 3, 4}, "Error: message file too big"}, {}},
              RefusalReason::kTooBig};
    case smtp::DataVerdict::kLineTooLong:
      return {{{500, EnhancedStatus{5, 6, 0}, "Error: line too long"}, {}},
              RefusalReason::kContent};
    case smtp::DataVerdict::kClean: break;
  }
  return {{{451, EnhancedStatus{4, 3, 0}, "Error: internal"}, {}}, RefusalReason::kStorage};
}

smtp::DataVerdict verdict_of(const Transaction& transaction) {
  if (const auto* data = std::get_if<smtp::DataReader>(&transaction.reader)) return data->verdict();
  return std::get<smtp::BdatReader>(transaction.reader).verdict();
}

bool has_8bit(const Transaction& transaction) {
  if (const auto* data = std::get_if<smtp::DataReader>(&transaction.reader))
    return data->has_8bit();
  return std::get<smtp::BdatReader>(transaction.reader).has_8bit();
}

bool has_bare_newline(const Transaction& transaction) {
  if (const auto* data = std::get_if<smtp::DataReader>(&transaction.reader))
    return data->has_bare_newline();
  return std::get<smtp::BdatReader>(transaction.reader).has_bare_newline();
}

}  // namespace

Step Dispatcher::take_data(std::string_view& input) {
  Transaction& transaction = *conversation_.transaction;
  const bool wants_content = conversation_.chain->wanted().has(filter::Stage::kContent);
  transaction.intake->set_tap(wants_content ? &content_ : nullptr);
  const std::size_t before = input.size();
  const bool ended =
      mode_ == Mode::kData
          ? std::get<smtp::DataReader>(transaction.reader).feed(input, *transaction.intake)
          : std::get<smtp::BdatReader>(transaction.reader).feed(input, *transaction.intake);
  transaction.octets_read += before - input.size();
  // The client is free to go on after a message has become too big, but not for ever.
  const std::uint64_t limit = conversation_.options().limits.message_size;
  if (!ended && limit != 0 && transaction.octets_read / 2 > limit) {
    conversation_.must_close = true;
    const DataRefusal refusal = refusal_of(conversation_, smtp::DataVerdict::kTooBig);
    pending_ = {mode_ == Mode::kData ? Verb::kData : Verb::kBdat, nullptr, CheckPoint::kNone,
                filter::Stage::kNone, "DATA content"};
    return refuse_message(refusal.rejection, refusal.reason);
  }
  if (!content_.empty()) {
    content_is_last_ = ended;
    return Step::kContent;
  }
  if (!ended) return Step::kInput;
  return mode_ == Mode::kData ? end_of_data() : finish_chunk();
}

Step Dispatcher::after_content(filter::Verdict verdict) {
  if (verdict.action == filter::Verdict::Action::kReject && !content_rejection_)
    content_rejection_ = std::move(verdict.rejection);
  if (!content_is_last_) return Step::kInput;
  return mode_ == Mode::kData ? end_of_data() : finish_chunk();
}

Step Dispatcher::finish_chunk() {
  Transaction& transaction = *conversation_.transaction;
  conversation_.command_failed = conversation_.command_is_error = false;
  if (transaction.chunk_is_last) return end_of_data();
  mode_ = Mode::kCommands;
  pending_ = {Verb::kBdat, nullptr, CheckPoint::kNone, filter::Stage::kNone, "BDAT"};
  // There is no use in taking the rest of a message that will be refused.
  if (const auto verdict = verdict_of(transaction); verdict != smtp::DataVerdict::kClean) {
    const DataRefusal refusal = refusal_of(conversation_, verdict);
    return refuse_message(refusal.rejection, refusal.reason);
  }
  if (transaction.intake->failure())
    return refuse_message(*transaction.intake->failure(), transaction.intake->failure_reason());
  conversation_.reply_ok(replies::chunk_ok(transaction.chunk_size));
  return finish(Verb::kBdat);
}

Step Dispatcher::end_of_data() {
  Transaction& transaction = *conversation_.transaction;
  pending_ = {mode_ == Mode::kData ? Verb::kData : Verb::kBdat, nullptr, CheckPoint::kEndOfData,
              filter::Stage::kEndOfMessage, "END-OF-MESSAGE"};
  conversation_.last_command = "END-OF-MESSAGE";
  conversation_.command_failed = conversation_.command_is_error = false;
  mode_ = Mode::kCommands;
  transaction.data_ended = conversation_.site().resources.clock.steady();
  if (const auto verdict = verdict_of(transaction); verdict != smtp::DataVerdict::kClean) {
    const DataRefusal refusal = refusal_of(conversation_, verdict);
    return refuse_message(refusal.rejection, refusal.reason);
  }
  if (conversation_.standing.bare_newline == BareNewline::kNote && has_bare_newline(transaction))
    log::info(conversation_.options().identity.service, "{}: bare newline received from {}",
              conversation_.queue_id(), conversation_.peer());
  transaction.intake->finish();
  if (transaction.intake->failure())
    return refuse_message(*transaction.intake->failure(), transaction.intake->failure_reason());
  if (content_rejection_)
    return refuse_message(*std::exchange(content_rejection_, std::nullopt), RefusalReason::kFilter);
  if (has_8bit(transaction) && transaction.envelope.body == mail::BodyType::kSevenBit)
    transaction.envelope.body = mail::BodyType::kEightBitMime;
  return ask_access();
}

// The whole message is refused, whatever came of its recipients; the next begins with MAIL.  In
// LMTP each accepted recipient has its reply (RFC 2033 s4.2).
Step Dispatcher::refuse_message(const mail::Rejection& rejection, RefusalReason reason) {
  mode_ = Mode::kCommands;
  const Verb verb = pending_.verb;
  const bool is_final = verb == Verb::kData || conversation_.transaction->chunk_is_last;
  const Transaction& transaction = *conversation_.transaction;
  const std::size_t recipients =
      std::max(transaction.envelope.recipients.size(), transaction.committed_recipients);
  const std::size_t replies = conversation_.state.rules().is_lmtp && is_final ? recipients : 1;
  conversation_.reject(rejection, reason, pending_.what);
  for (std::size_t i = 1; i < replies; ++i)
    conversation_.reply(rejection.reply);
  conversation_.end_transaction();
  content_rejection_.reset();
  content_.clear();
  return finish(verb);
}

mail::Envelope Dispatcher::take_envelope() {
  Transaction& transaction = *conversation_.transaction;
  transaction.committed_recipients = transaction.envelope.recipients.size();
  mail::Envelope envelope = std::move(transaction.envelope);
  transaction.envelope.reverse_path = envelope.reverse_path;  // for the log, if it fails
  return envelope;
}

Step Dispatcher::after_commit(std::expected<spool::CommitToken, mail::Rejection> result) {
  if (!result) return refuse_message(result.error(), RefusalReason::kStorage);
  const Transaction& transaction = *conversation_.transaction;
  const std::size_t recipients = transaction.committed_recipients;
  const std::string line = replies::queued(*result);
  const std::size_t count = conversation_.state.rules().is_lmtp ? recipients : 1;
  for (std::size_t i = 0; i < count; ++i)
    conversation_.reply_ok(line);
  ServerMetrics& metrics = ServerMetrics::get();
  metrics.accepted.Increment();
  metrics.accepted_octets.Increment(static_cast<double>(transaction.octets_read));
  metrics.recipients.Increment(static_cast<double>(recipients));
  metrics.commit_seconds.Observe(
      std::chrono::duration<double>(conversation_.site().resources.clock.steady() -
                                    transaction.data_ended)
          .count());
  conversation_.errors = conversation_.junk_commands = 0;
  const Verb verb = pending_.verb;
  conversation_.end_transaction();
  return finish(verb, true);
}

void Dispatcher::skip_refused_chunk() {
  if (chunk_ahead_ == 0) return;
  if (chunk_ahead_ > conversation_.options().limits.unwanted_chunk) {
    conversation_.must_close = true;
    return;
  }
  mode_ = Mode::kSkipChunk;
}

void Dispatcher::skip_chunk(std::string_view& input) {
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_ahead_, input.size()));
  input.remove_prefix(take);
  chunk_ahead_ -= take;
  if (chunk_ahead_ == 0) mode_ = Mode::kCommands;
}

}  // namespace postern::server
