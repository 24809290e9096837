// Session tickets between contexts, with OpenSSL's client.
#include <gtest/gtest.h>

#include "core/tls/ticket_keys.h"
#include "tests/unit/tls/raw_client.h"
#include "tests/unit/tls/server_fixture.h"

namespace postern::tls {
namespace {

class Ticket : public TlsTest, public ::testing::WithParamInterface<int> {
 protected:
  ServerOptions with_keys(std::string listener) {
    ServerOptions values = options(std::move(listener));
    values.ticket_keys = &keys_;
    return values;
  }
  // One session; whether it was resumed, as both sides see it.
  bool connect(const std::shared_ptr<const ServerContext>& context, const std::string& name,
               RawClient::Session& session) {
    auto [fd, served] = start(context);
    RawClient client(std::move(fd),
                     {.newest = GetParam(), .server_name = name, .session = session.get()});
    EXPECT_TRUE(client.handshake()) << client.reason();
    EXPECT_EQ(client.read(), kGreeting);  // the ticket comes with it
    session = client.session();
    const bool is_resumed = SSL_session_reused(client.native()) == 1;
    client.close();
    const Served outcome = served.get();
    EXPECT_TRUE(outcome.info);
    EXPECT_EQ(outcome.info->resumed, is_resumed);
    return is_resumed;
  }
  static RawClient::Session none() { return {nullptr, &SSL_SESSION_free}; }

  ManualClock clock_;
  TicketKeys keys_{clock_};
};

INSTANTIATE_TEST_SUITE_P(Versions, Ticket, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(Ticket, ResumesAtItsListenerAndName) {
  const auto context = make(with_keys("smtp"));
  for (const char* name : {"", "mx.example"}) {
    auto session = none();
    EXPECT_FALSE(connect(context, name, session));
    EXPECT_TRUE(connect(context, name, session));
    EXPECT_TRUE(connect(context, name, session));
  }
}

TEST_P(Ticket, OutlivesAReload) {
  auto session = none();
  EXPECT_FALSE(connect(make(with_keys("smtp")), "mx.example", session));
  EXPECT_TRUE(connect(make(with_keys("smtp")), "mx.example", session));
}

TEST_P(Ticket, Row055AnotherListenersTicketGivesAFullHandshake) {
  auto session = none();
  EXPECT_FALSE(connect(make(with_keys("smtp")), "mx.example", session));
  EXPECT_FALSE(connect(make(with_keys("submission")), "mx.example", session));
  EXPECT_TRUE(connect(make(with_keys("submission")), "mx.example", session));
}

TEST_P(Ticket, Row055AnotherNamesTicketGivesAFullHandshake) {
  const auto context = make(with_keys("smtp"));
  for (const char* other : {"mail.example", ""}) {
    auto session = none();
    EXPECT_FALSE(connect(context, "mx.example", session));
    EXPECT_FALSE(connect(context, other, session)) << other;
  }
}

TEST_P(Ticket, OldKeyIsRenewedAndThenGone) {
  const auto context = make(with_keys("smtp"));
  auto session = none();
  EXPECT_FALSE(connect(context, "", session));
  clock_.advance(TicketKeys::kPeriod);
  EXPECT_TRUE(connect(context, "", session));  // and gives a new ticket
  clock_.advance(TicketKeys::kPeriod);
  EXPECT_TRUE(connect(context, "", session));
  clock_.advance(2 * TicketKeys::kPeriod);
  EXPECT_FALSE(connect(context, "", session));
}

TEST_P(Ticket, ProcessHasKeysOfItsOwn) {
  const auto context = make(options());
  auto session = none();
  EXPECT_FALSE(connect(context, "", session));
  EXPECT_TRUE(connect(context, "", session));
  EXPECT_FALSE(connect(make(with_keys("smtp")), "", session));  // other master keys
}

}  // namespace
}  // namespace postern::tls
