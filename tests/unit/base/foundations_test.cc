// Errors, clocks, descriptors, metrics, checks.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/metrics.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/base/units.h"

namespace postern {
namespace {

TEST(ErrorTest, ErrnoChoosesTheKind) {
  EXPECT_EQ(fail_errno("x", ENOSPC).error().kind, ErrorKind::kNoSpace);
  EXPECT_EQ(fail_errno("x", EDQUOT).error().kind, ErrorKind::kNoSpace);
  EXPECT_EQ(fail_errno("x", ENOENT).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(fail_errno("x", EEXIST).error().kind, ErrorKind::kExists);
  EXPECT_EQ(fail_errno("x", EACCES).error().kind, ErrorKind::kPermission);
  EXPECT_EQ(fail_errno("x", EMFILE).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(fail_errno("x", EIO).error().kind, ErrorKind::kIo);
  EXPECT_EQ(fail_errno("cannot open /x", ENOENT).error().describe(),
            "cannot open /x: No such file or directory");
  EXPECT_EQ(fail(ErrorKind::kInvalid, "line {}", 3).error().describe(), "line 3");
}

TEST(ErrorTest, EveryKindHasAName) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kPermission); ++kind)
    EXPECT_NE(to_string(static_cast<ErrorKind>(kind)), "unknown") << kind;
}

TEST(ManualClockTest, OnlyTheWallJumps) {
  ManualClock clock;
  const auto wall = clock.wall();
  const auto steady = clock.steady();
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(clock.wall() - wall, std::chrono::seconds(5));
  EXPECT_EQ(clock.steady() - steady, std::chrono::seconds(5));
  clock.set_wall(WallTime(std::chrono::seconds(1)));
  EXPECT_EQ(clock.wall(), WallTime(std::chrono::seconds(1)));
  EXPECT_EQ(clock.steady() - steady, std::chrono::seconds(5));
}

TEST(SystemClockTest, SteadyNeverGoesBack) {
  const auto first = Clock::system().steady();
  EXPECT_LE(first, Clock::system().steady());
}

TEST(UniqueFdTest, ClosesOnceAndMoves) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd write_end(ends[1]);
  {
    UniqueFd read_end(ends[0]);
    UniqueFd moved = std::move(read_end);
    EXPECT_FALSE(read_end);  // NOLINT(bugprone-use-after-move): its state is the point
    EXPECT_EQ(moved.get(), ends[0]);
  }
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1);
  EXPECT_EQ(write_end.close(), 0);
  EXPECT_FALSE(write_end);
  EXPECT_EQ(write_end.close(), -1);
  UniqueFd itself(::dup(2));
  UniqueFd& alias = itself;
  itself = std::move(alias);
  EXPECT_TRUE(itself);
}

TEST(ByteCountTest, CarriesItsUnit) {
  using namespace literals;
  EXPECT_EQ((1_KiB).value, 1024u);
  EXPECT_EQ(1_MiB + 1_KiB - 1_KiB, 1_MiB);
  EXPECT_LT(1023_B, 1_KiB);
}

TEST(MetricsTest, TheSameLabelsAreTheSameCounter) {
  auto& first = metrics::counter("postern_test_total", "for this test", {{"reason", "a"}});
  auto& second = metrics::counter("postern_test_total", "for this test", {{"reason", "a"}});
  auto& other = metrics::counter("postern_test_total", "for this test", {{"reason", "b"}});
  first.Increment();
  second.Increment();
  EXPECT_EQ(first.Value(), 2);
  EXPECT_EQ(other.Value(), 0);
  const auto& bounds = metrics::latency_bounds();
  EXPECT_TRUE(std::ranges::is_sorted(bounds));
}

TEST(CheckDeathTest, AnImpossibleStateEndsTheProcessAndSaysWhere) {
  EXPECT_DEATH(POSTERN_CHECK(1 + 1 == 3), "panic: .*foundations_test.cc:.*1 \\+ 1 == 3");
  POSTERN_CHECK(true);
}

}  // namespace
}  // namespace postern
