#include "core/delivery/pipe_transport.h"

#include "tests/unit/delivery/transport_site.h"

namespace postern::delivery {
namespace {

class PipeTransportTest : public testing::TransportSite {
 protected:
  using Words = std::vector<std::string>;

  // `words`: those of master.cf; a script in the shell, its words from $1 on.
  Words deliver_to(const Words& recipients, Words words, std::string script,
                   const Words& arguments = {}) {
    for (std::size_t at = 0; (at = script.find('$', at)) != std::string::npos; at += 2)
      script.insert(at, 1, '$');  // the shell's, not a macro of pipe(8)
    words.push_back("user=vmail");
    words.insert(words.end(), {"argv=/bin/sh", "-c", script, "sh"});
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto service = PipeService::parse("filter", words);
    EXPECT_TRUE(service) << service.error().describe();
    PipeOptions options;
    options.service = *service;
    options.owner = {testing::kVmail, testing::kVmail};
    options.recipient_delimiter = "+";
    options.time_limit = time_limit;
    PipeTransport transport(options, runner, pool());
    return shown(deliver(transport, attempt(recipients)));
  }
  std::string out(const std::string& name = "out") const { return tree.read("vmail/" + name); }
  std::string to_out() const { return " > " + (tree / "vmail/out"); }

  Seconds time_limit{20};
};

TEST_F(PipeTransportTest, OneCommandForAllRecipients) {
  EXPECT_EQ(deliver_to({"joe@x.test", "ann@x.test"}, {},
                       "printf '%s,' \"$@\"" + to_out() + "; cat >> " + (tree / "vmail/out"),
                       {"-f", "${sender}", "--", "${recipient}"}),
            (Words{"sent 2.0.0 delivered via filter service",
                   "sent 2.0.0 delivered via filter service"}));
  EXPECT_EQ(out(), "-f,sender@far.test,--,joe@x.test,ann@x.test,Subject: t\n\nhello\n");
}

TEST_F(PipeTransportTest, FlagsOfPipe8) {
  (void)deliver_to({"Joe@x.test"}, {"flags=FRDuB>.", "eol=\\r\\n"}, "cat" + to_out());
  EXPECT_EQ(out(),
            "From sender@far.test  Tue Nov 14 22:13:20 2023\r\n"
            "Return-Path: <sender@far.test>\r\nDelivered-To: Joe@x.test\r\n"
            "Subject: t\r\n\r\nhello\r\n\r\n");
  content = "Return-Path: <old@x>\r\nSubject: t\r\n\r\n.\r\nFrom x\r\n";
  (void)deliver_to({"joe@x.test"}, {}, "cat" + to_out());
  EXPECT_EQ(out(), "Return-Path: <old@x>\nSubject: t\n\n.\nFrom x\n") << "nothing unasked for";
  (void)deliver_to({"joe@x.test"}, {"flags=R.>"}, "cat" + to_out());
  EXPECT_EQ(out(), "Return-Path: <sender@far.test>\nSubject: t\n\n..\n>From x\n");
}

TEST_F(PipeTransportTest, DeliveredToNeedsACommandForEachRecipient) {
  EXPECT_EQ(
      deliver_to({"joe@x.test", "ann@x.test"}, {"flags=D"}, "head -n1 >> " + (tree / "vmail/out"))
          .size(),
      2u);
  EXPECT_EQ(out(), "Delivered-To: joe@x.test\nDelivered-To: ann@x.test\n");
}

TEST_F(PipeTransportTest, Row176DeliveredToIsALoop) {
  content = "Delivered-To: joe@x.test\r\n\r\n";
  EXPECT_EQ(deliver_to({"joe@x.test", "ann@x.test"}, {"flags=D"}, "cat > /dev/null"),
            (Words{"bounced 5.4.6 mail forwarding loop for joe@x.test",
                   "sent 2.0.0 delivered via filter service"}));
}

TEST_F(PipeTransportTest, Row090AnAddressLikeAnOptionFailsAlone) {
  const auto results = deliver_to({"-oX@x.test", "joe@x.test", "--help@x.test"}, {},
                                  "printf '%s,' \"$@\"" + to_out(), {"${recipient}"});
  EXPECT_EQ(results.at(0), "bounced 5.1.3 bad address syntax: \"-oX@x.test\" begins with '-'");
  EXPECT_EQ(results.at(1), "sent 2.0.0 delivered via filter service");
  EXPECT_EQ(results.at(2).substr(0, 13), "bounced 5.1.3");
  EXPECT_EQ(out(), "joe@x.test,");
}

TEST_F(PipeTransportTest, Row087And091NothingInAnAddressIsRun) {
  const auto marker = tree / "vmail/touched";
  for (const std::string& local_part :
       {"`touch " + marker + "`", "$(touch " + marker + ")", ";touch " + marker + ";",
        "'\"|touch " + marker, "${run{touch " + marker + "}}"}) {
    const auto results =
        deliver_to({local_part + "@x.test"}, {}, "printf '%s' \"$1\"" + to_out(), {"${recipient}"});
    EXPECT_EQ(results.at(0), "sent 2.0.0 delivered via filter service");
    EXPECT_EQ(out(), local_part + "@x.test");
    EXPECT_FALSE(std::filesystem::exists(marker));
  }
}

TEST_F(PipeTransportTest, ExitStatusesBecomeResults) {
  EXPECT_EQ(deliver_to({"joe@x.test"}, {}, "echo '5.1.6 gone'; exit 67"),
            Words{"bounced 5.1.6 user unknown. Command output: gone"});
  EXPECT_EQ(deliver_to({"joe@x.test"}, {}, "exit 75"), Words{"deferred 4.3.0 temporary failure"});
  EXPECT_EQ(deliver_to({"joe@x.test"}, {"size=5"}, "cat").at(0).substr(0, 13), "bounced 5.2.3");
  EXPECT_EQ(deliver_to({"joe@x.test"}, {}, "cat", {"${nosuch}"}),
            Words{"deferred 4.3.5 mail system configuration error"});
}

TEST_F(PipeTransportTest, TheTimeLimitDefers) {
  time_limit = Seconds(1);
  EXPECT_EQ(deliver_to({"joe@x.test"}, {}, "sleep 300").at(0).substr(0, 14), "deferred 4.3.0");
}

}  // namespace
}  // namespace postern::delivery
