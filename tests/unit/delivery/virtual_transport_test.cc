#include "core/delivery/virtual_transport.h"

#include "tests/unit/delivery/transport_site.h"

namespace postern::delivery {
namespace {

class VirtualTransportTest : public testing::TransportSite {
 protected:
  using Words = std::vector<std::string>;

  Words deliver_to(const Words& recipients) {
    const auto open = [](const std::string& value) {
      auto opened = maps::TableList::open(value);
      EXPECT_TRUE(opened) << opened.error().describe();
      return opened.value_or(maps::TableList());
    };
    options.mailbox_base = tree / "vmail";
    options.mailboxes = open(mailboxes);
    options.uids = open(uids);
    options.gids = open(gids);
    options.recipient_delimiter = "+";
    VirtualTransport transport(options, runner, pool());
    return shown(deliver(transport, attempt(recipients)));
  }

  VirtualOptions options;
  std::string mailboxes =
      "inline:{ {joe@box.test = box.test/joe/}, {ann@box.test = ann.mbox}, "
      "{bad@box.test = ../../etc/x}, {@all.test = all/} }";
  std::string uids = "static:45678";
  std::string gids = "static:45678";
};

TEST_F(VirtualTransportTest, MaildirAndMboxByTheFinalSlash) {
  EXPECT_EQ(deliver_to({"joe@box.test", "ann@box.test"}),
            (Words{"sent 2.0.0 delivered to maildir", "sent 2.0.0 delivered to mailbox"}));
  EXPECT_EQ(only(tree.list("vmail/box.test/joe/new")),
            "Return-Path: <sender@far.test>\nDelivered-To: joe@box.test\nSubject: t\n\nhello\n");
  EXPECT_TRUE(tree.read("vmail/ann.mbox").starts_with("From sender@far.test  Tue Nov 14"));
}

TEST_F(VirtualTransportTest, ExtensionsAndWholeDomains) {
  EXPECT_EQ(deliver_to({"joe+x@box.test", "anybody@all.test"}).at(1),
            "sent 2.0.0 delivered to maildir");
  EXPECT_NE(only(tree.list("vmail/box.test/joe/new")).find("Delivered-To: joe+x@box.test\n"),
            std::string::npos);
}

TEST_F(VirtualTransportTest, UnknownUsersFailAndTheOthersDoNot) {
  EXPECT_EQ(
      deliver_to({"eve@box.test", "joe@box.test"}),
      (Words{"bounced 5.1.1 unknown user: \"eve@box.test\"", "sent 2.0.0 delivered to maildir"}));
}

TEST_F(VirtualTransportTest, OwnersComeFromTablesAndHaveAMinimum) {
  uids = "inline:{ ann@box.test=45678 }";
  EXPECT_EQ(
      deliver_to({"ann@box.test", "joe@box.test"}),
      (Words{"sent 2.0.0 delivered to mailbox", "deferred 4.3.5 mail system configuration error"}));
  for (const auto value : {"static:0", "static:99", "static:vmail", "static:-1", "static:45678x",
                           "static:4294967296"}) {
    uids = value;
    EXPECT_EQ(deliver_to({"joe@box.test"}), Words{"deferred 4.3.5 mail system configuration error"})
        << value;
  }
  uids = "static:100";
  EXPECT_EQ(deliver_to({"joe@box.test"}).at(0).substr(0, 14), "deferred 4.2.0")
      << "allowed, but the directory is another's";
}

TEST_F(VirtualTransportTest, TablesThatDoNotAnswerDefer) {
  mailboxes = "fail:sql";
  EXPECT_EQ(deliver_to({"joe@box.test"}), Words{"deferred 4.3.0 mailbox lookup error"});
  mailboxes = "static:x/";
  gids = "fail:sql";
  EXPECT_EQ(deliver_to({"joe@box.test"}), Words{"deferred 4.3.5 mail system configuration error"});
}

TEST_F(VirtualTransportTest, Row176OwnDeliveredToIsALoop) {
  content = "Received: x\r\nDelivered-To: JOE@box.test\r\n\r\n";
  EXPECT_EQ(deliver_to({"joe@box.test", "ann@box.test"}),
            (Words{"bounced 5.4.6 mail forwarding loop for joe@box.test",
                   "sent 2.0.0 delivered to mailbox"}));
}

TEST_F(VirtualTransportTest, Row204NoPathLeavesTheBase) {
  EXPECT_EQ(deliver_to({"bad@box.test"}), Words{"deferred 4.3.5 mail system configuration error"});
  std::filesystem::create_directory(tree / "elsewhere");
  std::filesystem::create_directory_symlink(tree / "elsewhere", tree / "vmail/box.test");
  EXPECT_EQ(deliver_to({"joe@box.test"}).at(0).substr(0, 14), "deferred 4.2.0");
  EXPECT_TRUE(tree.list("elsewhere").empty());
}

TEST_F(VirtualTransportTest, LimitAndQuota) {
  const auto size = content.size();
  options.mailbox_limit = size - 1;
  EXPECT_EQ(deliver_to({"joe@box.test"}).at(0).substr(0, 13), "bounced 5.2.3");
  options.mailbox_limit = size;
  EXPECT_EQ(deliver_to({"joe@box.test"}).at(0), "sent 2.0.0 delivered to maildir");
  options.mailbox_limit = 0;
  options.quota = "1C";
  EXPECT_EQ(deliver_to({"joe@box.test"}).at(0).substr(0, 13), "bounced 5.2.2");
}

TEST_F(VirtualTransportTest, AFullPoolDefers) {
  net::BlockingPool none(1, 0);
  options.mailboxes = *maps::TableList::open(mailboxes);
  VirtualTransport transport(options, runner, none);
  EXPECT_EQ(shown(deliver(transport, attempt({"joe@box.test"}))),
            Words{"deferred 4.3.2 too many deliveries are waiting"});
}

}  // namespace
}  // namespace postern::delivery
