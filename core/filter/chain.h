// Chain: the filters of one session, as the SMTP server sees them: one object that is told what
// the client does, stage by stage, and says for each stage whether it may go on.  The server puts
// it between the check of a command and its effect (server/dispatcher.h); nothing else about
// filters is known there.
// A verdict concerns the command it answers; what a filter decided for a whole message (accept,
// discard) is kept in the chain and forgotten in abort(), so it cannot leak into the next message.
// For the session's loop; one call at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/queue_id.h"
#include "core/mail/envelope.h"
#include "core/mail/rejection.h"
#include "core/net/task.h"

namespace postern::filter {

// A bit each, so that a set of them is one word.
enum class Stage : std::uint8_t {
  kNone = 0,
  kConnect = 1,
  kHello = 2,
  kMail = 4,
  kRecipient = 8,
  kData = 16,
  kContent = 32,
  kEndOfMessage = 64,
};

class StageSet {
 public:
  constexpr StageSet() = default;
  constexpr StageSet(Stage stage) : bits_(static_cast<std::uint8_t>(stage)) {}
  constexpr bool has(Stage stage) const { return (bits_ & static_cast<std::uint8_t>(stage)) != 0; }
  constexpr StageSet operator|(StageSet other) const {
    StageSet out;
    out.bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
    return out;
  }

 private:
  std::uint8_t bits_ = 0;
};

struct Verdict {
  enum class Action {
    kContinue,  // nothing against it
    kReject,    // `rejection` is what the client is told
    kDiscard,   // at kEndOfMessage: tell the client 250 and keep nothing
  };
  Action action = Action::kContinue;
  std::optional<mail::Rejection> rejection = std::nullopt;  // with kReject

  static Verdict reject(mail::Rejection why) { return {Action::kReject, std::move(why)}; }
};

class Chain {
 public:
  virtual ~Chain() = default;

  // The stages that some filter wants to see now; the server skips the others without a call.
  // Asked before every stage, so a chain that knows enough may drop out of a message.
  virtual StageSet wanted() const = 0;

  // What is passed by reference lives until the task is done and does not change meanwhile.
  virtual net::Task<Verdict> connect(const mail::ClientInfo& client) = 0;
  virtual net::Task<Verdict> hello(const mail::ClientInfo& client) = 0;
  virtual net::Task<Verdict> mail(const mail::Envelope& envelope) = 0;
  // `recipient` is not in `envelope` yet.
  virtual net::Task<Verdict> recipient(const mail::Envelope& envelope,
                                       const mail::Recipient& recipient) = 0;
  virtual net::Task<Verdict> data(const mail::Envelope& envelope, QueueId id) = 0;
  // The next octets of header section and body, canonical, in pieces of any size, before the
  // server's own fields are added.  A refusal is told to the client at the end of the data.
  virtual net::Task<Verdict> content(std::string octets) = 0;
  virtual net::Task<Verdict> end_of_message(const mail::Envelope& envelope, QueueId id) = 0;
  // The transaction is over, with or without a message: RSET, a new hello, STARTTLS, a refusal, a
  // commit, the end of the session.  Called once for each transaction that reached kMail.
  virtual void abort() = 0;
  virtual void disconnect() = 0;
};

// A chain without filters.
std::unique_ptr<Chain> make_empty_chain();

// Called once for each session, on its loop.
using ChainFactory = std::function<std::unique_ptr<Chain>()>;

}  // namespace postern::filter
