// Space that comes back: deletion, compaction, both while mail goes on, and what a kill in the
// middle leaves.
#include "core/spool/janitor.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

class JanitorTest : public MemorySpool {
 protected:
  std::string body(std::uint64_t n) {
    return fmt::format("message {}\r\n", n) + std::string(500, 'x');
  }
  // `count` messages, every `keep`-th stays; gives those.
  std::map<QueueId, std::string> fill(int count, int keep) {
    std::map<QueueId, std::string> kept;
    std::vector<QueueId> gone;
    for (int i = 0; i < count; ++i) {
      const auto id = put(body(static_cast<std::uint64_t>(i)), 2);
      EXPECT_TRUE(id);
      if (i % keep == 0)
        kept[*id] = body(static_cast<std::uint64_t>(i));
      else
        gone.push_back(*id);
    }
    for (const QueueId id : gone)
      EXPECT_TRUE(remove(id));
    return kept;
  }
  void expect_kept(const std::map<QueueId, std::string>& kept) {
    EXPECT_EQ(loaded_.size(), kept.size());
    for (const auto& [id, octets] : kept)
      EXPECT_EQ(octets_of(id), octets);
  }
};

TEST_F(JanitorTest, SegmentWhoseMessagesAreGoneGoes) {
  start();
  fill(200, 1000);
  ASSERT_GT(segments(), 4u);
  for (int i = 0; i < 40; ++i)
    store_->maintain();
  EXPECT_LE(segments(), 3u);
}

TEST_F(JanitorTest, MostlyDeadSegmentsAreCopiedForwardWithTheirState) {
  start();
  auto kept = fill(300, 20);
  const QueueId some = kept.begin()->first;
  ASSERT_TRUE(settle(some, 1, "taken"));
  Change held;
  held.id = some;
  held.held = true;
  held.attempts = 7;
  ASSERT_TRUE(record(held));
  const std::size_t before = segments();
  for (int i = 0; i < 60; ++i)
    store_->maintain();
  EXPECT_LT(segments(), before / 3);
  restart();
  expect_kept(kept);
  const auto message = store_->read(some);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->state.held);
  EXPECT_EQ(message->state.attempts, 7u);
  EXPECT_EQ(message->state.recipients[1].diagnostic, "taken");
  EXPECT_EQ(message->state.recipients[0].state, RecipientState::kPending);
}

TEST_F(JanitorTest, RemovedStayRemovedThroughCompactionsAndKills) {
  std::mt19937 random(1);
  start();
  std::map<QueueId, std::string> alive;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 12; ++i) {
      const auto id = put(body(static_cast<std::uint64_t>(round * 100 + i)));
      ASSERT_TRUE(id);
      alive[*id] = body(static_cast<std::uint64_t>(round * 100 + i));
    }
    std::vector<QueueId> ids;
    for (const auto& [id, octets] : alive)
      ids.push_back(id);
    for (const QueueId id : ids) {
      if (random() % 3 != 0) continue;
      if (random() % 2 == 0) {
        ASSERT_TRUE(settle(id, 0, "taken"));
      }
      ASSERT_TRUE(remove(id));
      alive.erase(id);
    }
    store_->maintain();
    if (round % 5 == 4) {
      kill();
      expect_kept(alive);
    }
  }
}

TEST_F(JanitorTest, CopiesShareOneSyncAndDoNotAddTheirOwnToAMessage) {
  start();
  const auto kept = fill(300, 20);
  count_syncs();
  std::uint64_t rounds = 0;
  while (rounds < 40) {
    store_->maintain();
    ++rounds;
  }
  // 15 messages and 285 removals moved; a sync for each would be hundreds.
  EXPECT_LT(syncs_, 120u);
}

TEST_F(JanitorTest, MailIsAcceptedAndReadWhileTheBackgroundCompacts) {
  options_.background = true;
  options_.compaction_rate = ByteCount{1 << 30};
  start();
  std::map<QueueId, std::string> alive;
  std::thread reader;
  std::atomic<bool> done{false};
  std::mutex mutex;
  std::vector<QueueId> readable;
  reader = std::thread([&] {
    while (!done) {
      std::vector<QueueId> now;
      {
        const std::lock_guard lock(mutex);
        now = readable;
      }
      for (const QueueId id : now) {
        const auto message = store_->read(id);
        if (!message) {
          EXPECT_EQ(message.error().kind, ErrorKind::kNotFound);
        }
      }
    }
  });
  std::thread keeper([&] {
    while (!done)
      store_->maintain();
  });
  for (std::uint64_t i = 0; i < 600; ++i) {
    const auto id = put(body(i));
    ASSERT_TRUE(id);
    if (i % 10 == 0) {
      alive[*id] = body(i);
      const std::lock_guard lock(mutex);
      readable.push_back(*id);
    } else {
      ASSERT_TRUE(remove(*id));
    }
  }
  done = true;
  reader.join();
  keeper.join();
  options_.background = false;
  restart();
  expect_kept(alive);
}

TEST_F(JanitorTest, FailedUnlinkOrDirectorySyncKeepsWhatKeepsTheDeadDead) {
  for (const FsCall call : {FsCall::kUnlink, FsCall::kSyncDirectory}) {
    start();
    fill(100, 1000);
    fs_->fail_all(call, EIO);
    for (int i = 0; i < 5; ++i)
      store_->maintain();
    fs_->fail_all(std::nullopt);
    kill();
    EXPECT_EQ(loaded_.size(), 1u);
    for (const IndexEntry& entry : loaded_)
      ASSERT_TRUE(remove(entry.id));
    store_.reset();
  }
}

TEST_F(JanitorTest, NothingIsDeletedBeforeAllIsLoaded) {
  start();
  fill(100, 1000);
  store_.reset();
  const std::size_t before = segments();
  ASSERT_TRUE(open());
  store_->maintain();
  EXPECT_GE(segments(), before);
}

}  // namespace
}  // namespace postern::spool
