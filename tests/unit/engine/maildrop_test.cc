// Mail of sendmail(1): dropped while the engine is up, or down, or killed half way.
#include "core/engine/maildrop.h"

#include "tests/unit/engine/engine_process.h"

namespace postern::engine {
namespace {

using testing::EngineProcess;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Parameters;

std::string drop(const std::string& maildrop, const std::string& to,
                 const std::string& text = "Subject: dropped\r\n\r\nhello\r\n") {
  auto writer = mail::SubmissionWriter::create(maildrop, {});
  EXPECT_TRUE(writer.has_value()) << writer.error().describe();
  EXPECT_TRUE(writer->append(text).has_value());
  mail::Submission submission;
  submission.recipients.push_back({to, ""});
  submission.full_name = "A. Writer";
  const auto name = writer->commit(submission);
  EXPECT_TRUE(name.has_value()) << name.error().describe();
  return name.value_or("");
}

std::size_t files_in(const std::string& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(directory))
    ++count;
  return count;
}

TEST(Maildrop, TakesAFileAtOnce) {
  EngineProcess engine;
  const std::string maildrop = engine.queue_directory() + "/maildrop";
  drop(maildrop, "joe@local.test");
  ASSERT_TRUE(engine.wait_for_log("status=sent (delivered to maildir)"));
  EXPECT_THAT(engine.log(), HasSubstr(": uid=" + std::to_string(::getuid()) + " from=<"));
  EXPECT_EQ(files_in(maildrop), 0u);
  const auto mail = engine.mailbox();
  ASSERT_EQ(mail.size(), 1u);
  EXPECT_THAT(mail[0], HasSubstr("from userid " + std::to_string(::getuid())));
  EXPECT_THAT(mail[0], HasSubstr("Message-ID: <"));
  EXPECT_THAT(mail[0], HasSubstr("Date: "));
  EXPECT_THAT(mail[0], HasSubstr("From: \"A. Writer\" <"));
  EXPECT_THAT(mail[0], HasSubstr("Subject: dropped\n\nhello\n"));
}

TEST(Maildrop, TakesWhatWasDroppedWhileTheEngineWasDown) {
  EngineProcess engine;
  const std::string maildrop = engine.queue_directory() + "/maildrop";
  ASSERT_EQ(engine.stop(), 0);
  for (int i = 0; i < 3; ++i)
    drop(maildrop, "joe@local.test");
  engine.start();
  ASSERT_TRUE(engine.wait_for_log_times("status=sent (delivered to maildir)", 3));
  EXPECT_EQ(files_in(maildrop), 0u);
}

TEST(Maildrop, PutsBackWhatWasTakenButNotCommitted) {
  EngineProcess engine;
  const std::string maildrop = engine.queue_directory() + "/maildrop";
  ASSERT_EQ(engine.stop(), 0);
  const std::string name = drop(maildrop, "joe@local.test");
  std::filesystem::rename(maildrop + "/" + name, maildrop + "/6610000000001.taken");
  engine.start();
  ASSERT_TRUE(engine.wait_for_log("status=sent (delivered to maildir)"));
  EXPECT_EQ(files_in(maildrop), 0u);
}

TEST(Maildrop, RemovesWhatWasTakenAndCommitted) {
  EngineProcess engine(Parameters{{"virtual_transport", "retry:4.2.0 not yet"}});
  const std::string maildrop = engine.queue_directory() + "/maildrop";
  ASSERT_TRUE(engine.send("joe@local.test").starts_with("250"));
  ASSERT_TRUE(engine.wait_for_log("status=deferred"));
  // The id that the spool has.
  const std::string log = engine.log();
  const std::size_t at = log.find("queue active");
  const std::size_t line = log.rfind("]: ", at) + 3;
  const std::string id = log.substr(line, log.find(':', line) - line);
  ASSERT_EQ(engine.stop(), 0);
  const std::string name = drop(maildrop, "joe@local.test", "Subject: twice\r\n\r\ntwice\r\n");
  std::filesystem::rename(maildrop + "/" + name, maildrop + "/" + id + ".taken");
  engine.configure();
  engine.start();
  ASSERT_TRUE(engine.wait_for_log("status=sent (delivered to maildir)"));
  EXPECT_EQ(files_in(maildrop), 0u);
  ASSERT_EQ(engine.mailbox().size(), 1u);
  EXPECT_THAT(engine.mailbox()[0], Not(HasSubstr("twice")));
}

TEST(Maildrop, SetsAsideADamagedFile) {
  EngineProcess engine;
  const std::string maildrop = engine.queue_directory() + "/maildrop";
  ASSERT_EQ(engine.stop(), 0);
  const std::string name = drop(maildrop, "joe@local.test");
  std::filesystem::resize_file(maildrop + "/" + name, 60);
  engine.start();
  ASSERT_TRUE(engine.wait_for_log("set aside as"));
  EXPECT_TRUE(std::filesystem::exists(maildrop + "/corrupt." + name));
  drop(maildrop, "joe@local.test");
  ASSERT_TRUE(engine.wait_for_log("status=sent (delivered to maildir)"));
}

TEST(Maildrop, RecipientThatIsNoAddressComesBack) {
  mail::Submission submission;
  submission.recipients = {{"joe", ""}, {"ann@far.test", ""}, {"\"open", ""}};
  const mail::Envelope envelope = envelope_of(submission, ::getuid(), WallTime{}, "here.test");
  ASSERT_EQ(envelope.recipients.size(), 3u);
  EXPECT_EQ(envelope.recipients[0].forward_path, mail::Mailbox("joe", "here.test"));
  EXPECT_EQ(envelope.recipients[1].forward_path, mail::Mailbox("ann", "far.test"));
  EXPECT_EQ(envelope.recipients[2].forward_path.domain(), "here.test");
  ASSERT_TRUE(envelope.reverse_path.has_value());
  EXPECT_EQ(envelope.reverse_path->domain(), "here.test");
}

}  // namespace
}  // namespace postern::engine
