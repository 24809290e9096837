// Dialogue: the state of the talk with one filter.  It says which commands are to be sent now,
// takes the replies, knows which of them are legal at which stage, and what a verdict ends: the
// connection's events (accept or a refusal at connect and helo), the message's (anything else), one
// recipient (a refusal at RCPT), or nothing.
//
// A message goes  [mail rcpt... data header... end-of-headers body... end-of-message]; each of them
// may be left out, none may go back.  What does not reach its end needs an abort before the next,
// because libmilter ignores commands out of order, and would keep the old message's state.
//
// Several commands may be on their way before the first answer is read (header fields in one
// write): replies come in order.  If one of them ends the message, how many of the others a filter
// still answers is not defined (libmilter: none), so the connection cannot be used for another
// message: must_close().
//
// Any error is final: the caller closes and takes the failure action.
// Pure; one connection each; not thread-safe.
#pragma once

#include <cstddef>
#include <deque>

#include "core/base/result.h"
#include "core/mail/modification.h"
#include "core/milter/modification_collector.h"
#include "core/milter/negotiation.h"
#include "core/milter/reply.h"

namespace postern::milter {

struct DialogueLimits {
  // Each progress reply extends the deadline; a filter that sends nothing else has to end, too.
  std::size_t max_progress = 100;  // for one command
  ModificationLimits modifications;
};

// What a reply was.
struct Answer {
  enum class Kind {
    kProgress,      // extend the deadline and read on
    kModification,  // kept; read on
    kVerdict,       // the stage is answered
  };
  Kind kind = Kind::kVerdict;
  Stage stage{};  // what it answers
  Verdict verdict;
};

class Dialogue {
 public:
  explicit Dialogue(Profile profile, DialogueLimits limits = {})
      : profile_(std::move(profile)), limits_(limits), collector_(limits.modifications) {}

  const Profile& profile() const { return profile_; }

  // The stage's command is to be sent: the filter wants it, and has not ended what it belongs to.
  bool wants(Stage stage) const;
  // It was written, or will be before anything is read.  Only where wants(), and in order.
  void sent(Stage stage);
  // A reply is due; nothing is to be read otherwise.
  bool is_waiting() const { return !outstanding_.empty(); }
  std::size_t outstanding() const { return outstanding_.size(); }

  // Errors: kInvalid a reply where none is due, or one that is not legal for its stage; kLimit too
  // many progress replies; what ModificationCollector::add says.
  Result<Answer> on_reply(const Reply& reply);

  // After the end of the message was answered "continue" or "accept": all that the filter asked
  // for.  Empty at any other time.
  mail::Modifications take_modifications();

  // The message ends without its end of message, or ended early: an abort must go out.
  bool needs_abort() const { return rank_ != 0 && !is_broken_; }
  void aborted();
  // The filter has the whole connection accepted or refused: nothing more is sent but quit.
  bool is_done() const { return connection_is_done_; }
  // After an error, a shutdown, a connection failure, or replies that nobody can count.
  bool must_close() const { return is_broken_; }
  // The connection broke, timed out, or is given up.
  void give_up();
  // quit-new-connection would be understood now: libmilter knows it only right behind an end of
  // message that was answered "continue", and ignores it at any other time.
  bool may_restart() const { return ended_well_ && !is_broken_; }
  // It was sent: the same talk from the start, without a negotiation.  Only where may_restart().
  void restart();

 private:
  Result<Answer> on_verdict(Verdict verdict);
  void end_message();
  std::unexpected<Error> broken(Error error);

  Profile profile_;
  DialogueLimits limits_;
  ModificationCollector collector_;
  mail::Modifications modifications_;
  std::deque<Stage> outstanding_;
  std::size_t progress_ = 0;
  Stage skipped_ = Stage::kNegotiation;  // kNegotiation: none
  int rank_ = 0;                         // how far the message is; 0: outside
  bool message_is_done_ = false;
  bool connection_is_done_ = false;
  bool ended_well_ = false;  // and nothing was sent since
  bool is_broken_ = false;
};

}  // namespace postern::milter
