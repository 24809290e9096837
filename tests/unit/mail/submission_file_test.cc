// Submission files: what a writer makes, a reader gets back; what anybody else makes, it refuses.
#include "core/mail/submission_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "tests/support/temp_dir.h"

namespace postern::mail {
namespace {

using postern::testing::TempDir;

Submission sample() {
  Submission out;
  out.reverse_path = "author@home.example";
  out.recipients = {{"a@one.example", "rfc822;a@old.example", DsnNotify::kSuccess},
                    {"bare", "", DsnNotify::kUnspecified}};
  out.full_name = "A. Uthor";
  out.envid = "id-1";
  out.ret = DsnReturn::kHeaders;
  out.body = BodyType::kEightBitMime;
  out.smtputf8 = true;
  return out;
}

std::string write(const std::string& directory, const Submission& submission,
                  const std::string& content, const SubmissionLimits& limits = {}) {
  auto writer = SubmissionWriter::create(directory, limits);
  EXPECT_TRUE(writer) << writer.error().describe();
  EXPECT_TRUE(writer->append(content));
  const auto name = writer->commit(submission);
  EXPECT_TRUE(name) << name.error().describe();
  return name.value_or("");
}

class Maildrop {
 public:
  Maildrop() : fd(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
  Result<SubmissionReader> open(const std::string& name, const SubmissionLimits& limits = {}) {
    return SubmissionReader::open(fd.get(), name, limits);
  }
  // Everything the reader gives, or its error.
  Result<std::string> read(const std::string& name) {
    auto reader = open(name);
    if (!reader) return std::unexpected(reader.error());
    std::string out, buffer(1000, '\0');
    while (true) {
      const auto got = reader->read(buffer);
      if (!got) return std::unexpected(got.error());
      if (*got == 0) return out;
      out.append(buffer, 0, *got);
    }
  }
  std::string octets(const std::string& name) const {
    std::ifstream in(dir / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& name, std::string_view octets) const {
    ::unlink((dir / name).c_str());
    dir.write(name, octets);
  }

  TempDir dir;
  UniqueFd fd;
};

TEST(SubmissionFile, ComesBackAsItWasWritten) {
  Maildrop drop;
  std::string content;
  for (int i = 0; i < 20'000; ++i)
    content += fmt::format("line {}\r\n", i);
  const std::string name = write(drop.dir.path(), sample(), content);
  EXPECT_TRUE(is_submission_name(name));
  auto reader = drop.open(name);
  ASSERT_TRUE(reader) << reader.error().describe();
  const Submission& got = reader->submission();
  EXPECT_EQ(got.reverse_path, "author@home.example");
  ASSERT_EQ(got.recipients.size(), 2u);
  EXPECT_EQ(got.recipients[0].address, "a@one.example");
  EXPECT_EQ(got.recipients[0].orcpt, "rfc822;a@old.example");
  EXPECT_EQ(got.recipients[0].notify, DsnNotify::kSuccess);
  EXPECT_EQ(got.recipients[1].address, "bare");
  EXPECT_EQ(got.full_name, "A. Uthor");
  EXPECT_EQ(got.envid, "id-1");
  EXPECT_EQ(got.ret, DsnReturn::kHeaders);
  EXPECT_EQ(got.body, BodyType::kEightBitMime);
  EXPECT_TRUE(got.smtputf8);
  EXPECT_EQ(reader->owner(), ::getuid());
  EXPECT_EQ(reader->content_size(), content.size());
  EXPECT_EQ(drop.read(name).value_or(""), content);
}

TEST(SubmissionFile, NullSenderAndNoSenderAreTwoThings) {
  Maildrop drop;
  Submission submission = sample();
  submission.reverse_path = "";
  EXPECT_EQ(drop.open(write(drop.dir.path(), submission, "x"))->submission().reverse_path, "");
  submission.reverse_path.reset();
  EXPECT_EQ(drop.open(write(drop.dir.path(), submission, "x"))->submission().reverse_path,
            std::nullopt);
}

TEST(SubmissionFile, UnfinishedLeavesNothing) {
  TempDir dir;
  {
    auto writer = SubmissionWriter::create(dir.path(), {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->append(std::string(200'000, 'x')));
    const auto names = list_submissions(dir.path(), 100);
    EXPECT_EQ(names->unfinished.size(), 1u);
    EXPECT_TRUE(names->ready.empty());
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

// Row 194: a file cut or altered at any place is never taken for a message.
TEST(SubmissionFile, Row194EveryCutIsRefused) {
  Maildrop drop;
  const std::string whole =
      drop.octets(write(drop.dir.path(), sample(), "Subject: x\r\n\r\nb\r\n"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    drop.put("cut", whole.substr(0, size));
    EXPECT_FALSE(drop.read("cut")) << size;
  }
  drop.put("cut", whole + "x");
  EXPECT_FALSE(drop.read("cut"));
  drop.put("cut", whole);
  EXPECT_TRUE(drop.read("cut"));
}

TEST(SubmissionFile, Row194EveryFlippedBitIsRefused) {
  Maildrop drop;
  const std::string whole =
      drop.octets(write(drop.dir.path(), sample(), "Subject: x\r\n\r\nb\r\n"));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bad = whole;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    drop.put("bad", bad);
    EXPECT_FALSE(drop.read("bad")) << bit;
  }
}

TEST(SubmissionFile, Row194GarbageIsRefused) {
  Maildrop drop;
  std::mt19937 random(194);
  const std::string whole =
      drop.octets(write(drop.dir.path(), sample(), "Subject: x\r\n\r\nb\r\n"));
  for (int i = 0; i < 500; ++i) {
    std::string octets(random() % 5000, '\0');
    for (char& each : octets)
      each = static_cast<char>(random());
    // Half of them begin as a message does.
    if (i % 2 == 0) octets = whole.substr(0, random() % whole.size()) + octets;
    drop.put("garbage", octets);
    EXPECT_FALSE(drop.read("garbage"));
  }
}

TEST(SubmissionFile, HostileKindsOfFiles) {
  Maildrop drop;
  const std::string name = write(drop.dir.path(), sample(), "x\r\n");
  ASSERT_EQ(::symlink((drop.dir / name).c_str(), (drop.dir / "link").c_str()), 0);
  EXPECT_EQ(drop.open("link").error().kind, ErrorKind::kInvalid);
  // Without O_NONBLOCK this would wait for a writer for ever.
  ASSERT_EQ(::mkfifo((drop.dir / "fifo").c_str(), 0666), 0);
  EXPECT_EQ(drop.open("fifo").error().kind, ErrorKind::kInvalid);
  std::filesystem::create_directory(drop.dir / "directory");
  EXPECT_EQ(drop.open("directory").error().kind, ErrorKind::kInvalid);
  ASSERT_EQ(::link((drop.dir / name).c_str(), (drop.dir / "second").c_str()), 0);
  EXPECT_EQ(drop.open(name).error().kind, ErrorKind::kInvalid);
  ::unlink((drop.dir / "second").c_str());
  EXPECT_TRUE(drop.open(name));
  for (const char* bad : {"", ".", "..", "../x", "a/b"})
    EXPECT_EQ(drop.open(bad).error().kind, ErrorKind::kInvalid) << bad;
  EXPECT_EQ(drop.open("missing").error().kind, ErrorKind::kNotFound);
}

TEST(SubmissionFile, TruncatedWhileItIsRead) {
  Maildrop drop;
  const std::string name = write(drop.dir.path(), sample(), std::string(100'000, 'x'));
  auto reader = drop.open(name);
  ASSERT_TRUE(reader);
  std::string buffer(1000, '\0');
  ASSERT_TRUE(reader->read(buffer));
  ASSERT_EQ(::truncate((drop.dir / name).c_str(), 500), 0);
  Result<std::size_t> got = 1;
  while (got && *got > 0)
    got = reader->read(buffer);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::kCorrupt);
}

TEST(SubmissionFile, ContentLimit) {
  TempDir dir;
  SubmissionLimits limits;
  limits.max_content = 1000;
  for (const std::size_t size : {999u, 1000u, 1001u, 1'000'000u}) {
    auto writer = SubmissionWriter::create(dir.path(), limits);
    ASSERT_TRUE(writer);
    const auto appended = writer->append(std::string(size, 'x'));
    EXPECT_EQ(appended.has_value(), size <= 1000) << size;
    if (!appended) {
      EXPECT_EQ(appended.error().kind, ErrorKind::kLimit);
    }
  }
  // A reader with a smaller limit than the writer's.
  Maildrop drop;
  const std::string name = write(drop.dir.path(), sample(), std::string(1001, 'x'));
  EXPECT_EQ(drop.open(name, limits).error().kind, ErrorKind::kLimit);
  limits.max_content = 1001;
  EXPECT_TRUE(drop.open(name, limits));
  limits.max_content = 0;
  EXPECT_TRUE(drop.open(name, limits));
}

TEST(SubmissionFile, RecipientAndFieldLimits) {
  SubmissionLimits limits;
  limits.max_recipients = 100;
  limits.max_field_octets = 50;
  for (const std::size_t count : {99u, 100u, 101u, 100'000u}) {
    Submission submission;
    submission.recipients.assign(count, {"a@b", "", DsnNotify::kUnspecified});
    EXPECT_EQ(parse_submission(encode_submission(submission), limits).has_value(), count <= 100);
  }
  for (const std::size_t size : {49u, 50u, 51u, 50'000u}) {
    Submission submission;
    submission.recipients = {{std::string(size, 'a'), "", DsnNotify::kUnspecified}};
    EXPECT_EQ(parse_submission(encode_submission(submission), limits).has_value(), size <= 50);
  }
}

TEST(SubmissionFile, FieldsOutOfRangeAreRefused) {
  const auto with = [](std::uint8_t tag, std::string value) {
    Submission submission;
    submission.recipients = {{"a@b", "", DsnNotify::kUnspecified}};
    std::string out = encode_submission(submission);
    out.push_back(static_cast<char>(tag));
    for (int shift = 0; shift < 32; shift += 8)
      out.push_back(static_cast<char>(value.size() >> shift));
    return out + value;
  };
  EXPECT_TRUE(parse_submission(with(99, "later"), {}));  // unknown tags are skipped
  EXPECT_FALSE(parse_submission(with(1, "a\r\nb"), {}));
  EXPECT_FALSE(parse_submission(with(4, "name\n"), {}));
  EXPECT_FALSE(parse_submission(with(2, ""), {}));
  EXPECT_FALSE(parse_submission(with(6, "\3"), {}));
  EXPECT_FALSE(parse_submission(with(7, "\3"), {}));  // NEVER with another
  EXPECT_FALSE(parse_submission(with(8, "\2"), {}));
  EXPECT_FALSE(parse_submission(with(9, "\2"), {}));
  EXPECT_FALSE(parse_submission(with(6, "ab"), {}));
  EXPECT_FALSE(parse_submission("", {}));
}

TEST(SubmissionFile, TakenFilesKeepTheirId) {
  Maildrop drop;
  const std::string name = write(drop.dir.path(), sample(), "x\r\n");
  drop.put("stranger", "x");
  drop.put("0.taken", "x");
  const auto taken = take_submission(drop.fd.get(), name, QueueId(0x1234));
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, "1234.taken");
  const auto names = list_submissions(drop.dir.path(), 100);
  ASSERT_TRUE(names);
  EXPECT_TRUE(names->ready.empty());
  ASSERT_EQ(names->taken.size(), 1u);
  EXPECT_EQ(names->taken[0].second, QueueId(0x1234));
  EXPECT_TRUE(drop.read(*taken));
  // Nobody's file is overwritten.
  const std::string other = write(drop.dir.path(), sample(), "y\r\n");
  EXPECT_EQ(take_submission(drop.fd.get(), other, QueueId(0x1234)).error().kind,
            ErrorKind::kExists);
  EXPECT_TRUE(remove_submission(drop.fd.get(), *taken));
  EXPECT_TRUE(remove_submission(drop.fd.get(), *taken));
  EXPECT_FALSE(std::filesystem::exists(drop.dir / *taken));
}

TEST(SubmissionFile, ListingIsBounded) {
  TempDir dir;
  for (int i = 0; i < 10; ++i)
    write(dir.path(), sample(), "x\r\n");
  EXPECT_FALSE(list_submissions(dir.path(), 10)->is_truncated);
  EXPECT_TRUE(list_submissions(dir.path(), 9)->is_truncated);
  EXPECT_EQ(list_submissions(dir.path(), 9)->ready.size(), 9u);
  EXPECT_EQ(list_submissions(dir / "none", 9).error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace postern::mail
