// WatchedStore: the real store, with a count of the answers it owes, and the ledger told of each
// result it says it holds.  Ledger events are posted to the harness's thread ahead of the answer,
// except that a process may be killed in between: then the ledger knows less, never more.
#pragma once

#include "core/spool/store.h"
#include "tests/crash/ledger.h"
#include "tests/crash/waiting_executor.h"

namespace postern::crash {

class WatchedStore final : public spool::Store {
 public:
  WatchedStore(std::unique_ptr<spool::Store> inner, WaitingExecutor& executor, Ledger& ledger)
      : inner_(std::move(inner)), executor_(executor), ledger_(ledger) {}

  QueueId next_id() override { return inner_->next_id(); }
  std::unique_ptr<spool::ContentWriter> new_content(QueueId id) override {
    return inner_->new_content(id);
  }
  void commit(QueueId id, std::shared_ptr<const mail::Envelope> envelope, mail::ContentPtr content,
              spool::MessageState initial, spool::CommitDone done) override {
    executor_.begin();
    inner_->commit(id, std::move(envelope), std::move(content), std::move(initial),
                   [this, done = std::move(done)](spool::CommitResult result) mutable {
                     done(std::move(result));
                     executor_.end();
                   });
  }
  void record(spool::Change change, spool::RecordDone done) override {
    std::vector<std::uint32_t> settled;
    for (const spool::Change::Outcome& outcome : change.outcomes)
      if (outcome.progress.state != spool::RecipientState::kPending)
        settled.push_back(outcome.recipient);
    executor_.begin();
    inner_->record(std::move(change), [this, id = change.id, settled = std::move(settled),
                                       done = std::move(done)](Result<void> result) mutable {
      if (result)
        executor_.post([this, id, settled = std::move(settled)] {
          for (const std::uint32_t recipient : settled)
            ledger_.note({Event::Kind::kRecorded, recipient, id.value(), 0});
        });
      if (done) done(std::move(result));
      executor_.end();
    });
  }
  Result<spool::Recovery> load(
      const std::function<void(const spool::IndexEntry&)>& visit) override {
    return inner_->load(visit);
  }
  Result<spool::StoredMessage> read(QueueId id) override { return inner_->read(id); }
  bool accepting() const override { return inner_->accepting(); }
  void maintain() override { inner_->maintain(); }
  void close() override { inner_->close(); }

 private:
  std::unique_ptr<spool::Store> inner_;
  WaitingExecutor& executor_;
  Ledger& ledger_;
};

}  // namespace postern::crash
