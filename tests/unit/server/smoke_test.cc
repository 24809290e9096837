#include "tests/support/smtp_site.h"

namespace postern::server {
namespace {

using testing::SmtpPeer;
using testing::SmtpSite;

TEST(Session, TakesOneMessage) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  EXPECT_EQ(peer.reply(), "220 mx.local.test ESMTP Postern");
  EXPECT_TRUE(peer.command("EHLO client.test").starts_with("250-mx.local.test\n250-PIPELINING\n"));
  EXPECT_EQ(peer.command("MAIL FROM:<a@b.test>"), "250 2.1.0 Ok");
  EXPECT_EQ(peer.command("RCPT TO:<joe@local.test>"), "250 2.1.5 Ok");
  EXPECT_EQ(peer.command("DATA"), "354 End data with <CR><LF>.<CR><LF>");
  const std::string queued = peer.command("Subject: x\r\n\r\nbody\r\n..dot\r\n.");
  EXPECT_TRUE(queued.starts_with("250 2.0.0 Ok: queued as ")) << queued;
  EXPECT_EQ(peer.command("QUIT"), "221 2.0.0 Bye");
  EXPECT_TRUE(peer.is_closed());
  ASSERT_EQ(site.sink.size(), 1U);
  const auto message = site.sink.messages()[0];
  EXPECT_TRUE(message.content.starts_with("Received: from client.test (unknown [127.0.0.1])\r\n"))
      << message.content;
  EXPECT_TRUE(message.content.ends_with("Subject: x\r\n\r\nbody\r\n.dot\r\n")) << message.content;
  EXPECT_EQ(message.envelope.client.protocol, "ESMTP");
  ASSERT_EQ(message.envelope.recipients.size(), 1U);
  EXPECT_EQ(message.envelope.recipients[0].forward_path, mail::Mailbox("joe", "local.test"));
}

}  // namespace
}  // namespace postern::server
