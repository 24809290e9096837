// Queue: every message between its commit and its last recipient.  Decides what is tried when and
// where, records each result in the spool, reports failures, answers operators.  It delivers
// nothing itself (attempt_runner.h) and writes no DSN (notifier.h).
// Made once by engine.  Every public function may be called on any thread and returns at once; the
// state lives on the executor (scheduler.h).  Destroy it on the executor's thread, or after that
// has ended; collaborators outlive it and every callback they still owe.
#pragma once

#include <memory>

#include "core/queue/scheduler.h"

namespace postern::queue {

class Queue {
 public:
  Queue(QueueOptions options, const Collaborators& with);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // Starts the sweeper, and loads the index from the store on the background pool; mail that is
  // admitted meanwhile is delivered meanwhile.  `loaded` (may be empty) comes on the executor.
  void start(std::move_only_function<void(Result<spool::Recovery>)> loaded = nullptr);
  // Starts nothing new; `done` comes on the executor when all attempts and records have ended.
  // What still waits is in the spool.
  void stop(std::move_only_function<void()> done);

  // New options in place of those in force: for what is decided from now on; due times and lanes
  // stay.  A transport that the new ones lack keeps its lanes, under the default's limits.
  void reconfigure(QueueOptions options);

  // Takes over a message whose commit has succeeded, and no other: what the queue is given it may
  // deliver at once.  `state`: as it was committed.
  void admit(QueueId id, std::shared_ptr<const mail::Envelope> envelope, mail::ContentPtr content,
             spool::MessageState state);

  // Applies `verb` to every message that matches; `done` on the executor, after the spool has
  // recorded the changes.  Messages under delivery are held, deleted or expired when their attempts
  // have ended, and a recipient that was delivered meanwhile stays delivered.
  //   kHold     no attempts and no expiry until kRelease or kRequeue
  //   kRelease  a held message is due now
  //   kRequeue  due now, its count of attempts starts again
  //   kDelete   gone, without a report
  //   kExpire   returned to its sender now, held messages too
  //   kFlush    due now; dead lanes are tried again.  With kDestination: only lanes to that site
  void apply(Verb verb, Selector which, VerbDone done);
  // Shows each message that matches to `visit`, in no order; `done` after the last, on the
  // executor.  Reads the spool: a few thousand messages a second.
  void list(Selector which, MessageVisitor visit, std::move_only_function<void()> done);
  // kNotFound, kCorrupt, kIo as Store::read.  `done` on a background thread.
  void show(QueueId id, std::move_only_function<void(Result<MessageView>)> done);
  void summarize(Selector which, std::move_only_function<void(Summary)> done);
  void lanes(std::move_only_function<void(std::vector<LaneView>)> done);
  void counts(std::move_only_function<void(QueueCounts)> done);

  // For tests; on the executor's thread.
  Scheduler& scheduler() { return *scheduler_; }

 private:
  const Collaborators with_;
  std::unique_ptr<Scheduler> scheduler_;
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace postern::queue
