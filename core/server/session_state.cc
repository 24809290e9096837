#include "core/server/session_state.h"

namespace postern::server {
namespace {

using smtp::Verb;

constexpr std::size_t kVerbs = static_cast<std::size_t>(Verb::kXforward) + 1;

// By verb: the ruling at kNone, kMail, kRecipients, kChunks.  Verbs that depend on a switch are
// decided before the table is asked.
struct Row {
  std::array<Ruling, 4> by_progress;
};

constexpr Row all(Ruling ruling) { return {{ruling, ruling, ruling, ruling}}; }
constexpr Row outside_transaction() {
  return {{Ruling::kLegal, Ruling::kInTransaction, Ruling::kInTransaction, Ruling::kInTransaction}};
}

constexpr std::array<Row, kVerbs> make_table() {
  std::array<Row, kVerbs> table{};
  const auto row = [&table](Verb verb) -> Row& { return table[static_cast<std::size_t>(verb)]; };
  for (Row& each : table)
    each = all(Ruling::kLegal);
  row(Verb::kUnknown) = all(Ruling::kUnknownCommand);
  row(Verb::kMail) = {
      {Ruling::kLegal, Ruling::kNestedMail, Ruling::kNestedMail, Ruling::kNestedMail}};
  row(Verb::kRcpt) = {{Ruling::kMailFirst, Ruling::kLegal, Ruling::kLegal, Ruling::kAfterChunk}};
  row(Verb::kData) = {
      {Ruling::kMailFirst, Ruling::kRecipientFirst, Ruling::kLegal, Ruling::kAfterChunk}};
  row(Verb::kBdat) = {
      {Ruling::kMailFirst, Ruling::kRecipientFirst, Ruling::kLegal, Ruling::kLegal}};
  row(Verb::kExpn) = all(Ruling::kNotImplemented);
  row(Verb::kStartTls) = outside_transaction();
  row(Verb::kAuth) = all(Ruling::kNoAuthentication);
  row(Verb::kXclient) = outside_transaction();
  row(Verb::kXforward) = outside_transaction();
  return table;
}

constexpr std::array<Row, kVerbs> kTable = make_table();

// RFC 3207 s4 and what a client needs before it can know that TLS is wanted.
constexpr bool is_allowed_before_tls(Verb verb) {
  switch (verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
    case Verb::kLhlo:
    case Verb::kNoop:
    case Verb::kRset:
    case Verb::kHelp:
    case Verb::kQuit:
    case Verb::kStartTls:
    case Verb::kXclient:
    case Verb::kUnknown: return true;
    default: return false;
  }
}

}  // namespace

Ruling SessionState::rule(smtp::Verb verb) const {
  if (rules_.is_lmtp && (verb == Verb::kHelo || verb == Verb::kEhlo))
    return Ruling::kNotImplemented;  // RFC 2033 s4.1
  if (!rules_.is_lmtp && verb == Verb::kLhlo) return Ruling::kUnknownCommand;
  if (verb == Verb::kBdat && !rules_.chunking_offered) return Ruling::kUnknownCommand;
  if (verb == Verb::kStartTls) {
    if (is_tls_) return Ruling::kTlsActive;
    if (!rules_.tls_offered) return Ruling::kNotImplemented;
  }
  if (rules_.tls_required && !is_tls_ && !is_allowed_before_tls(verb)) return Ruling::kTlsFirst;
  if (verb == Verb::kMail && !has_hello_ && (rules_.hello_required || rules_.is_lmtp))
    return Ruling::kHelloFirst;
  const Ruling ruling =
      kTable[static_cast<std::size_t>(verb)].by_progress[static_cast<std::size_t>(progress_)];
  if (ruling == Ruling::kRecipientFirst && had_refused_recipient_) return Ruling::kNoValidRecipient;
  return ruling;
}

void SessionState::accepted(smtp::Verb verb, bool is_last_chunk) {
  switch (verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
    case Verb::kLhlo:
      end_transaction();  // RFC 5321 s4.1.4
      has_hello_ = true;
      is_extended_ = verb != Verb::kHelo;
      break;
    case Verb::kMail: progress_ = Progress::kMail; break;
    case Verb::kRcpt: progress_ = Progress::kRecipients; break;
    case Verb::kBdat:
      if (is_last_chunk) {
        end_transaction();
      } else {
        progress_ = Progress::kChunks;
      }
      break;
    case Verb::kData:
    case Verb::kRset: end_transaction(); break;
    default: break;
  }
}

void SessionState::refused(smtp::Verb verb) {
  switch (verb) {
    case Verb::kRcpt: had_refused_recipient_ = in_transaction(); break;
    // A message that was refused is over, whatever came of its recipients: the next one must begin
    // with MAIL and pass every check again.  RFC 3030 s4.2 for the chunk.
    case Verb::kBdat: end_transaction(); break;
    default: break;
  }
}

void SessionState::end_transaction() {
  progress_ = Progress::kNone;
  had_refused_recipient_ = false;
}

void SessionState::restart(bool is_tls) {
  end_transaction();
  has_hello_ = is_extended_ = false;
  is_tls_ = is_tls;
}

}  // namespace postern::server
