#include "core/queue/queue.h"

#include "core/base/log.h"
#include "core/queue/scan.h"

namespace postern::queue {
namespace {

// One verb on many messages.  The walk goes on when the spool has what the last piece changed;
// messages under delivery, which may take minutes, are waited for at the end only.
struct VerbRun : std::enable_shared_from_this<VerbRun> {
  VerbRun(Verb which, VerbDone when_done) : verb(which), done(std::move(when_done)) {}

  void start_piece(Scheduler& scheduler, std::vector<QueueId> ids,
                   std::move_only_function<void()> next_piece) {
    count.matched += ids.size();
    next = std::move(next_piece);
    piece_open = 1;  // until all are asked
    for (const QueueId id : ids) {
      const Index::Slot slot = scheduler.index().find(id);
      const bool is_active =
          slot != Index::kNoSlot && scheduler.index().at(slot).state == MessageState::kActive;
      std::size_t& open = is_active ? active_open : piece_open;
      ++open;
      scheduler.apply(verb, id, [run = shared_from_this(), &open](Result<void> result) {
        run->one_done(result, open);
      });
    }
    end_one(piece_open);
  }
  void end_walk() {
    is_walked = true;
    finish_if_done();
  }

  Verb verb;
  VerbDone done;
  VerbCount count;
  std::size_t piece_open = 0;
  std::size_t active_open = 0;
  bool is_walked = false;
  std::move_only_function<void()> next;

 private:
  void one_done(const Result<void>& result, std::size_t& open) {
    if (result) {
      ++count.changed;
    } else if (result.error().kind != ErrorKind::kExists &&
               result.error().kind != ErrorKind::kNotFound) {
      ++count.failed;
    }
    end_one(open);
  }
  void end_one(std::size_t& open) {
    if (--open == 0 && &open == &piece_open) std::exchange(next, nullptr)();
    finish_if_done();
  }
  void finish_if_done() {
    if (is_walked && active_open == 0 && piece_open == 0 && done)
      std::exchange(done, nullptr)(count);
  }
};

}  // namespace

Queue::Queue(QueueOptions options, const Collaborators& with)
    : with_(with), scheduler_(std::make_unique<Scheduler>(std::move(options), with)) {
  inbox_ = scheduler_->inbox().shared_from_this();
}

Queue::~Queue() = default;

void Queue::reconfigure(QueueOptions options) {
  inbox_->push([options = std::move(options)](Scheduler& self) { self.reconfigure(options); });
}

void Queue::start(std::move_only_function<void(Result<spool::Recovery>)> loaded) {
  inbox_->push([](Scheduler& scheduler) { scheduler.start(); });
  with_.background.run([&store = with_.store, inbox = inbox_,
                        loaded = std::move(loaded)]() mutable {
    constexpr std::size_t kBatch = 4096;
    std::vector<spool::IndexEntry> batch;
    const auto hand_over = [&] {
      inbox->push([entries = std::exchange(batch, {})](Scheduler& scheduler) {
        scheduler.add_loaded(entries);
      });
    };
    Result<spool::Recovery> recovery = store.load([&](const spool::IndexEntry& entry) {
      batch.push_back(entry);
      if (batch.size() == kBatch) hand_over();
    });
    hand_over();
    inbox->push([recovery = std::move(recovery),
                 loaded = std::move(loaded)](Scheduler& scheduler) mutable {
      scheduler.end_load();
      if (!recovery)
        log::error("qmgr", "the spool could not be loaded whole: {}", recovery.error().describe());
      if (loaded) loaded(std::move(recovery));
    });
  });
}

void Queue::stop(std::move_only_function<void()> done) {
  inbox_->push(
      [done = std::move(done)](Scheduler& scheduler) mutable { scheduler.stop(std::move(done)); });
}

void Queue::admit(QueueId id, std::shared_ptr<const mail::Envelope> envelope,
                  mail::ContentPtr content, spool::MessageState state) {
  inbox_->push([id, envelope = std::move(envelope), content = std::move(content),
                state = std::move(state)](Scheduler& scheduler) mutable {
    scheduler.admit(id, std::move(envelope), std::move(content), state);
  });
}

void Queue::apply(Verb verb, Selector which, VerbDone done) {
  auto run = std::make_shared<VerbRun>(verb, std::move(done));
  inbox_->push([this, run, which = std::move(which)](Scheduler& scheduler) mutable {
    if (run->verb == Verb::kFlush && which.kind == Selector::Kind::kAll) scheduler.revive_lanes("");
    if (run->verb == Verb::kFlush && which.kind == Selector::Kind::kDestination)
      scheduler.revive_lanes(which.text);
    auto scan = std::make_shared<Scan>(
        std::move(which), with_.store, with_.background, inbox_, nullptr,
        [run, &scheduler](std::vector<QueueId> ids, std::move_only_function<void()> next) {
          run->start_piece(scheduler, std::move(ids), std::move(next));
        },
        [run] { run->end_walk(); });
    scan->next(scheduler);
  });
}

void Queue::list(Selector which, MessageVisitor visit, std::move_only_function<void()> done) {
  inbox_->push([this, which = std::move(which), visit = std::move(visit),
                done = std::move(done)](Scheduler& scheduler) mutable {
    auto scan = std::make_shared<Scan>(
        std::move(which), with_.store, with_.background, inbox_,
        [visit = std::move(visit)](const spool::StoredMessage& stored,
                                   const IndexedMessage& entry) mutable {
          return visit(make_view(stored, entry));
        },
        nullptr, std::move(done));
    scan->next(scheduler);
  });
}

void Queue::show(QueueId id, std::move_only_function<void(Result<MessageView>)> done) {
  inbox_->push([this, id, done = std::move(done)](Scheduler& scheduler) mutable {
    const Index::Slot slot = scheduler.index().find(id);
    IndexedMessage entry;
    if (slot != Index::kNoSlot) entry = scheduler.index().at(slot);
    with_.background.run([&store = with_.store, id, entry, done = std::move(done)]() mutable {
      const Result<spool::StoredMessage> stored = store.read(id);
      if (stored) {
        done(make_view(*stored, entry));
      } else {
        done(std::unexpected(stored.error()));
      }
    });
  });
}

void Queue::summarize(Selector which, std::move_only_function<void(Summary)> done) {
  auto summary = std::make_shared<Summary>();
  list(
      std::move(which),
      [summary, now = with_.clock.wall()](const MessageView& message) {
        summary->add(message, now);
        return true;
      },
      [summary, done = std::move(done)]() mutable { done(std::move(*summary)); });
}

void Queue::lanes(std::move_only_function<void(std::vector<LaneView>)> done) {
  inbox_->push([done = std::move(done)](Scheduler& scheduler) mutable { done(scheduler.lanes()); });
}

void Queue::counts(std::move_only_function<void(QueueCounts)> done) {
  inbox_->push(
      [done = std::move(done)](Scheduler& scheduler) mutable { done(scheduler.counts()); });
}

}  // namespace postern::queue
