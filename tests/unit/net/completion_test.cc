#include "core/net/completion.h"

#include <gtest/gtest.h>

#include "tests/support/loop_fixture.h"

namespace postern::net {
namespace {

using testing::in_milliseconds;
using testing::test_deadline;
using Function = std::move_only_function<void(int)>;

Task<int> wait_for_one(Loop& loop, Function* out, std::promise<void>* waiting) {
  Completion<int> done(loop);
  *out = done.callback();
  waiting->set_value();
  co_return co_await done.wait();
}

Task<std::optional<int>> wait_with_deadline(Loop& loop, Function* out, SteadyTime deadline) {
  Completion<int> done(loop);
  *out = done.callback();
  co_return co_await done.wait_until(deadline);
}

Task<int> called_before(Loop& loop) {
  Completion<int> done(loop);
  done.callback()(7);
  co_return co_await done.wait();
}

using CompletionTest = testing::LoopTest;

TEST_F(CompletionTest, GivesTheValueFromAnotherThread) {
  Function callback;
  std::promise<void> waiting;
  auto called = std::async(std::launch::async, [&] {
    waiting.get_future().wait();
    callback(42);
  });
  EXPECT_EQ(run(wait_for_one(loop(), &callback, &waiting)), 42);
}

TEST_F(CompletionTest, GivesTheValueThatCameFirst) { EXPECT_EQ(run(called_before(loop())), 7); }

TEST_F(CompletionTest, DeadlineWins) {
  Function callback;
  EXPECT_EQ(run(wait_with_deadline(loop(), &callback, in_milliseconds(5))), std::nullopt);
  callback(1);  // late: dropped
  testing::run_on(loop(), [] {});
}

TEST_F(CompletionTest, DroppedCallbackEndsAtTheDeadline) {
  Function callback;
  auto value = std::async(std::launch::async, [&] {
    return run(wait_with_deadline(loop(), &callback, in_milliseconds(5)));
  });
  EXPECT_EQ(value.get(), std::nullopt);
}

}  // namespace
}  // namespace postern::net
