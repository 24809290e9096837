#include "core/delivery/reason_transport.h"

#include <gtest/gtest.h>

#include "tests/support/loop_fixture.h"

namespace postern::delivery {
namespace {

class ReasonTransportTest : public postern::testing::LoopTest {
 protected:
  template <typename T>
  std::string deliver(const std::string& next_hop) {
    mail::Attempt attempt;
    attempt.route.next_hop = next_hop;
    attempt.recipients = {3, 5};
    T transport;
    const auto result = run(transport.deliver(loop(), attempt));
    EXPECT_EQ(result.recipients.size(), 2u);
    EXPECT_EQ(result.recipients.at(1).recipient, 5u);
    const auto& first = result.recipients.at(0);
    return fmt::format("{} {} {}", static_cast<int>(first.outcome), first.status, first.diagnostic);
  }
  static std::string with(mail::Outcome outcome, const std::string& rest) {
    return fmt::format("{} {}", static_cast<int>(outcome), rest);
  }
};

TEST_F(ReasonTransportTest, ErrorFails) {
  using enum mail::Outcome;
  EXPECT_EQ(deliver<ErrorTransport>("5.1.6 User has moved"), with(kFailed, "5.1.6 User has moved"));
  EXPECT_EQ(deliver<ErrorTransport>("mail is not wanted"),
            with(kFailed, "5.0.0 mail is not wanted"));
  EXPECT_EQ(deliver<ErrorTransport>(""), with(kFailed, "5.0.0 undeliverable"));
  EXPECT_EQ(deliver<ErrorTransport>("4.2.1   later"), with(kFailed, "5.2.1 later"));
  EXPECT_EQ(deliver<ErrorTransport>("5.1.6"), with(kFailed, "5.1.6 undeliverable"));
  EXPECT_EQ(deliver<ErrorTransport>("5.1.06 x"), with(kFailed, "5.0.0 5.1.06 x"));
}

TEST_F(ReasonTransportTest, RetryDefers) {
  using enum mail::Outcome;
  EXPECT_EQ(deliver<RetryTransport>("4.2.1 later"), with(kDeferred, "4.2.1 later"));
  EXPECT_EQ(deliver<RetryTransport>("5.2.1 never"), with(kDeferred, "4.2.1 never"));
}

TEST_F(ReasonTransportTest, DiscardTakes) {
  using enum mail::Outcome;
  EXPECT_EQ(deliver<DiscardTransport>("silently"), with(kDelivered, "2.0.0 silently"));
  EXPECT_EQ(deliver<DiscardTransport>(""), with(kDelivered, "2.0.0 discarded"));
}

}  // namespace
}  // namespace postern::delivery
