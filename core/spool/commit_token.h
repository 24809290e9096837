// CommitToken: proof that a message is durable.  Only the spool's committer can make one, after the
// sync that covers the record (and the directory, where a file is new) returned success.  The
// function that formats the final 250 takes one, so a 250 without a durable message does not
// compile.
#pragma once

#include "core/base/queue_id.h"

namespace postern::spool {

class Committer;

class [[nodiscard]] CommitToken {
 public:
  CommitToken(CommitToken&&) = default;
  CommitToken& operator=(CommitToken&&) = default;
  CommitToken(const CommitToken&) = delete;
  CommitToken& operator=(const CommitToken&) = delete;

  QueueId id() const { return id_; }

 private:
  friend class Committer;
  explicit CommitToken(QueueId id) : id_(id) {}
  QueueId id_;
};

}  // namespace postern::spool
