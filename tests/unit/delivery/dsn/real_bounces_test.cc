// Our reports beside those of other mailers (sisimai's collection): the same reader reads both, and
// ours have every field that most of theirs agree on.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "core/delivery/dsn/dsn_composer.h"
#include "tests/support/checkout.h"
#include "tests/unit/delivery/dsn/report_reader.h"

namespace postern::delivery {
namespace {

using testing::read_report;
using testing::Report;

std::string octets_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Report ours() {
  DsnOptions options;
  options.hostname = "mx.example";
  options.origin = "example";
  mail::Envelope envelope;
  envelope.reverse_path = mail::Mailbox("sender", "example.org");
  DsnRecipient recipient;
  recipient.recipient.forward_path = mail::Mailbox("bob", "example.net");
  recipient.action = DsnAction::kFailed;
  recipient.status = "5.1.1";
  recipient.smtp_reply = "550 5.1.1 no such user";
  recipient.remote_mta = "mx.example.net[192.0.2.1]:25";
  const std::vector<DsnRecipient> recipients = {recipient};
  const mail::MemoryContent message("From: a@b\r\nSubject: hi\r\n\r\nbody\r\n");
  const DsnRequest request{QueueId(0xABC),
                           &envelope,
                           &message,
                           recipients,
                           WallTime(std::chrono::seconds(1'700'000'000)),
                           std::nullopt};
  auto composed = DsnComposer(options).compose(request);
  EXPECT_TRUE(composed && composed->size() == 1);
  return read_report(composed->front().content);
}

TEST(RealBounces, OursHasWhatMostOfTheirsAgreeOn) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data beside the checkout";
  std::size_t reports = 0;
  std::map<std::string, std::size_t> message_fields, recipient_fields, part_types;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root / "bounces")) {
    if (entry.path().extension() != ".eml") continue;
    const auto report = read_report(octets_of(entry.path()), false);
    if (report.groups.size() < 2 || report.parts.size() < 2) continue;
    ++reports;
    for (const auto& [name, value] : report.groups[0])
      ++message_fields[name];
    for (const auto& [name, value] : report.groups[1])
      ++recipient_fields[name];
    for (const auto& part : report.parts)
      ++part_types[part.type];
  }
  ASSERT_GT(reports, 50u);
  const auto mine = ours();
  ASSERT_EQ(mine.error, "");
  ASSERT_EQ(mine.groups.size(), 2u);
  for (const auto& [name, count] : message_fields) {
    if (count * 2 > reports) {
      EXPECT_TRUE(mine.groups[0].contains(name)) << name << " " << count << "/" << reports;
    }
  }
  for (const auto& [name, count] : recipient_fields) {
    if (count * 2 > reports) {
      EXPECT_TRUE(mine.groups[1].contains(name)) << name << " " << count << "/" << reports;
    }
  }
  ASSERT_EQ(mine.parts.size(), 3u);
  for (const auto& part : mine.parts)
    EXPECT_GT(part_types[part.type], reports / 4) << part.type;
}

TEST(RealBounces, Row178NoDsnForTheirDsn) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data beside the checkout";
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root / "bounces")) {
    if (entry.path().extension() != ".eml" || ++seen > 100) continue;
    // As it arrives here: the null reverse-path, and an unknown recipient.
    const mail::MemoryContent message(octets_of(entry.path()));
    mail::Envelope envelope;
    DsnRecipient recipient;
    recipient.recipient.forward_path = mail::Mailbox("gone", "example.org");
    recipient.action = DsnAction::kFailed;
    const std::vector<DsnRecipient> recipients = {recipient};
    const DsnRequest request{QueueId(1), &envelope, &message, recipients, WallTime(), std::nullopt};
    const auto composed = DsnComposer(DsnOptions()).compose(request);
    ASSERT_TRUE(composed);
    EXPECT_TRUE(composed->empty()) << entry.path();
  }
  EXPECT_GT(seen, 50u);
}

}  // namespace
}  // namespace postern::delivery
