// LogStore: the Store over a segmented log.  Joins the parts: committer (writes), large syncer,
// janitor (gives space back), catalog (what lives where), scanner and reader (what is stored).
// Thread-safe as Store says.
#pragma once

#include "core/spool/janitor.h"
#include "core/spool/large_syncer.h"

namespace postern::spool {

class LogStore final : public Store {
 public:
  static Result<std::unique_ptr<LogStore>> open(FileSystem& fs, StoreOptions options,
                                                const Clock& clock,
                                                std::unique_ptr<FileSystem> owned = nullptr);
  ~LogStore() override { close(); }

  QueueId next_id() override { return ids_.next(); }
  std::unique_ptr<ContentWriter> new_content(QueueId id) override;
  void commit(QueueId id, std::shared_ptr<const mail::Envelope> envelope, mail::ContentPtr content,
              MessageState initial, CommitDone done) override;
  void record(Change change, RecordDone done) override;
  Result<Recovery> load(const std::function<void(const IndexEntry&)>& visit) override;
  Result<StoredMessage> read(QueueId id) override;
  bool accepting() const override { return committer_->accepting(); }
  void maintain() override {
    janitor_->run_once();
    if (!options_.background) spare_->prepare();
  }
  void close() override;

 private:
  LogStore(FileSystem& fs, StoreOptions options, const Clock& clock,
           std::unique_ptr<FileSystem> owned);
  Result<void> start();
  Result<void> check_volatile() const;
  Result<std::uint32_t> recover_newest();
  Result<void> raise_floor();
  void remove_leftovers(const std::vector<std::uint32_t>& segments) const;
  void remove_orphans();
  bool has_lost_content(const MessageNote& note) const;

  const std::unique_ptr<FileSystem> owned_fs_;  // kMemory
  const StoreOptions options_;
  const Clock& clock_;
  const SpoolFiles files_;
  const SegmentScanner scanner_;
  const MessageReader reader_;
  File lock_;
  QueueIdSource ids_;
  SharedCatalog shared_;
  std::vector<std::uint32_t> old_segments_;   // of earlier runs
  std::vector<std::string> old_large_files_;  // may be leftovers of unfinished messages
  Recovery recovery_;
  std::unique_ptr<SpareSegment> spare_;
  bool is_incomplete_ = false;  // a segment could not be read
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<LargeSyncer> large_syncer_;
  std::unique_ptr<Janitor> janitor_;
};

}  // namespace postern::spool
