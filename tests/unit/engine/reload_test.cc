// SIGHUP: a new configuration takes over as a whole, or not at all.
#include "tests/support/test_certificate.h"
#include "tests/unit/engine/engine_process.h"

namespace postern::engine {
namespace {

using testing::EngineProcess;
using ::testing::HasSubstr;
using testing::Parameters;
using testing::SmtpPeer;
using ::testing::StartsWith;

// The common name that the server shows after STARTTLS.
std::string certificate_name(const net::SocketAddress& address) {
  SmtpPeer peer(address);
  peer.reply();
  peer.command("EHLO client.test");
  EXPECT_THAT(peer.command("STARTTLS"), StartsWith("220"));
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_fd(ssl.get(), peer.fd());
  if (SSL_connect(ssl.get()) != 1) return "no handshake";
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl.get()),
                                                          X509_free);
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  return name;
}

TEST(Reload, TakesNewTablesWithoutDroppingASession) {
  EngineProcess engine(Parameters{{"virtual_mailbox_maps", "inline:{ joe@local.test=all/ }"}});
  SmtpPeer open(engine.address());
  open.reply();
  open.command("EHLO client.test");
  EXPECT_THAT(engine.send("ann@local.test"), StartsWith("550 5.1.1"));
  engine.configure({{"virtual_mailbox_maps", "inline:{ ann@local.test=all/ }"}});
  ASSERT_TRUE(engine.reload());
  EXPECT_THAT(engine.send("ann@local.test"), StartsWith("250"));
  EXPECT_THAT(open.command("NOOP"), StartsWith("250"));
  // A session keeps what it began with, to its end.
  EXPECT_THAT(EngineProcess::send(open, "joe@local.test", "hello", "a@far.test", false),
              StartsWith("250"));
}

TEST(Reload, BadFileLeavesTheConfigurationInForce) {
  EngineProcess engine;
  engine.configure({{"smtpd_timeout", "three weeks"}, {"virtual_mailbox_domains", "new.test"}});
  EXPECT_FALSE(engine.reload());
  EXPECT_THAT(engine.log(), HasSubstr("smtpd_timeout"));
  EXPECT_THAT(engine.send("joe@local.test"), StartsWith("250"));
  EXPECT_THAT(engine.send("joe@new.test"), StartsWith("250"));  // relayed, for mynetworks
  engine.configure({{"virtual_mailbox_domains", "new.test"}});
  EXPECT_TRUE(engine.reload());
}

TEST(Reload, MissingTableLeavesTheConfigurationInForce) {
  EngineProcess engine;
  engine.configure({{"virtual_mailbox_maps", "hash:/nonexistent/vmailbox"}});
  EXPECT_FALSE(engine.reload());
  EXPECT_THAT(engine.log(), HasSubstr("/nonexistent/vmailbox"));
  EXPECT_THAT(engine.send("joe@local.test"), StartsWith("250"));
}

TEST(Reload, OpensAndClosesListeners) {
  const std::string second = "127.0.0.2:0 inet n - n - - smtpd -o smtpd_banner=second.test\n";
  EngineProcess engine;
  const auto first = engine.address();
  SmtpPeer old(first);
  EXPECT_THAT(old.reply(), StartsWith("220 mx.local.test"));
  engine.configure({}, std::string(EngineProcess::kMasterCf) + second);
  ASSERT_TRUE(engine.reload());
  // The old listener is the same socket: its port, chosen by the kernel, has not changed.
  EXPECT_THAT(SmtpPeer(first).reply(), StartsWith("220 mx.local.test"));
  ASSERT_TRUE(engine.wait_for_log("listening on 127.0.0.2:"));
  std::string without = EngineProcess::kMasterCf;
  without.erase(0, without.find('\n') + 1);
  engine.configure({}, second + without);
  ASSERT_TRUE(engine.reload());
  EXPECT_THAT(old.command("EHLO client.test"), StartsWith("250"));
}

TEST(Reload, ChangesLimitsOfTheRunningQueue) {
  EngineProcess engine(Parameters{{"virtual_transport", "retry:4.2.0 not yet"}});
  ASSERT_THAT(engine.send("joe@local.test"), StartsWith("250"));
  ASSERT_TRUE(engine.wait_for_log("status=deferred"));
  engine.configure({{"virtual_transport", "retry:4.2.0 not yet"}, {"queue_message_limit", "1"}});
  ASSERT_TRUE(engine.reload());
  // The gate looks at the queue every second: until then mail still comes in.
  std::string reply = "250";
  while (reply.starts_with("250"))
    reply = engine.send("joe@local.test", "again");
  EXPECT_TRUE(reply.starts_with("452 4.3.1") || reply.starts_with("421") || reply.empty()) << reply;
}

// A key that only root may read serves the engine that root has started, and its successor too.
TEST(Reload, TakesANewCertificate) {
  EngineProcess engine;
  ASSERT_EQ(engine.stop(), 0);
  const auto chain = engine.directory() / "chain.pem";
  const auto install = [&](const std::string& name) {
    const testing::TestCertificate certificate({.common_name = name});
    engine.directory().write("chain.pem", certificate.key_pem() + certificate.certificate_pem());
    std::filesystem::permissions(chain, std::filesystem::perms::owner_read);
  };
  const Parameters tls{{"smtpd_tls_security_level", "may"}, {"smtpd_tls_chain_files", chain}};
  install("first.test");
  engine.configure(tls);
  engine.start();
  const auto name_seen = [&] { return certificate_name(engine.address()); };
  EXPECT_EQ(name_seen(), "first.test");
  std::filesystem::remove(chain);
  install("second.test");
  ASSERT_TRUE(engine.reload());
  EXPECT_EQ(name_seen(), "second.test");
  std::filesystem::remove(chain);
  EXPECT_FALSE(engine.reload());
  EXPECT_EQ(name_seen(), "second.test");
}

TEST(Reload, NamesWhatTakesARestart) {
  EngineProcess engine;
  engine.configure({{"worker_loops", "3"}});
  ASSERT_TRUE(engine.reload());
  EXPECT_THAT(engine.log(), HasSubstr("worker_loops: takes effect at the next start"));
}

}  // namespace
}  // namespace postern::engine
