// The store on a real disk: commit, record, read, restart.
#include "core/spool/store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>

#include "core/spool/fs.h"

namespace postern::spool {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "postern-spool-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    options_.directory = base_ + "/spool";
    options_.allow_volatile = true;
    options_.segment_size = ByteCount{256u << 10};
    options_.large_content = ByteCount{64u << 10};
    options_.background = false;
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(base_);
  }

  void start() {
    auto opened = Store::open(FileSystem::posix(), options_);
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = std::move(*opened);
    loaded_.clear();
    auto recovery = store_->load([&](const IndexEntry& e) { loaded_.push_back(e); });
    ASSERT_TRUE(recovery) << recovery.error().describe();
    recovery_ = *recovery;
  }
  void restart() {
    store_.reset();
    start();
  }

  static std::shared_ptr<const mail::Envelope> envelope(int recipients) {
    auto out = std::make_shared<mail::Envelope>();
    out->reverse_path = mail::Mailbox("alice", "example.com");
    for (int i = 0; i < recipients; ++i)
      out->recipients.push_back({mail::Mailbox("user" + std::to_string(i), "example.org"),
                                 "user@example.org", "rfc822;user@example.org",
                                 mail::DsnNotify::kFailure | mail::DsnNotify::kDelay});
    out->client.address = "192.0.2.1";
    out->client.port = 4711;
    out->envid = "QQ";
    out->arrival = WallTime(std::chrono::seconds(1'700'000'000));
    out->listener = "smtp";
    return out;
  }

  Result<QueueId> put(const std::string& octets, int recipients = 1) {
    const QueueId id = store_->next_id();
    auto writer = store_->new_content(id);
    for (std::size_t at = 0; at < octets.size(); at += 10'000)
      if (auto ok = writer->append(std::string_view(octets).substr(at, 10'000)); !ok)
        return std::unexpected(ok.error());
    auto content = writer->finish();
    if (!content) return std::unexpected(content.error());
    std::promise<Result<QueueId>> promise;
    auto future = promise.get_future();
    store_->commit(id, envelope(recipients), *content, MessageState{}, [&](CommitResult result) {
      if (result)
        promise.set_value(result->id());
      else
        promise.set_value(std::unexpected(result.error()));
    });
    return future.get();
  }

  Result<void> record(Change change) {
    std::promise<Result<void>> promise;
    auto future = promise.get_future();
    store_->record(std::move(change), [&](Result<void> r) { promise.set_value(std::move(r)); });
    return future.get();
  }

  std::string base_;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
  std::vector<IndexEntry> loaded_;
  Recovery recovery_;
};

TEST_F(StoreTest, MessageSurvivesARestartOctetForOctet) {
  start();
  const std::string octets = "Subject: x\r\n\r\nbody\r\n";
  const auto id = put(octets, 2);
  ASSERT_TRUE(id) << id.error().describe();
  restart();
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(loaded_[0].id, *id);
  EXPECT_EQ(loaded_[0].pending, 2u);
  EXPECT_EQ(loaded_[0].size, octets.size());
  const auto message = store_->read(*id);
  ASSERT_TRUE(message) << message.error().describe();
  EXPECT_EQ(message->envelope, *envelope(2));
  EXPECT_EQ(*mail::read_all(*message->content, 1 << 20), octets);
}

TEST_F(StoreTest, LargeContentLiesInAFileOfItsOwnAndGoesWithTheMessage) {
  start();
  std::string octets;
  for (int i = 0; octets.size() < 200'000; ++i)
    octets += "line " + std::to_string(i) + "\r\n";
  const auto id = put(octets);
  ASSERT_TRUE(id) << id.error().describe();
  const std::string file = options_.directory + "/large/" + id->to_string();
  EXPECT_TRUE(std::filesystem::exists(file));
  restart();
  EXPECT_EQ(*mail::read_all(*store_->read(*id)->content, 1 << 20), octets);
  Change gone;
  gone.id = *id;
  gone.removed = true;
  ASSERT_TRUE(record(gone));
  store_->maintain();
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(store_->read(*id).error().kind, ErrorKind::kNotFound);
}

TEST_F(StoreTest, OutcomesOfSeveralChangesAddUp) {
  start();
  const auto id = put("x\r\n", 3);
  ASSERT_TRUE(id);
  Change first;
  first.id = *id;
  first.outcomes = {{1, {RecipientState::kDelivered, "ok", "2.0.0", "mx"}}};
  first.attempts = 1;
  ASSERT_TRUE(record(first));
  Change second;
  second.id = *id;
  second.outcomes = {{2, {RecipientState::kFailed, "no", "5.1.1", "mx"}}};
  second.held = true;
  ASSERT_TRUE(record(second));
  restart();
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(loaded_[0].pending, 1u);
  EXPECT_EQ(loaded_[0].attempts, 1u);
  EXPECT_TRUE(loaded_[0].held);
  const auto message = store_->read(*id);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->state.recipients[0].state, RecipientState::kPending);
  EXPECT_EQ(message->state.recipients[1].state, RecipientState::kDelivered);
  EXPECT_EQ(message->state.recipients[2].diagnostic, "no");
}

TEST_F(StoreTest, RemovedMessagesStayRemovedAndTheirSegmentsGo) {
  start();
  std::vector<QueueId> ids;
  for (int i = 0; i < 200; ++i)
    ids.push_back(*put(std::string(4096, 'x')));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % 50 == 0) continue;
    Change gone;
    gone.id = ids[i];
    gone.removed = true;
    ASSERT_TRUE(record(gone));
  }
  for (int i = 0; i < 10; ++i)
    store_->maintain();
  restart();
  EXPECT_EQ(loaded_.size(), 4u);
  for (std::size_t i = 0; i < ids.size(); i += 50)
    EXPECT_EQ(*mail::read_all(*store_->read(ids[i])->content, 1 << 20), std::string(4096, 'x'));
  std::size_t octets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory + "/log"))
    octets += entry.file_size();
  EXPECT_LT(octets, 3 * options_.segment_size.value);
}

TEST_F(StoreTest, Row197SecondEngineIsRefused) {
  start();
  const auto second = Store::open(FileSystem::posix(), options_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kExists);
}

TEST_F(StoreTest, MemoryDurabilityLeavesNoFiles) {
  options_.durability = Durability::kMemory;
  start();
  const auto id = put("x\r\n");
  ASSERT_TRUE(id);
  EXPECT_EQ(*mail::read_all(*store_->read(*id)->content, 100), "x\r\n");
  EXPECT_FALSE(std::filesystem::exists(options_.directory));
}

}  // namespace
}  // namespace postern::spool
