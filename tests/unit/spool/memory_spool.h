// A store over a file system in memory, with every call in the test's hands.
#pragma once

#include <gtest/gtest.h>

#include <future>

#include "core/base/log.h"
#include "core/spool/failing_fs.h"
#include "core/spool/forgetting_fs.h"
#include "core/spool/spool_files.h"
#include "core/spool/store.h"

namespace postern::spool {

using namespace std::chrono_literals;

inline std::shared_ptr<mail::Envelope> make_envelope(std::size_t recipients) {
  auto out = std::make_shared<mail::Envelope>();
  out->reverse_path = mail::Mailbox("alice", "example.com");
  for (std::size_t i = 0; i < recipients; ++i)
    out->recipients.push_back({mail::Mailbox("user" + std::to_string(i), "example.org"),
                               "user@example.org", "rfc822;user@example.org",
                               mail::DsnNotify::kFailure | mail::DsnNotify::kDelay});
  out->client.address = "192.0.2.1";
  out->arrival = WallTime(1'700'000'000s);
  out->listener = "smtp";
  return out;
}

class MemorySpool : public ::testing::Test {
 protected:
  MemorySpool() {
    log::Options quiet;
    quiet.file = "/dev/null";
    EXPECT_TRUE(log::configure(quiet));
    options_.directory = "/spool";
    options_.segment_size = ByteCount{16u << 10};
    options_.large_content = ByteCount{8u << 10};
    options_.compaction_dead_share = 0.5;
    options_.min_free_inodes = 0;
    options_.background = false;
  }
  ~MemorySpool() override { store_.reset(); }

  Result<void> open() {
    auto opened = Store::open(*fs_, options_, clock_);
    if (!opened) return std::unexpected(opened.error());
    store_ = std::move(*opened);
    return {};
  }
  void start() {
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().describe();
    loaded_.clear();
    const auto recovery = store_->load([this](const IndexEntry& e) { loaded_.push_back(e); });
    ASSERT_TRUE(recovery) << recovery.error().describe();
    recovery_ = *recovery;
  }
  // Another machine starts on what the disk holds.
  void start_on(std::unique_ptr<ForgettingFs> disk) {
    store_.reset();
    fs_.reset();
    disk_ = std::move(disk);
    fs_ = std::make_unique<FailingFs>(*disk_);
    start();
  }
  void restart() {
    store_.reset();
    start();
  }
  void kill() {
    auto left = disk_->after_kill();
    start_on(std::move(left));
  }

  std::future<CommitResult> commit_later(const std::string& octets, std::size_t recipients = 1) {
    const QueueId id = store_->next_id();
    auto promise = std::make_shared<std::promise<CommitResult>>();
    auto future = promise->get_future();
    auto writer = store_->new_content(id);
    auto refuse = [&](const Error& error) {
      promise->set_value(std::unexpected(error));
      return std::move(future);
    };
    if (auto ok = writer->append(octets); !ok) return refuse(ok.error());
    auto content = writer->finish();
    if (!content) return refuse(content.error());
    store_->commit(id, make_envelope(recipients), *content, MessageState{},
                   [promise](CommitResult result) { promise->set_value(std::move(result)); });
    return future;
  }
  Result<QueueId> put(const std::string& octets, std::size_t recipients = 1) {
    auto result = commit_later(octets, recipients).get();
    if (!result) return std::unexpected(result.error());
    return result->id();
  }
  Result<void> record(Change change) {
    std::promise<Result<void>> promise;
    auto future = promise.get_future();
    store_->record(std::move(change), [&](Result<void> r) { promise.set_value(std::move(r)); });
    return future.get();
  }
  Result<void> remove(QueueId id) {
    Change change;
    change.id = id;
    change.removed = true;
    return record(std::move(change));
  }
  Result<void> settle(QueueId id, std::uint32_t recipient, std::string diagnostic) {
    Change change;
    change.id = id;
    change.outcomes = {
        {recipient, {RecipientState::kDelivered, std::move(diagnostic), "2.0.0", ""}}};
    return record(std::move(change));
  }
  std::string octets_of(QueueId id) {
    const auto message = store_->read(id);
    if (!message) return "error: " + message.error().describe();
    const auto octets = mail::read_all(*message->content, 1 << 24);
    return octets ? *octets : "error: " + octets.error().describe();
  }
  std::vector<std::string> names(const std::string& directory) {
    std::vector<std::string> out;
    disk_->list(options_.directory + "/" + directory, out);
    return out;
  }
  // Counts in syncs_ from here on.  Hooks outlive the test's body: what they refer to is a member.
  void count_syncs() {
    fs_->set_hook([this](FsCall call) { syncs_ += call == FsCall::kSyncData ? 1 : 0; });
  }
  std::size_t segments() {
    std::size_t count = 0;
    for (const std::string& name : names("log"))
      count += name.ends_with(".seg") ? 1 : 0;
    return count;
  }
  std::string segment_path(unsigned number) const {
    return fmt::format("/spool/log/{:08x}.seg", number);
  }

  std::atomic<unsigned> syncs_{0};
  ManualClock clock_;
  StoreOptions options_;
  std::unique_ptr<ForgettingFs> disk_ = std::make_unique<ForgettingFs>(ForgettingFs::Options{});
  std::unique_ptr<FailingFs> fs_ = std::make_unique<FailingFs>(*disk_);
  std::unique_ptr<Store> store_;
  std::vector<IndexEntry> loaded_;
  Recovery recovery_;
};

}  // namespace postern::spool
