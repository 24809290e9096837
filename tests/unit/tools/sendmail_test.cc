// sendmail into the maildrop: no engine runs in any of these.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mail/submission_file.h"
#include "tests/unit/tools/tools_site.h"

namespace postern::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Dropped {
  mail::Submission submission;
  std::string content;
  std::vector<std::string> to() const {
    std::vector<std::string> out;
    for (const auto& each : submission.recipients)
      out.push_back(each.address);
    return out;
  }
};

std::vector<Dropped> dropped(const ToolsSite& site) {
  const std::string maildrop = site.queue + "/maildrop";
  std::vector<Dropped> out;
  const UniqueFd folder(::open(maildrop.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto names = mail::list_submissions(maildrop, 1000);
  EXPECT_TRUE(names->unfinished.empty());
  for (const std::string& name : names->ready) {
    auto reader = mail::SubmissionReader::open(folder.get(), name, {});
    EXPECT_TRUE(reader) << reader.error().describe();
    Dropped each{reader->submission(), ""};
    std::string buffer(4096, '\0');
    for (Result<std::size_t> got = 1; got && *got > 0;) {
      got = reader->read(buffer);
      EXPECT_TRUE(got);
      each.content.append(buffer, 0, got.value_or(0));
    }
    out.push_back(std::move(each));
  }
  return out;
}

Dropped only(const ToolsSite& site) {
  auto all = dropped(site);
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? Dropped{} : all[0];
}

TEST(Sendmail, DropsAMessageWithoutAnEngine) {
  const ToolsSite site;
  const Ran ran = site.run("sendmail", {"-f", "me@here.example", "a@b.example", "c@d.example"},
                           "Subject: x\n\nline\n");
  EXPECT_EQ(ran.status, EX_OK) << ran.err;
  const Dropped mail = only(site);
  EXPECT_EQ(mail.submission.reverse_path, "me@here.example");
  EXPECT_THAT(mail.to(), ElementsAre("a@b.example", "c@d.example"));
  EXPECT_EQ(mail.content, "Subject: x\r\n\r\nline\r\n");
}

TEST(Sendmail, TheInstalledNameDoesTheSame) {
  const ToolsSite site;
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sendmail";
  const Ran ran = run_shell("printf 'Subject: x\\n\\nb\\n' | '" + program.string() + "' -C '" +
                            site.dir.path() + "' -oi -f '' a@b.example 2>&1");
  EXPECT_EQ(ran.status, EX_OK) << ran.out;
  EXPECT_EQ(only(site).submission.reverse_path, "");
}

TEST(Sendmail, RecipientsOfTheHeader) {
  const ToolsSite site;
  const Ran ran = site.run("sendmail", {"-t", "extra@x.example"},
                           "To: One <one@x.example>, two@x.example\nCc: (c) three@x.example\n"
                           "Bcc: hidden@x.example,\n  more@x.example\nReturn-Path: <f@x>\n"
                           "Content-Length: 9\nSubject: s\n\nbody\n");
  EXPECT_EQ(ran.status, EX_OK) << ran.err;
  const Dropped mail = only(site);
  EXPECT_THAT(mail.to(), ElementsAre("extra@x.example", "one@x.example", "two@x.example",
                                     "three@x.example", "hidden@x.example", "more@x.example"));
  EXPECT_EQ(mail.content,
            "To: One <one@x.example>, two@x.example\r\nCc: (c) three@x.example\r\n"
            "Subject: s\r\n\r\nbody\r\n");
}

TEST(Sendmail, BccNeverLeavesEvenWithoutT) {
  const ToolsSite site;
  site.run("sendmail", {"a@b.example"}, "Bcc: hidden@x.example\nSubject: s\n\nBcc: text\n");
  EXPECT_EQ(only(site).content, "Subject: s\r\n\r\nBcc: text\r\n");
}

TEST(Sendmail, ADotEndsUnlessToldOtherwise) {
  const std::string text = "Subject: x\n\na\n.\nb\n..\n";
  for (const auto& [option, body] : {std::pair{"-om", "a\r\n"},
                                     {"-i", "a\r\n.\r\nb\r\n..\r\n"},
                                     {"-oi", "a\r\n.\r\nb\r\n..\r\n"}}) {
    const ToolsSite site;
    EXPECT_EQ(site.run("sendmail", {option, "a@b.example"}, text).status, EX_OK);
    EXPECT_EQ(only(site).content, std::string("Subject: x\r\n\r\n") + body) << option;
  }
}

TEST(Sendmail, LineEndsBecomeCanonical) {
  const std::pair<const char*, const char*> cases[] = {
      {"A: b\r\n\r\nx\r\ny\n", "A: b\r\n\r\nx\r\ny\r\n"},
      {"A: b\n\nx\ry\n", "A: b\r\n\r\nx y\r\n"},
      {"A: b\n\nno end", "A: b\r\n\r\nno end\r\n"},
      {"A: b\n\nx\r\r\n", "A: b\r\n\r\nx \r\n"},
      {"no header\n", "\r\nno header\r\n"},
      {"\nbody\n", "\r\nbody\r\n"},
      {"From me Mon Jan  1\nA: b\n\nFrom x\n", "A: b\r\n\r\nFrom x\r\n"},
      {"A: b\nnot a field\n", "A: b\r\n\r\nnot a field\r\n"},
      {"A: b\n", "A: b\r\n\r\n"},
  };
  for (const auto& [in, out] : cases) {
    const ToolsSite site;
    EXPECT_EQ(site.run("sendmail", {"-i", "a@b.example"}, in).status, EX_OK);
    EXPECT_EQ(only(site).content, out) << in;
  }
}

TEST(Sendmail, LongLinesAndACrAtTheCut) {
  for (const std::size_t length : {16'382u, 16'383u, 16'384u, 16'385u, 200'000u}) {
    const ToolsSite site;
    const std::string line(length, 'x');
    EXPECT_EQ(site.run("sendmail", {"-i", "a@b.example"}, "A: b\n\n" + line + "\r\nend\n").status,
              EX_OK);
    EXPECT_EQ(only(site).content, "A: b\r\n\r\n" + line + "\r\nend\r\n") << length;
  }
}

TEST(Sendmail, OptionsOfDelivery) {
  const ToolsSite site;
  EXPECT_EQ(site.run("sendmail",
                     {"-N", "success,delay", "-R", "hdrs", "-V", "id+2Bx", "-F", "A B", "-B",
                      "8BITMIME", "a@b.example"},
                     "A: b\n\nx\n")
                .status,
            EX_OK);
  const mail::Submission& got = only(site).submission;
  EXPECT_EQ(got.recipients[0].notify, mail::DsnNotify::kSuccess | mail::DsnNotify::kDelay);
  EXPECT_EQ(got.ret, mail::DsnReturn::kHeaders);
  EXPECT_EQ(got.envid, "id+x");
  EXPECT_EQ(got.full_name, "A B");
  EXPECT_EQ(got.body, mail::BodyType::kEightBitMime);
  EXPECT_FALSE(got.smtputf8);
  EXPECT_EQ(got.reverse_path, std::nullopt);
}

TEST(Sendmail, EightBitsAndUtf8AreSeen) {
  const ToolsSite body;
  body.run("sendmail", {"a@b.example"}, "A: b\n\nh\xc3\xa9\n");
  EXPECT_EQ(only(body).submission.body, mail::BodyType::kEightBitMime);
  EXPECT_FALSE(only(body).submission.smtputf8);
  const ToolsSite header;
  header.run("sendmail", {"a@b.example"}, "A: \xc3\xa9\n\nx\n");
  EXPECT_TRUE(only(header).submission.smtputf8);
  const ToolsSite address;
  address.run("sendmail", {"\xc3\xa9@b.example"}, "A: b\n\nx\n");
  EXPECT_TRUE(only(address).submission.smtputf8);
}

TEST(Sendmail, ExitStatus) {
  const ToolsSite site("message_size_limit = 1000\n");
  const std::string text = "A: b\n\nx\n";
  EXPECT_EQ(site.run("sendmail", {}, text).status, EX_USAGE);
  EXPECT_EQ(site.run("sendmail", {"-K", "a@b.example"}, text).status, EX_USAGE);
  EXPECT_EQ(site.run("sendmail", {"-N", "never,success", "a@b.example"}, text).status, EX_USAGE);
  EXPECT_EQ(site.run("sendmail", {"-B", "9BIT", "a@b.example"}, text).status, EX_USAGE);
  EXPECT_EQ(site.run("sendmail", {"-bz"}, text).status, EX_USAGE);
  EXPECT_EQ(site.run("sendmail", {"-t"}, text).status, EX_DATAERR);
  EXPECT_EQ(site.run("sendmail", {"a@@b"}, text).status, EX_DATAERR);
  EXPECT_EQ(site.run("sendmail", {"-f", "a@b, c@d", "x@y"}, text).status, EX_DATAERR);
  EXPECT_EQ(site.run("sendmail", {"-bd"}, text).status, EX_UNAVAILABLE);
  EXPECT_EQ(site.run("sendmail", {"a@b.example"}, "A: b\n\n" + std::string(1000, 'x')).status,
            EX_UNAVAILABLE);
  EXPECT_EQ(run_tool({"sendmail", "-C", "/nonexistent", "a@b"}, text).status, EX_CONFIG);
  EXPECT_TRUE(dropped(site).empty());
  std::filesystem::remove(site.queue + "/maildrop");
  EXPECT_EQ(site.run("sendmail", {"a@b.example"}, text).status, EX_CONFIG);
}

// Rights decide by user, so this needs root to become another one.
TEST(Sendmail, AnotherUserDropsAndTheFileSaysWho) {
  ASSERT_EQ(::geteuid(), 0u) << "needs root";
  const ToolsSite site;
  std::filesystem::permissions(site.dir.path(), std::filesystem::perms(0755));
  const std::string maildrop = site.queue + "/maildrop";
  constexpr uid_t kNobody = 65534;
  const auto as_nobody = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(99);
      ::_exit(site.run("sendmail", {"a@b.example"}, "A: b\n\nx\n").status);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(as_nobody(), EX_NOPERM);
  // As the engine makes it: anybody may add, nobody may look.
  ASSERT_EQ(::chmod(maildrop.c_str(), 01733), 0);
  EXPECT_EQ(as_nobody(), EX_OK);
  const auto names = mail::list_submissions(maildrop, 10);
  ASSERT_EQ(names->ready.size(), 1u);
  const UniqueFd folder(::open(maildrop.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto reader = mail::SubmissionReader::open(folder.get(), names->ready[0], {});
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->owner(), kNobody);
}

TEST(SendmailBs, SpeaksSmtpIntoTheMaildrop) {
  const ToolsSite site;
  const Ran ran = site.run("sendmail", {"-bs"},
                           "EHLO me\r\nMAIL FROM:<a@b.example> BODY=8BITMIME RET=HDRS\r\n"
                           "RCPT TO:<c@d.example> NOTIFY=NEVER\r\nRCPT TO:<local>\r\nDATA\r\n"
                           "Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n");
  EXPECT_EQ(ran.status, EX_OK);
  EXPECT_THAT(ran.out, HasSubstr("220 mx.home.example ESMTP"));
  EXPECT_THAT(ran.out, HasSubstr("250-8BITMIME\r\n"));
  EXPECT_THAT(ran.out, Not(HasSubstr("STARTTLS")));
  EXPECT_THAT(ran.out, HasSubstr("354 "));
  EXPECT_THAT(ran.out, HasSubstr("250 2.0.0 Ok: queued in maildrop as "));
  EXPECT_THAT(ran.out, HasSubstr("221 2.0.0 Bye\r\n"));
  const Dropped mail = only(site);
  EXPECT_EQ(mail.submission.reverse_path, "a@b.example");
  EXPECT_THAT(mail.to(), ElementsAre("c@d.example", "local"));
  EXPECT_EQ(mail.submission.recipients[0].notify, mail::DsnNotify::kNever);
  EXPECT_EQ(mail.submission.recipients[1].notify, mail::DsnNotify::kUnspecified);
  EXPECT_EQ(mail.content, "Subject: x\r\n\r\n.dot\r\n");
}

TEST(SendmailBs, ProgramsThatWriteLf) {
  const ToolsSite site;
  const Ran ran =
      site.run("sendmail", {"-bs"},
               "HELO me\nMAIL FROM:<>\nRCPT TO:<c@d.example>\nDATA\nA: b\n\nx\n.\n"
               "MAIL FROM:<two@b.example>\nRCPT TO:<c@d.example>\nDATA\nA: c\n\n.\nQUIT\n");
  EXPECT_THAT(ran.out, HasSubstr("221 "));
  EXPECT_EQ(dropped(site).size(), 2u);
}

TEST(SendmailBs, NothingWithoutTheFinalDot) {
  const ToolsSite site;
  const Ran ran = site.run("sendmail", {"-bs"},
                           "HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nA: b\r\n");
  EXPECT_THAT(ran.out, Not(HasSubstr("queued")));
  EXPECT_TRUE(dropped(site).empty());
}

TEST(SendmailBs, OrderSizeAndErrors) {
  const ToolsSite site("message_size_limit = 100\n");
  const Ran ran = site.run(
      "sendmail", {"-bs"},
      "RCPT TO:<a@b>\r\nDATA\r\nMAIL FROM:<a@b> SIZE=101\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n"
      "DATA\r\nRCPT TO:<c@d>\r\nDATA\r\n" +
          std::string(101, 'x') +
          "\r\n.\r\nVRFY x\r\nEXPN x\r\nSTARTTLS\r\nNOOP\r\nFROB\r\nRSET\r\n");
  for (const char* each :
       {"503 5.5.1 Error: need MAIL", "503 5.5.1 Error: need RCPT", "552 5.3.4 Message size",
        "503 5.5.1 Error: nested", "554 5.5.1 Error: no", "552 5.3.4 Error: message file too big",
        "252 2.0.0", "502 5.5.1"})
    EXPECT_THAT(ran.out, HasSubstr(each));
  EXPECT_TRUE(dropped(site).empty());
}

TEST(SendmailBs, EndsAfterTooManyErrors) {
  const ToolsSite site;
  std::string input;
  for (int i = 0; i < 100; ++i)
    input += "FROB\r\n";
  const Ran ran = site.run("sendmail", {"-bs"}, input + "QUIT\r\n");
  EXPECT_EQ(std::ranges::count(ran.out, '\n'), 21);  // the greeting and 20 refusals
}

}  // namespace
}  // namespace postern::tools
