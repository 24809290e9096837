// Dispatcher: takes the client's octets apart into commands and mail data, and drives each command
// through syntax, sequence, check, restrictions, filters and effect.  Where something has to be
// waited for it stops with a Step, the shell does the waiting and calls the after_ function.
// No socket, no clock of its own, no coroutine: the common command costs no suspension.
// For the session's loop.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/server/access_check.h"
#include "core/server/conversation.h"
#include "core/server/handlers/handlers.h"
#include "core/smtp/command.h"
#include "core/smtp/line_reader.h"
#include "core/spool/commit_token.h"

namespace postern::server {

enum class Step : std::uint8_t {
  kInput,      // the input is used up: send the replies, read more
  kFlush,      // too many replies wait: send them, then consume() again
  kAccess,     // ask pending_point()'s restrictions on the pool, then after_access()
  kFilter,     // ask the filters for pending_stage(), then after_filter()
  kContent,    // give take_content() to the filters, then after_content()
  kCommit,     // commit the message, then after_commit()
  kStartTls,   // send the replies, shake hands
  kNewClient,  // greet the new client
  kPause,      // wait smtpd_error_sleep_time before anything is sent, then after_pause()
  kClose,      // send the replies, close
};

class Dispatcher {
 public:
  explicit Dispatcher(Conversation& conversation);

  // Takes octets off the front of `input`; goes on with kInput when it is empty.
  Step consume(std::string_view& input);

  Step after_access(AccessAnswer answer);
  Step after_filter(filter::Verdict verdict);
  Step after_content(filter::Verdict verdict);
  Step after_commit(std::expected<spool::CommitToken, mail::Rejection> result);
  Step after_pause();

  CheckPoint pending_point() const { return pending_.point; }
  filter::Stage pending_stage() const { return pending_.stage; }
  std::string take_content() { return std::exchange(content_, {}); }
  mail::Envelope take_envelope();  // of the message to be committed
  // With the recipient where one is asked about.
  routing::RestrictionContext access_context() const;

  // Mail data is being read: deadlines are another matter then.
  bool is_reading_data() const { return mode_ != Mode::kCommands; }
  // The reader holds part of a command.
  bool has_partial_line() const { return lines_.has_partial_line(); }

 private:
  enum class Mode : std::uint8_t { kCommands, kData, kChunk, kSkipChunk };
  // The command, or the end of a message, that is on its way through the steps.
  struct Pending {
    smtp::Verb verb = smtp::Verb::kUnknown;
    const Handler* handler = nullptr;  // nullptr: end of a message
    CheckPoint point = CheckPoint::kNone;
    filter::Stage stage = filter::Stage::kNone;
    std::string_view what;  // for the log: "RCPT", "END-OF-MESSAGE"
  };

  Step take_line(std::string_view& input);
  Step take_command(std::string_view line, bool more_follows, std::string_view rest);
  Step take_data(std::string_view& input);
  void skip_chunk(std::string_view& input);

  smtp::Verb effective_verb(std::string_view line) const;
  bool is_foreign(smtp::Verb verb, std::string_view line) const;
  bool is_out_of_turn(smtp::Verb verb) const;
  Step refuse_ruling(smtp::Verb verb, Ruling ruling, std::string_view line);
  Step refuse_foreign(std::string_view line);

  Step ask_access();
  Step ask_filter();
  Step proceed();
  Step end_of_data();
  Step refuse_message(const mail::Rejection& rejection, RefusalReason reason);
  Step finish_chunk();
  // The command is done: tally, state, errors.
  Step finish(smtp::Verb verb, bool is_last_chunk = false);
  Step count_error(bool is_error);
  void skip_refused_chunk();

  Conversation& conversation_;
  smtp::LineReader lines_;
  Mode mode_ = Mode::kCommands;
  bool at_start_ = true;  // of the session or of its TLS part: no line was read yet
  smtp::Command command_;
  Pending pending_;
  std::uint64_t chunk_ahead_ = 0;  // octets of a BDAT that was read as a command only
  std::string content_;            // for filters that want it
  bool content_is_last_ = false;
  std::optional<mail::Rejection> content_rejection_;
};

}  // namespace postern::server
