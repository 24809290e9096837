// local(8) as a whole: aliases, .forward, mailboxes, commands and files through the real privileged
// process.
#include "core/delivery/local_transport.h"

#include "tests/unit/delivery/transport_site.h"

namespace postern::delivery {
namespace {

using Words = std::vector<std::string>;

// Keeps what it was given; stands for the LMTP client behind mailbox_transport.
class Remembering final : public Transport {
 public:
  net::Task<mail::AttemptResult> deliver(net::Loop&, mail::Attempt attempt) override {
    attempts.push_back(attempt);
    mail::AttemptResult out;
    mail::RecipientResult one;
    one.recipient = attempt.recipients.at(0);
    one.outcome = mail::Outcome::kDelivered;
    one.status = "2.1.5";
    one.diagnostic = "taken by " + attempt.route.transport;
    out.recipients.push_back(one);
    co_return out;
  }
  std::vector<mail::Attempt> attempts;
};

class LocalTransportTest : public testing::TransportSite {
 protected:
  LocalTransportTest() {
    site.myorigin = site.mydestination = "local.test";
    site.recipient_delimiter = "+";
  }
  void SetUp() override {
    TransportSite::SetUp();
    options.spool_directory = tree / "mail";
    options.expansion.default_privs = {testing::kVmail, testing::kVmail};
    options.expansion.find_user = user_lookup();
    options.locks.attempts = 2;
    options.locks.delay_ms = 5;
  }
  LocalTransport& transport() {
    if (transport_ == nullptr) {
      if (!aliases.empty()) site.alias_maps = "inline:{ " + aliases + " }";
      auto directory = routing::Directory::open(site);
      EXPECT_TRUE(directory) << directory.error().describe();
      TransportFinder find = [lmtp = lmtp](std::string_view name) -> std::shared_ptr<Transport> {
        if (name == "lmtp") return lmtp;
        return nullptr;
      };
      transport_ = std::make_unique<LocalTransport>(options, *directory, runner, forwarder,
                                                    std::move(find), pool());
    }
    return *transport_;
  }
  void TearDown() override {
    transport_.reset();
    TransportSite::TearDown();
  }
  Words deliver_to(const Words& recipients) {
    last = deliver(transport(), attempt(recipients));
    return shown(last);
  }
  Words expanded() const {
    Words out;
    for (const auto& each : last.recipients.at(0).expanded)
      out.push_back(each.forward_path.local_part() + "@" + each.forward_path.domain());
    return out;
  }

  routing::DirectoryOptions site;
  LocalOptions options;
  std::string aliases;
  std::shared_ptr<testing::Forwarded> forwarder;
  std::shared_ptr<Remembering> lmtp = std::make_shared<Remembering>();
  mail::AttemptResult last;

 private:
  std::unique_ptr<LocalTransport> transport_;
};

TEST_F(LocalTransportTest, SpoolMailboxOfAUser) {
  EXPECT_EQ(deliver_to({"Joe+x@local.test"}), Words{"sent 2.0.0 delivered to mailbox"});
  EXPECT_EQ(tree.read("mail/joe"),
            "From sender@far.test  Tue Nov 14 22:13:20 2023\nReturn-Path: <sender@far.test>\n"
            "Delivered-To: Joe+x@local.test\nSubject: t\n\nhello\n\n");
  struct stat status{};
  ASSERT_EQ(::stat((tree / "mail/joe").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 45'001u);
  EXPECT_EQ(last.recipients.at(0).remote_mta, "local");
}

TEST_F(LocalTransportTest, HomeMaildirAndSpoolMaildir) {
  options.home_mailbox = "Maildir/";
  EXPECT_EQ(deliver_to({"joe@local.test"}), Words{"sent 2.0.0 delivered to maildir"});
  EXPECT_NE(only(tree.list("joe/Maildir/new")).find("Delivered-To: joe@local.test\n"),
            std::string::npos);
}

TEST_F(LocalTransportTest, SpoolDirectoryWithASlashHoldsMaildirs) {
  options.spool_directory += "/";
  EXPECT_EQ(deliver_to({"joe@local.test"}).size(), 1u);
  EXPECT_EQ(tree.list("mail/joe/new").size(), 1u);
}

TEST_F(LocalTransportTest, UnknownUsers) {
  EXPECT_EQ(deliver_to({"Eve@local.test"}), Words{"bounced 5.1.1 unknown user: \"eve\""});
}

TEST_F(LocalTransportTest, RootGetsNoMailAndTheOperatorLearnsWhy) {
  EXPECT_EQ(deliver_to({"root@local.test"}),
            Words{"deferred 4.2.0 mail for root cannot be delivered"});
}

TEST_F(LocalTransportTest, AliasToOneUserIsDeliveredAtOnce) {
  aliases = "{root = joe}";
  EXPECT_EQ(deliver_to({"root@local.test"}), Words{"sent 2.0.0 delivered to mailbox"});
  EXPECT_NE(tree.read("mail/joe").find("Delivered-To: root@local.test\n"), std::string::npos);
}

TEST_F(LocalTransportTest, AliasToSeveralIsExpanded) {
  aliases = "{staff = joe, ann, x@far.test, eve}";
  EXPECT_EQ(deliver_to({"staff@local.test"}), Words{"expanded 2.0.0 expanded to 4 recipients"});
  EXPECT_EQ(expanded(),
            (Words{"\\joe@local.test", "\\ann@local.test", "x@far.test", "\\eve@local.test"}));
  EXPECT_EQ(last.recipients.at(0).expanded.at(0).original_recipient, "staff@local.test");
  EXPECT_EQ(deliver_to({"\\joe@local.test", "\\eve@local.test"}),
            (Words{"sent 2.0.0 delivered to mailbox", "bounced 5.1.1 unknown user: \"eve\""}));
  EXPECT_NE(tree.read("mail/joe").find("Delivered-To: joe@local.test\n"), std::string::npos);
}

TEST_F(LocalTransportTest, SuccessIsReportedAsExpandedOnly) {
  aliases = "{staff = x@far.test, y@far.test}";
  auto what = attempt({"staff@local.test"});
  auto envelope = std::make_shared<mail::Envelope>(*what.envelope);
  envelope->recipients[0].notify = mail::DsnNotify::kSuccess | mail::DsnNotify::kFailure;
  what.envelope = envelope;
  auto result = deliver(transport(), what);
  EXPECT_EQ(result.recipients.at(0).expanded.at(0).notify, mail::DsnNotify::kFailure);
  envelope = std::make_shared<mail::Envelope>(*envelope);
  envelope->recipients[0].notify = mail::DsnNotify::kSuccess;
  what.envelope = envelope;
  result = deliver(transport(), what);
  EXPECT_EQ(result.recipients.at(0).expanded.at(0).notify, mail::DsnNotify::kNever);
}

TEST_F(LocalTransportTest, ForwarderGetsNewMessagesWithDeliveredTo) {
  forwarder = std::make_shared<testing::Forwarded>();
  aliases = "{staff = x@far.test, joe}";
  EXPECT_EQ(deliver_to({"staff@local.test"}), Words{"expanded 2.0.0 forwarded as F01"});
  EXPECT_TRUE(expanded().empty());
  ASSERT_EQ(forwarder->messages.size(), 1u);
  const auto& message = forwarder->messages.front();
  EXPECT_EQ(message.prologue, "Delivered-To: staff@local.test\n");
  EXPECT_EQ(message.parent, QueueId(0xABC));
  EXPECT_EQ(mail::to_wire(message.envelope.reverse_path), "sender@far.test");
  EXPECT_EQ(message.envelope.origin, mail::Origin::kForwarded);
  EXPECT_EQ(message.envelope.recipients.size(), 2u);
  forwarder->is_down = true;
  EXPECT_EQ(deliver_to({"staff@local.test"}),
            Words{"deferred 4.3.0 the mail could not be forwarded"});
}

TEST_F(LocalTransportTest, ListsHaveTheirOwnerForASender) {
  forwarder = std::make_shared<testing::Forwarded>();
  aliases = "{list = x@far.test}, {owner-list = ann}, {both = list, y@far.test}";
  EXPECT_EQ(deliver_to({"list@local.test"}), Words{"expanded 2.0.0 forwarded as F01"});
  EXPECT_EQ(mail::to_wire(forwarder->messages[0].envelope.reverse_path), "owner-list@local.test");
  (void)deliver_to({"both@local.test"});
  ASSERT_EQ(forwarder->messages.size(), 3u) << "one for each reverse-path";
  // A notification stays one, whoever owns the list.
  auto what = attempt({"list@local.test"});
  auto envelope = std::make_shared<mail::Envelope>(*what.envelope);
  envelope->reverse_path = std::nullopt;
  what.envelope = envelope;
  (void)deliver(transport(), what);
  EXPECT_FALSE(forwarder->messages.back().envelope.reverse_path.has_value());
}

TEST_F(LocalTransportTest, Row176OwnDeliveredToIsALoop) {
  content = "Received: from x\r\nDelivered-To: Staff@local.test\r\n\r\n";
  aliases = "{staff = x@far.test}";
  EXPECT_EQ(deliver_to({"staff@local.test"}),
            Words{"bounced 5.4.6 mail forwarding loop for staff@local.test"});
  // The mailbox that the same alias sent it on to still gets it.
  content = "Delivered-To: joe@local.test\r\n\r\n";
  EXPECT_EQ(deliver_to({"\\joe@local.test", "joe@local.test"}),
            (Words{"sent 2.0.0 delivered to mailbox",
                   "bounced 5.4.6 mail forwarding loop for joe@local.test"}));
}

TEST_F(LocalTransportTest, Row176TwoHostLoopEndsAtItsSecondTurn) {
  forwarder = std::make_shared<testing::Forwarded>();
  aliases = "{a = b@far.test}";
  EXPECT_EQ(deliver_to({"a@local.test"}), Words{"expanded 2.0.0 forwarded as F01"});
  // far.test sends it back, with what it added on top.
  content =
      "Delivered-To: b@far.test\r\n" + std::string("Delivered-To: a@local.test\r\n") + content;
  EXPECT_EQ(deliver_to({"a@local.test"}),
            Words{"bounced 5.4.6 mail forwarding loop for a@local.test"});
}

TEST_F(LocalTransportTest, CommandsRunAsDefaultPrivsWithAFromLine) {
  aliases =
      "{cmd = \"|cat > " + (tree / "vmail/out") + "; id -u >> " + (tree / "vmail/out") + "\"}";
  const auto results = deliver_to({"cmd+ext@local.test"});
  EXPECT_TRUE(results.at(0).starts_with("sent 2.0.0 delivered to command: cat > ")) << results[0];
  EXPECT_EQ(tree.read("vmail/out"),
            "From sender@far.test  Tue Nov 14 22:13:20 2023\nReturn-Path: <sender@far.test>\n"
            "Delivered-To: cmd+ext@local.test\nSubject: t\n\nhello\n45678\n");
}

TEST_F(LocalTransportTest, FilesAndDevNull) {
  aliases = "{file = " + (tree / "vmail/archive") + "}, {dir = " + (tree / "vmail/md") +
            "/}, {null = /dev/null}, {sys = /etc/passwd-postern-test}";
  EXPECT_EQ(deliver_to({"file@local.test"}),
            Words{"sent 2.0.0 delivered to file: " + (tree / "vmail/archive")});
  EXPECT_TRUE(tree.read("vmail/archive").starts_with("From sender@far.test"));
  (void)deliver_to({"dir@local.test"});
  EXPECT_EQ(tree.list("vmail/md/new").size(), 1u);
  EXPECT_EQ(deliver_to({"null@local.test"}), Words{"sent 2.0.0 delivered to file: /dev/null"});
  EXPECT_EQ(deliver_to({"sys@local.test"}).at(0).substr(0, 8), "deferred");
  EXPECT_FALSE(std::filesystem::exists("/etc/passwd-postern-test"));
}

TEST_F(LocalTransportTest, DotForward) {
  write_as(45'001, "joe/.forward", "\\joe, |/bin/sh -c 'id -u > " + (tree / "joe/who") + "'\n");
  EXPECT_EQ(deliver_to({"joe@local.test"}), Words{"expanded 2.0.0 expanded to 1 recipients"});
  EXPECT_EQ(expanded(), Words{"\\joe@local.test"});
  EXPECT_EQ(tree.read("joe/who"), "45001\n");
  ASSERT_EQ(::chmod((tree / "joe/.forward").c_str(), 0666), 0);
  EXPECT_EQ(deliver_to({"joe@local.test"}).at(0).substr(0, 14), "deferred 4.2.0");
  std::filesystem::remove(tree / "joe/.forward");
  std::filesystem::create_symlink("/etc/shadow", tree / "joe/.forward");
  EXPECT_EQ(deliver_to({"joe@local.test"}).at(0).substr(0, 8), "deferred");
}

TEST_F(LocalTransportTest, Row181AliasesThatLeadToThemselves) {
  aliases = "{joe = joe}, {a = b}, {b = a}, {c = c}";
  EXPECT_EQ(deliver_to({"joe@local.test", "a@local.test", "c@local.test"}),
            (Words{"sent 2.0.0 delivered to mailbox",
                   "bounced 5.4.6 mail forwarding loop for a@local.test",
                   "bounced 5.4.6 mail forwarding loop for c@local.test"}));
}

TEST_F(LocalTransportTest, ACommandThatDidItsWorkIsNotRunAgainForAnother) {
  aliases = "{two = \"|echo x >> " + (tree / "vmail/ran") + "\", \"|test -e " +
            (tree / "vmail/ready") + " || exit 75\", x@far.test}";
  EXPECT_EQ(deliver_to({"two@local.test"}), Words{"deferred 4.3.0 temporary failure"});
  EXPECT_EQ(deliver_to({"two@local.test"}), Words{"deferred 4.3.0 temporary failure"});
  EXPECT_EQ(tree.read("vmail/ran"), "x\n");
  tree.write("vmail/ready", "");
  EXPECT_EQ(deliver_to({"two@local.test"}), Words{"expanded 2.0.0 expanded to 1 recipients"});
  EXPECT_EQ(tree.read("vmail/ran"), "x\n");
}

TEST_F(LocalTransportTest, OneFailureAmongSeveralIsReportedAndTheRestGoesOn) {
  forwarder = std::make_shared<testing::Forwarded>();
  aliases = "{mix = \"|exit 67\", x@far.test}, {cmds = \"|true;\", \"|: ;\"}";
  EXPECT_EQ(deliver_to({"mix@local.test"}), Words{"bounced 5.1.1 user unknown"});
  EXPECT_EQ(forwarder->messages.size(), 1u);
  EXPECT_EQ(deliver_to({"cmds@local.test"}), Words{"sent 2.0.0 delivered to 2 destinations"});
}

TEST_F(LocalTransportTest, MailboxCommandRunsAsTheUserWithACensoredEnvironment) {
  options.mailbox_command = "echo \"$USER $EXTENSION $SENDER $PWD\" > $HOME/out; cat > /dev/null";
  const auto results = deliver_to({"joe+`touch x`@local.test"});
  EXPECT_TRUE(results.at(0).starts_with("sent 2.0.0 delivered to command: ")) << results[0];
  EXPECT_EQ(tree.read("joe/out"), "joe _touch_x_ sender@far.test " + (tree / "joe") + "\n");
}

TEST_F(LocalTransportTest, MailboxTransportTakesMailboxesAfterAliases) {
  site.mailbox_transport = "lmtp:unix:/run/lmtp";
  aliases = "{root = joe}";
  EXPECT_EQ(deliver_to({"root@local.test", "eve@local.test"}),
            (Words{"sent 2.1.5 taken by lmtp", "bounced 5.1.1 unknown user: \"eve\""}));
  ASSERT_EQ(lmtp->attempts.size(), 1u);
  const auto& seen = lmtp->attempts.front();
  EXPECT_EQ(seen.route.next_hop, "unix:/run/lmtp");
  EXPECT_EQ(seen.lane.transport, "lmtp");
  EXPECT_EQ(seen.envelope->recipients.size(), 1u);
  EXPECT_EQ(seen.envelope->recipients[0].forward_path.to_wire(), "joe@local.test");
}

TEST_F(LocalTransportTest, FallbackTransportTakesTheUnknown) {
  site.fallback_transport = "lmtp:[192.0.2.1]";
  EXPECT_EQ(deliver_to({"joe@local.test", "eve@local.test"}),
            (Words{"sent 2.0.0 delivered to mailbox", "sent 2.1.5 taken by lmtp"}));
}

TEST_F(LocalTransportTest, ATransportThatIsNotThereDefers) {
  site.mailbox_transport = "nosuch:x";
  EXPECT_EQ(deliver_to({"joe@local.test"}),
            Words{"deferred 4.3.5 mail system configuration error"});
}

TEST_F(LocalTransportTest, LuserRelay) {
  options.luser_relay = "$local+unknown@far.test";
  EXPECT_EQ(deliver_to({"eve@local.test"}), Words{"expanded 2.0.0 expanded to 1 recipients"});
  EXPECT_EQ(expanded(), Words{"eve+unknown@far.test"});
}

TEST_F(LocalTransportTest, LuserRelayToNobodyEnds) {
  options.luser_relay = "nobody-there";
  EXPECT_EQ(deliver_to({"nobody-there@local.test"}),
            Words{"bounced 5.1.1 unknown user: \"nobody-there\""});
}

TEST_F(LocalTransportTest, Row087To089And091NothingInAnAddressIsRun) {
  aliases = "{cmd = \"|cat > /dev/null; env > " + (tree / "vmail/env") + "\"}";
  const auto marker = tree / "vmail/touched";
  auto what = attempt({"cmd+$(touch " + marker + ")@local.test"});
  auto envelope = std::make_shared<mail::Envelope>(*what.envelope);
  envelope->reverse_path = mail::Mailbox(";touch " + marker + ";", "");
  what.envelope = envelope;
  EXPECT_EQ(deliver(transport(), what).recipients.at(0).outcome, mail::Outcome::kDelivered);
  EXPECT_FALSE(std::filesystem::exists(marker));
  EXPECT_EQ(tree.read("vmail/env").find("$("), std::string::npos);
  for (const std::string& name : {"${run{/bin/touch " + marker + "}}", "|/bin/touch " + marker,
                                  "eve+:\"|touch " + marker + "\"", "/" + marker})
    EXPECT_EQ(deliver_to({name + "@local.test"}).at(0).substr(0, 13), "bounced 5.1.1") << name;
  (void)deliver_to({"root+:\"|touch " + marker + "\"@local.test"});
  EXPECT_FALSE(std::filesystem::exists(marker));
}

}  // namespace
}  // namespace postern::delivery
