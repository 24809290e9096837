#include "core/net/task_group.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "core/net/completion.h"
#include "tests/support/loop_fixture.h"

namespace postern::net {
namespace {

Task<void> set(bool* flag) {
  *flag = true;
  co_return;
}

Task<void> wait_for(Completion<int>* gate) { co_await gate->wait(); }

Task<void> throws() {
  throw std::runtime_error("out of its wits");
  co_return;
}

using TaskGroupTest = testing::LoopTest;

TEST_F(TaskGroupTest, FirstStepRunsBeforeSpawnReturns) {
  testing::run_on(loop(), [&] {
    TaskGroup group(loop());
    bool has_run = false;
    group.spawn(set(&has_run));
    EXPECT_TRUE(has_run);
  });
}

TEST_F(TaskGroupTest, IdleAtOnceWhereNothingRuns) {
  testing::run_on(loop(), [&] {
    TaskGroup group(loop());
    bool is_idle = false;
    group.on_idle([&] { is_idle = true; });
    EXPECT_TRUE(is_idle);
    EXPECT_EQ(group.count(), 0u);
  });
}

TEST_F(TaskGroupTest, IdleWhenTheLastTaskHasEnded) {
  std::unique_ptr<TaskGroup> group;
  std::unique_ptr<Completion<int>> first;
  std::unique_ptr<Completion<int>> second;
  std::promise<void> idle;
  auto is_idle = idle.get_future();
  testing::run_on(loop(), [&] {
    group = std::make_unique<TaskGroup>(loop());
    first = std::make_unique<Completion<int>>(loop());
    second = std::make_unique<Completion<int>>(loop());
    group->spawn(wait_for(first.get()));
    group->spawn(wait_for(second.get()));
    group->on_idle([&] {
      group.reset();  // the owner may go in the callback
      idle.set_value();
    });
    EXPECT_EQ(group->count(), 2u);
  });
  testing::run_on(loop(), [&] { first->callback()(1); });
  // A task ends some turns of the loop after the call that it waited for.
  for (int turn = 0; turn < 100 && group->count() != 1; ++turn)
    testing::run_on(loop(), [] {});
  EXPECT_EQ(group->count(), 1u);
  testing::run_on(loop(), [&] { second->callback()(1); });
  is_idle.wait();
}

TEST(TaskGroupDeathTest, EscapedExceptionEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        testing::LoopFixture fixture;
        testing::run_on(fixture.loop(), [&] {
          TaskGroup group(fixture.loop());
          group.spawn(throws());
        });
        std::promise<void> never;
        never.get_future().wait_for(std::chrono::seconds(30));
      },
      "an exception left a task");
}

}  // namespace
}  // namespace postern::net
