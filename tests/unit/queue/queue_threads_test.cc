// The queue with its executor on one thread and everybody else on others.
#include <atomic>
#include <future>

#include "tests/support/thread_executor.h"
#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

using postern::testing::ThreadExecutor;

// Answers from pool threads; keeps every message in a map behind a lock.
class ThreadedStore final : public spool::Store {
 public:
  explicit ThreadedStore(BackgroundPool& pool) : pool_(pool) {}
  void put(QueueId id, std::shared_ptr<const mail::Envelope> envelope, mail::ContentPtr content) {
    const std::lock_guard lock(mutex_);
    messages_[id] = {id, *envelope, {}, std::move(content)};
  }
  QueueId next_id() override { return ids_.next(); }
  std::unique_ptr<spool::ContentWriter> new_content(QueueId) override { return nullptr; }
  void commit(QueueId, std::shared_ptr<const mail::Envelope>, mail::ContentPtr, spool::MessageState,
              spool::CommitDone) override {}
  void record(spool::Change change, spool::RecordDone done) override {
    pool_.run([this, change = std::move(change), done = std::move(done)]() mutable {
      {
        const std::lock_guard lock(mutex_);
        if (change.removed) messages_.erase(change.id);
      }
      if (done) done({});
    });
  }
  Result<spool::Recovery> load(
      const std::function<void(const spool::IndexEntry&)>& visit) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, stored] : messages_) {
      spool::IndexEntry entry;
      entry.id = id;
      entry.arrival = entry.next_attempt = Clock::system().wall();
      entry.pending = 1;
      visit(entry);
    }
    return spool::Recovery{};
  }
  Result<spool::StoredMessage> read(QueueId id) override {
    const std::lock_guard lock(mutex_);
    const auto found = messages_.find(id);
    if (found == messages_.end()) return fail(ErrorKind::kNotFound, "no such message");
    return found->second;
  }
  bool accepting() const override { return true; }
  void maintain() override {}
  void close() override {}
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return messages_.size();
  }

 private:
  BackgroundPool& pool_;
  QueueIdSource ids_{Clock::system()};
  std::mutex mutex_;
  std::map<QueueId, spool::StoredMessage> messages_;  // guarded by mutex_
};

class ThreadedRunner final : public AttemptRunner {
 public:
  explicit ThreadedRunner(BackgroundPool& pool) : pool_(pool) {}
  void run(mail::Attempt attempt, AttemptDone done) override {
    pool_.run([this, attempt = std::move(attempt), done = std::move(done)]() mutable {
      delivered += attempt.recipients.size();
      done(ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok"));
    });
  }
  std::atomic<std::size_t> delivered = 0;

 private:
  BackgroundPool& pool_;
};

class ThreadedRouter final : public Router {
 public:
  explicit ThreadedRouter(BackgroundPool& pool) : pool_(pool) {}
  void route(const mail::Envelope&, const mail::Recipient& recipient,
             std::move_only_function<void(Result<mail::Destination>)> done) override {
    mail::Destination destination{{"smtp", recipient.forward_path.domain()},
                                  {"smtp", recipient.forward_path.domain()}};
    if (++count_ % 2 == 0) {
      done(std::move(destination));
      return;
    }
    pool_.run([destination, done = std::move(done)]() mutable { done(destination); });
  }

 private:
  BackgroundPool& pool_;
  unsigned count_ = 0;
};

TEST(QueueThreads, MessagesFromManyThreadsAreEachDeliveredOnce) {
  silence_log();
  ThreadExecutor executor;
  ThreadedStore store(executor);
  ThreadedRunner runner(executor);
  ThreadedRouter router(executor);
  RecordingNotifier notifier(executor);
  QueueOptions options = test_options();
  options.message_active_limit = 200;  // most wait on "disk" for a while
  Queue queue(options, {store, runner, router, notifier, executor, executor});
  queue.start();
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::vector<std::thread> submitters;
  for (int t = 0; t < kThreads; ++t)
    submitters.emplace_back([&, t] {
      auto content = std::make_shared<mail::MemoryContent>("x\r\n");
      for (int i = 0; i < kEach; ++i) {
        auto envelope = std::make_shared<mail::Envelope>();
        envelope->recipients.push_back(
            {address(fmt::format("u@{}.example", (t + i) % 3)), "", "", {}});
        const QueueId id = store.next_id();
        store.put(id, envelope, content);
        queue.admit(id, envelope, content, {});
        if (i % 100 == 0) {
          queue.lanes([](std::vector<LaneView>) {});
          queue.apply(Verb::kFlush, Selector::all(), [](VerbCount) {});
          queue.list(Selector::by_sender("<>"), [](const MessageView&) { return true; }, [] {});
        }
      }
    });
  for (std::thread& thread : submitters)
    thread.join();
  for (int turn = 0; turn < 20'000 && store.size() > 0; ++turn) {
    std::promise<void> turned;
    queue.counts([&turned](QueueCounts) { turned.set_value(); });
    turned.get_future().wait();
    queue.apply(Verb::kFlush, Selector::all(), [](VerbCount) {});
  }
  EXPECT_EQ(store.size(), 0u);
  EXPECT_EQ(runner.delivered, std::size_t{kThreads * kEach});
  std::promise<void> stopped;
  queue.stop([&stopped] { stopped.set_value(); });
  stopped.get_future().wait();
  executor.stop();
}

}  // namespace
}  // namespace postern::queue
