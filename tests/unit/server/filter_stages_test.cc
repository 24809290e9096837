// The place of the filter chain: which stage is asked when, what its verdicts do, and that nothing
// of one message reaches the next.
#include <gtest/gtest.h>

#include "tests/support/smtp_site.h"

namespace postern::server {
namespace {

using filter::Stage;
using filter::StageSet;
using filter::Verdict;
using testing::SiteSetup;
using testing::SmtpPeer;
using testing::SmtpSite;

struct Script {
  explicit Script(StageSet stages, Stage refuse = Stage::kNone)
      : wanted(stages), refuse_at(refuse) {}
  StageSet wanted;
  Stage refuse_at;
  bool discard = false;
  std::mutex mutex;
  std::vector<std::string> events;
  std::string content;

  void add(std::string event) {
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex);
    return events;
  }
};

class ScriptedChain final : public filter::Chain {
 public:
  explicit ScriptedChain(Script& script) : script_(script) {}
  ~ScriptedChain() override = default;
  StageSet wanted() const override { return script_.wanted; }
  net::Task<Verdict> connect(const mail::ClientInfo& client) override {
    co_return answer(Stage::kConnect, "connect " + client.address);
  }
  net::Task<Verdict> hello(const mail::ClientInfo& client) override {
    co_return answer(Stage::kHello, "hello " + client.helo);
  }
  net::Task<Verdict> mail(const mail::Envelope& envelope) override {
    co_return answer(Stage::kMail, "mail " + mail::to_wire(envelope.reverse_path));
  }
  net::Task<Verdict> recipient(const mail::Envelope&, const mail::Recipient& recipient) override {
    co_return answer(Stage::kRecipient, "recipient " + recipient.forward_path.to_wire());
  }
  net::Task<Verdict> data(const mail::Envelope&, QueueId) override {
    co_return answer(Stage::kData, "data");
  }
  net::Task<Verdict> content(std::string octets) override {
    script_.content += octets;
    co_return answer(Stage::kContent, "content");
  }
  net::Task<Verdict> end_of_message(const mail::Envelope&, QueueId) override {
    if (script_.discard) co_return Verdict{Verdict::Action::kDiscard};
    co_return answer(Stage::kEndOfMessage, "end");
  }
  void abort() override { script_.add("abort"); }
  void disconnect() override { script_.add("disconnect"); }

 private:
  Verdict answer(Stage stage, std::string event) {
    script_.add(std::move(event));
    if (stage != script_.refuse_at) return {};
    return Verdict::reject({{550, mail::EnhancedStatus{5, 7, 1}, "refused by filter"}, {}});
  }
  Script& script_;
};

constexpr StageSet kEverything = StageSet(Stage::kConnect) | Stage::kHello | Stage::kMail |
                                 Stage::kRecipient | Stage::kData | Stage::kContent |
                                 Stage::kEndOfMessage;

auto with(Script& script) {
  return [&script](SiteSetup& setup) {
    setup.filters = [&script] { return std::make_unique<ScriptedChain>(script); };
  };
}

std::vector<std::string> talk(SmtpSite& site, bool chunks = false) {
  SmtpPeer peer(site.address());
  std::vector<std::string> codes{peer.reply().substr(0, 3)};
  const auto say = [&](const std::string& text) {
    codes.push_back(peer.command(text).substr(0, 3));
    return codes.back();
  };
  if (codes[0] != "220") return codes;
  say("EHLO client.test");
  say("MAIL FROM:<a@b.test>");
  say("RCPT TO:<joe@local.test>");
  if (chunks) {
    peer.send("BDAT 3\r\nx\r\nBDAT 3 LAST\r\ny\r\n");
    codes.push_back(peer.reply().substr(0, 3));
    codes.push_back(peer.reply().substr(0, 3));
  } else if (say("DATA") == "354") {
    say("x\r\n.");
  }
  say("QUIT");
  peer.is_closed();
  return codes;
}

TEST(FilterStages, AreAskedInOrder) {
  Script script(kEverything);
  SmtpSite site(with(script));
  EXPECT_EQ(talk(site),
            (std::vector<std::string>{"220", "250", "250", "250", "354", "250", "221"}));
  while (site.session_count() != 0)
    std::this_thread::yield();
  EXPECT_EQ(script.seen(),
            (std::vector<std::string>{"connect 127.0.0.1", "hello client.test", "mail a@b.test",
                                      "recipient joe@local.test", "data", "content", "end", "abort",
                                      "disconnect"}));
  EXPECT_EQ(script.content, "x\r\n");
}

TEST(FilterStages, ChunksAreContentToo) {
  Script script(kEverything);
  SmtpSite site(with(script));
  EXPECT_EQ(talk(site, true),
            (std::vector<std::string>{"220", "250", "250", "250", "250", "250", "221"}));
  EXPECT_EQ(script.content, "x\r\ny\r\n");
  EXPECT_EQ(site.sink.size(), 1U);
}

TEST(FilterStages, ARefusalAtEachStage) {
  const std::pair<Stage, std::vector<std::string>> cases[] = {
      {Stage::kConnect, {"550"}},
      {Stage::kHello, {"220", "550", "250", "250", "354", "250", "221"}},
      {Stage::kMail, {"220", "250", "550", "503", "503", "221"}},
      {Stage::kRecipient, {"220", "250", "250", "550", "554", "221"}},
      {Stage::kData, {"220", "250", "250", "250", "550", "221"}},
      {Stage::kContent, {"220", "250", "250", "250", "354", "550", "221"}},
      {Stage::kEndOfMessage, {"220", "250", "250", "250", "354", "550", "221"}},
  };
  for (const auto& [stage, codes] : cases) {
    Script script(stage, stage);
    SmtpSite site(with(script));
    EXPECT_EQ(talk(site), codes) << static_cast<int>(stage);
    EXPECT_EQ(site.sink.size(), stage == Stage::kHello ? 1U : 0U);
  }
}

TEST(FilterStages, DiscardLooksLikeSuccess) {
  Script script(Stage::kEndOfMessage);
  script.discard = true;
  SmtpSite site(with(script));
  EXPECT_EQ(talk(site),
            (std::vector<std::string>{"220", "250", "250", "250", "354", "250", "221"}));
  EXPECT_EQ(site.sink.size(), 0U);
}

TEST(FilterStages, Row031TheSecondMessageIsFilteredAnew) {
  Script script(Stage::kEndOfMessage, Stage::kEndOfMessage);
  SmtpSite site(with(script));
  SmtpPeer peer(site.address());
  peer.reply();
  peer.command("EHLO client.test");
  for (int i = 0; i < 3; ++i) {
    peer.command("MAIL FROM:<a@b.test>");
    peer.command("RCPT TO:<joe@local.test>");
    peer.command("DATA");
    EXPECT_TRUE(peer.command("x\r\n.").starts_with("550 5.7.1 refused by filter"));
    EXPECT_TRUE(peer.command("RCPT TO:<joe@local.test>").starts_with("503"));
    EXPECT_TRUE(peer.command("DATA").starts_with("503"));
  }
  EXPECT_EQ(script.seen(),
            (std::vector<std::string>{"end", "abort", "end", "abort", "end", "abort"}));
}

TEST(FilterStages, AbortComesWithEveryWayOutOfATransaction) {
  for (const std::string way : {"RSET", "EHLO again.test", "QUIT"}) {
    Script script(Stage::kMail);
    SmtpSite site(with(script));
    {
      SmtpPeer peer(site.address());
      peer.reply();
      peer.command("EHLO client.test");
      peer.command("MAIL FROM:<a@b.test>");
      peer.command(way);
    }
    while (site.session_count() != 0)
      std::this_thread::yield();
    EXPECT_EQ(script.seen(), (std::vector<std::string>{"mail a@b.test", "abort", "disconnect"}))
        << way;
  }
}

}  // namespace
}  // namespace postern::server
