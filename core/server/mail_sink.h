// Where the SMTP server puts messages: owned by the server, implemented over spool and queue,
// joined in engine.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string_view>

#include "core/mail/envelope.h"
#include "core/mail/rejection.h"
#include "core/spool/commit_token.h"

namespace postern::server {

// One message on its way in.  Used on the session's loop only; destroyed without commit(): nothing
// stays.
class IncomingMessage {
 public:
  virtual ~IncomingMessage() = default;
  virtual QueueId id() const = 0;
  // Octets of the content in canonical form.  A Rejection is final for the message.
  virtual std::expected<void, mail::Rejection> append(std::string_view octets) = 0;
  virtual std::uint64_t size() const = 0;
  // `done` is called on any thread, once, after the message is durable or refused.
  using Done = std::move_only_function<void(std::expected<spool::CommitToken, mail::Rejection>)>;
  virtual void commit(mail::Envelope envelope, Done done) = 0;
};

class MailSink {
 public:
  virtual ~MailSink() = default;
  // A new message; its queue id shows in logs and to filters from the first recipient on.
  virtual std::unique_ptr<IncomingMessage> begin() = 0;
  // nullopt: go on.  Otherwise what connect (421) or MAIL (452) is answered: no space, no
  // writable segment, too much queued.  `announced_size`: SIZE=, or 0.
  virtual std::optional<mail::Rejection> admission(std::uint64_t announced_size) const = 0;
};

}  // namespace postern::server
