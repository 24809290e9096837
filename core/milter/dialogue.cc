#include "core/milter/dialogue.h"

#include "core/base/check.h"

namespace postern::milter {
namespace {

// Place in a message; 0: not part of one.
int rank_of(Stage stage) {
  switch (stage) {
    case Stage::kMail: return 1;
    case Stage::kRcpt: return 2;
    case Stage::kData: return 3;
    case Stage::kHeader: return 4;
    case Stage::kEndOfHeaders: return 5;
    case Stage::kBody: return 6;
    case Stage::kEndOfMessage: return 7;
    case Stage::kNegotiation:
    case Stage::kConnect:
    case Stage::kHelo:
    case Stage::kUnknown: break;
  }
  return 0;
}

// Comes more than once in a message: only there is something to skip.
bool is_repeated(Stage stage) {
  return stage == Stage::kRcpt || stage == Stage::kHeader || stage == Stage::kBody;
}

bool is_before_messages(Stage stage) { return stage == Stage::kConnect || stage == Stage::kHelo; }

bool is_refusal(VerdictKind kind) {
  return kind == VerdictKind::kReject || kind == VerdictKind::kTempfail ||
         kind == VerdictKind::kReplyCode;
}

bool is_legal(VerdictKind kind, Stage stage, const Profile& profile) {
  switch (kind) {
    // There is no message yet that it could discard.
    case VerdictKind::kDiscard: return rank_of(stage) != 0;
    case VerdictKind::kSkip: return profile.may_skip() && is_repeated(stage);
    default: return true;
  }
}

}  // namespace

bool Dialogue::wants(Stage stage) const {
  if (is_broken_ || connection_is_done_ || !profile_.wants(stage) || stage == Stage::kNegotiation)
    return false;
  if (rank_of(stage) == 0) return true;
  return !message_is_done_ && stage != skipped_;
}

void Dialogue::sent(Stage stage) {
  POSTERN_CHECK(wants(stage));
  if (const int rank = rank_of(stage); rank != 0) {
    POSTERN_CHECK(is_repeated(stage) ? rank >= rank_ : rank > rank_);
    rank_ = rank;
  }
  ended_well_ = false;
  if (profile_.is_answered(stage)) outstanding_.push_back(stage);
}

Result<Answer> Dialogue::on_reply(const Reply& reply) {
  if (is_broken_)
    return fail(ErrorKind::kClosed, "milter: a reply on a connection that is given up");
  if (outstanding_.empty()) {
    return broken({ErrorKind::kInvalid, "milter sends a reply where none is due"});
  }
  const Stage stage = outstanding_.front();
  if (const auto* verdict = std::get_if<Verdict>(&reply)) return on_verdict(*verdict);
  if (std::holds_alternative<Progress>(reply)) {
    if (++progress_ > limits_.max_progress)
      return broken(
          {ErrorKind::kLimit, fmt::format("milter sends more than {} progress replies at {}",
                                          limits_.max_progress, to_string(stage))});
    return Answer{Answer::Kind::kProgress, stage, {}};
  }
  if (const auto* modify = std::get_if<Modify>(&reply)) {
    if (stage != Stage::kEndOfMessage)
      return broken({ErrorKind::kInvalid,
                     fmt::format("milter modifies the message at {}", to_string(stage))});
    if (auto added = collector_.add(*modify, profile_); !added)
      return broken(std::move(added.error()));
    return Answer{Answer::Kind::kModification, stage, {}};
  }
  return broken(
      {ErrorKind::kInvalid, fmt::format("milter answers {} with a negotiation", to_string(stage))});
}

Result<Answer> Dialogue::on_verdict(Verdict verdict) {
  const Stage stage = outstanding_.front();
  const VerdictKind kind = verdict.kind;
  if (!is_legal(kind, stage, profile_))
    return broken({ErrorKind::kInvalid, fmt::format("milter answers {} with \"{}\"",
                                                    to_string(stage), to_string(kind))});
  outstanding_.pop_front();
  progress_ = 0;
  if (kind == VerdictKind::kShutdown || kind == VerdictKind::kConnectionFail) {
    give_up();
  } else if (is_before_messages(stage)) {
    if (kind != VerdictKind::kContinue) {
      connection_is_done_ = true;
      end_message();
    }
  } else if (stage == Stage::kEndOfMessage) {
    if (kind == VerdictKind::kContinue || kind == VerdictKind::kAccept)
      modifications_ = collector_.take();
    collector_.clear();
    end_message();
    // Its end came: nothing to abort.
    rank_ = 0;
    message_is_done_ = false;
    skipped_ = Stage::kNegotiation;
    ended_well_ = kind == VerdictKind::kContinue && !is_broken_;
  } else if (kind == VerdictKind::kSkip) {
    skipped_ = stage;
  } else if (is_refusal(kind) && (stage == Stage::kRcpt || stage == Stage::kUnknown)) {
    // That recipient or command, and nothing else.
  } else if (kind != VerdictKind::kContinue && !(stage == Stage::kUnknown && rank_ == 0)) {
    end_message();
  }
  return Answer{Answer::Kind::kVerdict, stage, std::move(verdict)};
}

// No more of this message goes to the filter.  Commands that it has not answered leave us without
// a count of what is to come.
void Dialogue::end_message() {
  message_is_done_ = true;
  if (!outstanding_.empty()) {
    is_broken_ = true;
    outstanding_.clear();
  }
}

mail::Modifications Dialogue::take_modifications() { return std::exchange(modifications_, {}); }

void Dialogue::aborted() {
  // An answer that is still due would be taken for that of the next message.
  if (!outstanding_.empty()) give_up();
  collector_.clear();
  modifications_.clear();
  progress_ = 0;
  skipped_ = Stage::kNegotiation;
  rank_ = 0;
  message_is_done_ = false;
  ended_well_ = false;
}

void Dialogue::give_up() {
  is_broken_ = true;
  outstanding_.clear();
  collector_.clear();
  modifications_.clear();
}

void Dialogue::restart() {
  POSTERN_CHECK(may_restart());
  aborted();
  connection_is_done_ = false;
}

std::unexpected<Error> Dialogue::broken(Error error) {
  give_up();
  return std::unexpected(std::move(error));
}

}  // namespace postern::milter
