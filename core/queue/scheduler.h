// Scheduler: the queue's state and decisions.  A message waits in the index, enters the active
// window when it is due, has its recipients routed into lanes and tried there, and leaves the
// window when every recipient has a result: removed, waiting again, or held.
//
//   index --activate--> router --place--> lane --dispatch--> attempt --result--> finish --> index
//
// Every recipient's result is in the spool before the message leaves the window, and a report that
// is due is durable before the result that owes it (core/queue/README.md).
// Lives on the executor's thread; queue.h is the door for all others.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <unordered_map>

#include "core/queue/active_message.h"
#include "core/queue/attempt_runner.h"
#include "core/queue/executor.h"
#include "core/queue/inbox.h"
#include "core/queue/index.h"
#include "core/queue/lane_set.h"
#include "core/queue/notifier.h"
#include "core/queue/queue_metrics.h"
#include "core/queue/retry_policy.h"
#include "core/queue/timeline.h"
#include "core/queue/views.h"
#include "core/spool/store.h"

namespace postern::queue {

// What the queue works with; all outlive it.
struct Collaborators {
  spool::Store& store;
  AttemptRunner& runner;
  Router& router;
  Notifier& notifier;
  Executor& executor;
  BackgroundPool& background;
  const Clock& clock = Clock::system();
};

class Scheduler {
 public:
  using VerbOneDone = ActiveMessage::WishDone;

  Scheduler(QueueOptions options, const Collaborators& with);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void reconfigure(const QueueOptions& options);

  Inbox& inbox() { return *inbox_; }
  const Index& index() const { return index_; }
  const Timeline& timeline() const { return timeline_; }

  // A message that has just become durable.  Empty `state.recipients`: all pending.
  void admit(QueueId id, std::shared_ptr<const mail::Envelope> envelope, mail::ContentPtr content,
             const spool::MessageState& state);
  // Part of what the spool held at start, then its end.
  void add_loaded(std::span<const spool::IndexEntry> entries);
  void end_load();
  // Starts the sweeper.
  void start();
  // Nothing new starts; `done` when no attempt and no record is under way.
  void stop(std::move_only_function<void()> done);
  // Activates and dispatches what can be; after every batch of events.
  void pump();

  // Applies a verb to one message.  kNotFound: no such message.  kExists: it is so already.
  void apply(Verb verb, QueueId id, VerbOneDone done);
  // Ends the death of lanes to `site` ("" = of all), so that flushed mail is tried.
  void revive_lanes(std::string_view site);
  std::vector<LaneView> lanes();
  QueueCounts counts() const;

  // The first broken invariant, or "".  Every queued recipient must have something that will move
  // it on: a due time, an answer that is owed, a place in a lane that can run.  O(queue); for
  // tests.
  std::string find_broken_invariant();

 private:
  friend class AttemptReply;
  struct Running {
    ActiveMessage* message = nullptr;
    Job* job = nullptr;
    std::vector<std::uint32_t> recipients;
    WallTime started{};
    bool is_warned = false;
  };

  // scheduler.cc
  void arm_timer();
  void on_timer(WallTime armed);
  bool window_has_room() const;
  void count_content(ActiveMessage& message);
  void release(ActiveMessage& message);
  void with_content(ActiveMessage& message,
                    std::move_only_function<void(Result<mail::ContentPtr>)>);
  std::chrono::milliseconds age_of(const ActiveMessage& message) const;
  ActiveMessage* find_active(QueueId id);
  void update_gauges();

  // scheduler_activate.cc
  void activate_due();
  void start_read(Index::Slot slot);
  void on_read(QueueId id, Result<spool::StoredMessage> stored);
  void read_failed(ActiveMessage& message, const Error& error);
  ActiveMessage& make_active(Index::Slot slot);
  void activate(ActiveMessage& message);
  void route(ActiveMessage& message, std::uint32_t recipient);
  void on_routed(QueueId id, std::uint32_t recipient, Result<mail::Destination> destination);
  void place(ActiveMessage& message, std::uint32_t recipient, mail::Destination destination);
  bool has_share(const Lane& lane) const;
  std::uint32_t window_share() const;
  void park(const ActiveMessage& message, Lane& lane);
  void unpark(Lane& lane);
  void announce(ActiveMessage& message);

  // scheduler_attempts.cc
  void dispatch();
  void start_attempt(LaneSet::Transaction transaction);
  void run_attempt(std::uint64_t number, mail::ContentPtr content);
  void on_attempt_done(std::uint64_t number, std::optional<mail::AttemptResult> result);
  void judge_lane(const Running& running, mail::SiteVerdict verdict);
  void apply_result(const Running& running, const mail::AttemptResult& attempt,
                    mail::RecipientResult result);
  void expand(ActiveMessage& message, std::uint32_t recipient,
              std::vector<mail::Recipient> expanded);
  void on_injected(QueueId id, std::uint32_t recipient, const Result<QueueId>& injected);
  void record_fault(ActiveMessage& message);
  void suspend_jobs(Lane& lane);
  void suspend(ActiveMessage& message, std::uint32_t recipient, const Lane& lane);
  // Gives a recipient its result without an attempt (router, dead lane), and logs it.
  void settle_unattempted(ActiveMessage& message, std::uint32_t recipient, Phase phase,
                          spool::RecipientProgress progress);
  void close_recipient(ActiveMessage& message, std::uint32_t recipient, Phase phase);
  void cancel_jobs(ActiveMessage& message);
  void record_delivered(ActiveMessage& message);

  // scheduler_finish.cc
  void finish_if_done(ActiveMessage& message);
  void finish(ActiveMessage& message);
  void expire_recipients(ActiveMessage& message, bool is_forced);
  std::vector<Report> reports_due(ActiveMessage& message);
  void send_reports(ActiveMessage& message, std::vector<Report> reports, mail::ContentPtr content);
  void on_report_done(QueueId id, Report::Kind kind, const Result<void>& result);
  void reports_failed(ActiveMessage& message, Report::Kind kind, const Error& error);
  void decide_due(ActiveMessage& message);
  spool::Change final_change(const ActiveMessage& message) const;
  void record_final(ActiveMessage& message);
  void on_final_recorded(QueueId id, const Result<void>& result);
  void settle(ActiveMessage& message);

  // scheduler_sweep.cc
  void sweep(Index::Slot from);
  void sweep_message(Index::Slot slot, WallTime now);
  void end_sweep();
  void start_expiring();

  // scheduler_verbs.cc
  void wish(ActiveMessage& message, Wish wish, VerbOneDone done);
  void apply_waiting(Verb verb, Index::Slot slot, VerbOneDone done);
  void record_for_verb(spool::Change change, VerbOneDone done);

  // scheduler_invariants.cc
  std::string broken_entry() const;
  std::string broken_message(const ActiveMessage& message);

  QueueOptions options_;  // its transports are referred to by lanes: never erased
  spool::Store& store_;
  AttemptRunner& runner_;
  Router& router_;
  Notifier& notifier_;
  BackgroundPool& background_;
  Timeline timeline_;
  RetryPolicy policy_;
  QueueMetrics metrics_;
  std::shared_ptr<Inbox> inbox_;
  Index index_;
  LaneSet lanes_{options_};

  std::unordered_map<QueueId, std::unique_ptr<ActiveMessage>> active_;
  std::unordered_map<std::uint64_t, Running> running_;
  std::uint64_t next_attempt_number_ = 1;
  std::uint32_t active_recipients_ = 0;
  std::uint64_t content_bytes_ = 0;
  unsigned reads_ = 0;                // background reads under way, of any kind
  unsigned finishing_ = 0;            // messages whose results are being reported and recorded
  std::deque<QueueId> expiring_;      // to be returned without another attempt
  WallTime armed_ = WallTime::max();  // the earliest wake-up that is on its way
  WallTime newest_seen_{};            // wall clock: newest moment the spool knows of
  std::optional<WallTime> loaded_at_;
  bool is_stopping_ = false;
  std::move_only_function<void()> stop_done_;
};

}  // namespace postern::queue
