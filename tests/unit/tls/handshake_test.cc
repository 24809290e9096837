// The server's handshake against OpenSSL's client, and the ways it can fail.
#include <gtest/gtest.h>

#include "tests/unit/tls/raw_client.h"
#include "tests/unit/tls/server_fixture.h"

namespace postern::tls {
namespace {

using Handshake = TlsTest;

TEST_F(Handshake, TellsWhatWasAgreedOn) {
  const auto context = make(options());
  auto [fd, served] = start(context);
  RawClient client(std::move(fd), {.server_name = "MX.example.org"});
  ASSERT_TRUE(client.handshake()) << client.reason();
  EXPECT_EQ(client.read(), kGreeting);
  client.write("QUIT\r\n");
  client.close();
  const Served outcome = served.get();
  ASSERT_TRUE(outcome.info);
  EXPECT_EQ(outcome.info->describe(), "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)");
  EXPECT_EQ(outcome.info->server_name, "mx.example.org");
  EXPECT_FALSE(outcome.info->resumed);
  EXPECT_FALSE(outcome.info->is_verified);
  EXPECT_EQ(outcome.received, "QUIT\r\n");
  EXPECT_FALSE(outcome.error) << outcome.error->describe();
}

TEST_F(Handshake, Tls12HasForwardSecrecyAndAead) {
  const auto context = make(options());
  auto [fd, served] = start(context);
  RawClient client(std::move(fd), {.newest = TLS1_2_VERSION});
  ASSERT_TRUE(client.handshake()) << client.reason();
  client.close();
  const Served outcome = served.get();
  ASSERT_TRUE(outcome.info);
  EXPECT_EQ(outcome.info->describe(),
            "TLSv1.2 with cipher ECDHE-ECDSA-AES256-GCM-SHA384 (256/256 bits)");
}

TEST_F(Handshake, PeerThatSaysNothingTimesOut) {
  auto [fd, served] = start(make(options()), testing::in_milliseconds(20));
  const Served outcome = served.get();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::kTimeout);
}

// Octets that trickle in do not move the deadline.
TEST_F(Handshake, Row050SlowClientHelloEndsAtTheDeadline) {
  auto [fd, served] = start(make(options()), testing::in_milliseconds(50));
  const std::string header("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  testing::send_all(fd.get(), header);
  while (served.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
    testing::send_all(fd.get(), "x");
  EXPECT_EQ(served.get().error->kind, ErrorKind::kTimeout);
}

TEST_F(Handshake, PeerThatGoesIsClosed) {
  auto [fd, served] = start(make(options()));
  fd.reset();
  EXPECT_EQ(served.get().error->kind, ErrorKind::kClosed);
  std::tie(fd, served) = start(make(options()));
  testing::send_all(fd.get(), std::string("\x16\x03\x01\x02\x00\x01", 6));
  fd.reset();
  EXPECT_EQ(served.get().error->kind, ErrorKind::kClosed);
}

// What a client sent in clear behind STARTTLS meets the handshake, never the session.
TEST_F(Handshake, Row044ClearTextBehindStarttlsNeverRunsUnderTls) {
  for (const char* line : {"EHLO x\r\n", "AUTH PLAIN AHgAeA==\r\n", "MAIL FROM:<a@b>\r\n",
                           "RSET\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    auto [fd, served] = start(make(options()));
    testing::send_all(fd.get(), line);
    RawClient client(std::move(fd));
    EXPECT_FALSE(client.handshake());
    const Served outcome = served.get();
    EXPECT_FALSE(outcome.info);
    EXPECT_EQ(outcome.received, "");
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::kInvalid) << outcome.error->describe();
  }
}

TEST_F(Handshake, Row053RenegotiationIsRefusedEachTime) {
  const auto context = make(options());
  for (int i = 0; i < 100; ++i) {
    auto [fd, served] = start(context);
    RawClient client(std::move(fd), {.newest = TLS1_2_VERSION});
    ASSERT_TRUE(client.handshake()) << client.reason();
    EXPECT_EQ(client.read(), kGreeting);
    EXPECT_FALSE(client.renegotiate());
    EXPECT_EQ(client.reason(), "no renegotiation");
    client.cut();
    const Served outcome = served.get();
    ASSERT_TRUE(outcome.info);
    EXPECT_EQ(outcome.received, "");
  }
}

TEST_F(Handshake, Row056EndWithoutCloseNotifyIsAnError) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto [fd, served] = start(make(options()));
    RawClient client(std::move(fd), {.newest = version});
    ASSERT_TRUE(client.handshake()) << client.reason();
    EXPECT_EQ(client.read(), kGreeting);
    client.write("half a mess");
    client.cut();
    const Served outcome = served.get();
    EXPECT_EQ(outcome.received, "half a mess");
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::kClosed) << outcome.error->describe();
    EXPECT_NE(outcome.error->context.find("close_notify"), std::string::npos);
  }
}

TEST_F(Handshake, Row056ForgedRecordIsAnError) {
  auto [fd, served] = start(make(options()));
  RawClient client(std::move(fd));
  ASSERT_TRUE(client.handshake()) << client.reason();
  EXPECT_EQ(client.read(), kGreeting);
  testing::send_all(client.fd(), std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'f'));
  const Served outcome = served.get();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::kInvalid) << outcome.error->describe();
  EXPECT_EQ(outcome.received, "");
}

// Nobody is asked for a certificate, so none, however large, is read.
TEST_F(Handshake, Row057ClientCertificateIsNotAskedForAndThereIsNoEarlyData) {
  auto [fd, served] = start(make(options()));
  RawClient client(std::move(fd));
  int asked = 0;
  SSL_set_cert_cb(
      client.native(),
      [](SSL*, void* counter) {
        ++*static_cast<int*>(counter);
        return 1;
      },
      &asked);
  ASSERT_TRUE(client.handshake()) << client.reason();
  EXPECT_EQ(client.read(), kGreeting);
  EXPECT_EQ(asked, 0);
  const auto session = client.session();
  EXPECT_TRUE(SSL_SESSION_is_resumable(session.get()));
  EXPECT_EQ(SSL_SESSION_get_max_early_data(session.get()), 0u);
  client.close();
  served.get();
}

}  // namespace
}  // namespace postern::tls
