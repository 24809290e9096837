#include "core/net/loop.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <future>
#include <memory>
#include <set>

#include "tests/support/loop_fixture.h"

namespace postern::net {
namespace {

TEST(Loop, RunsInOrderOfPostingAndOnItsThread) {
  Loop loop;
  std::vector<int> order;
  std::promise<bool> done;
  for (int i = 0; i < 100; ++i)
    loop.post([&order, i] { order.push_back(i); });
  loop.post([&] { done.set_value(loop.is_current()); });
  EXPECT_FALSE(loop.is_current());
  loop.start("order");
  EXPECT_TRUE(done.get_future().get());
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Loop, PostNeverRunsBeforeItReturns) {
  testing::LoopFixture fixture;
  Loop& loop = fixture.loop();
  std::promise<bool> done;
  bool has_returned = false;
  loop.post([&] {
    loop.post([&] { done.set_value(has_returned); });
    has_returned = true;
  });
  EXPECT_TRUE(done.get_future().get());
}

TEST(Loop, PostAfterKeepsTheOrderOfTimes) {
  testing::LoopFixture fixture;
  std::promise<void> done;
  std::string order;
  fixture.loop().post_after(std::chrono::milliseconds(20), [&] {
    order += "late";
    done.set_value();
  });
  fixture.loop().post_after(std::chrono::milliseconds(1), [&] { order += "early "; });
  done.get_future().wait();
  EXPECT_EQ(order, "early late");
}

TEST(Loop, DestroysWhatWasPostedAndDidNotRun) {
  const auto held = std::make_shared<int>(1);
  {
    Loop loop;
    loop.post([held] { FAIL(); });
    loop.post_after(std::chrono::hours(1), [held] { FAIL(); });
    EXPECT_EQ(held.use_count(), 3);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Loop, StopEndsItAfterTheCurrentFunction) {
  Loop loop;
  int ran = 0;
  loop.post([&] {
    loop.stop();
    ++ran;
  });
  loop.post([&] { ++ran; });
  loop.run();  // on this thread
  EXPECT_EQ(ran, 1);
}

TEST(Loop, ThreadCarriesTheNameCutTo15Octets) {
  Loop loop;
  std::promise<std::string> name;
  loop.start("a-name-longer-than-15");
  // The name is set by the starter, so only a later function is sure to see it.
  loop.post([&] {
    char text[32] = {};
    ::pthread_getname_np(::pthread_self(), text, sizeof text);
    name.set_value(text);
  });
  EXPECT_EQ(name.get_future().get(), "a-name-longer-t");
}

TEST(LoopPool, GivesEachLoopItsTurn) {
  LoopPool pool(3);
  std::set<Loop*> seen;
  for (int i = 0; i < 3; ++i)
    seen.insert(&pool.next());
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(&pool.next(), &pool.at(0));
}

TEST(LoopPool, RunsEachLoopOnAThreadOfItsOwn) {
  LoopPool pool(2);
  pool.start("pool");
  std::set<std::thread::id> threads;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    std::promise<std::thread::id> id;
    pool.at(i).post([&] { id.set_value(std::this_thread::get_id()); });
    threads.insert(id.get_future().get());
  }
  EXPECT_EQ(threads.size(), 2u);
  pool.stop();
  pool.join();
  EXPECT_GE(LoopPool().size(), 1u);
}

}  // namespace
}  // namespace postern::net
