#include "core/net/post_batch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/loop_fixture.h"

namespace postern::net {
namespace {

// Runs on `loop` after all that was posted to it before.
void wait_for(Loop& loop) {
  testing::run_on(loop, [] {});
}

TEST(PostBatch, NothingRunsBeforeItsEnd) {
  testing::LoopFixture fixture;
  std::string order;
  {
    const PostBatch together;
    fixture.loop().post([&] { order += 'b'; });
    std::promise<void> passed;
    std::thread other([&] {
      fixture.loop().post([&] {
        order += 'a';
        passed.set_value();
      });
    });
    passed.get_future().wait();
    other.join();
  }
  wait_for(fixture.loop());
  EXPECT_EQ(order, "ab");
}

TEST(PostBatch, KeepsTheOrderForEachLoop) {
  testing::LoopFixture one;
  testing::LoopFixture two;
  std::string of_one;
  std::string of_two;
  {
    const PostBatch together;
    for (char c = 'a'; c <= 'z'; ++c) {
      one.loop().post([&of_one, c] { of_one += c; });
      two.loop().post([&of_two, c] { of_two += c; });
    }
  }
  wait_for(one.loop());
  wait_for(two.loop());
  EXPECT_EQ(of_one, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(of_two, of_one);
}

TEST(PostBatch, TheOutermostHandsOver) {
  testing::LoopFixture fixture;
  std::atomic<bool> has_run{false};
  {
    const PostBatch outer;
    {
      const PostBatch inner;
      fixture.loop().post([&] { has_run = true; });
    }
    std::promise<void> passed;
    std::thread([&] { fixture.loop().post([&] { passed.set_value(); }); }).join();
    passed.get_future().wait();
    EXPECT_FALSE(has_run);
  }
  wait_for(fixture.loop());
  EXPECT_TRUE(has_run);
}

TEST(PostBatch, WhatALoopThatStoppedDidNotRunIsDestroyed) {
  const auto held = std::make_shared<int>(1);
  {
    Loop loop;
    {
      const PostBatch together;
      loop.post([held] { FAIL(); });
      loop.post([held] { FAIL(); });
    }
    EXPECT_EQ(held.use_count(), 3);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace postern::net
