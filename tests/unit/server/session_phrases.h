// What the session tests say to a server.
#pragma once

#include <gtest/gtest.h>

#include "tests/support/smtp_site.h"

namespace postern::server {

inline void say_hello(testing::SmtpPeer& peer) {
  EXPECT_TRUE(peer.reply().starts_with("220"));
  EXPECT_TRUE(peer.command("EHLO client.test").starts_with("250"));
}

inline void begin_message(testing::SmtpPeer& peer) {
  EXPECT_EQ(peer.command("MAIL FROM:<a@b.test>"), "250 2.1.0 Ok");
  EXPECT_EQ(peer.command("RCPT TO:<joe@local.test>"), "250 2.1.5 Ok");
}

inline void begin_data(testing::SmtpPeer& peer) {
  begin_message(peer);
  EXPECT_TRUE(peer.command("DATA").starts_with("354"));
}

}  // namespace postern::server
