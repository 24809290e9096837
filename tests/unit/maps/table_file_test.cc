// Tables follow their files, and a bad file never replaces a good one.
#include "core/maps/table_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "core/maps/map_build.h"
#include "tests/support/temp_dir.h"

namespace postern::maps {
namespace {

using postern::testing::TempDir;

class TableFileTest : public ::testing::Test {
 protected:
  TablePtr open(const std::string& name) {
    options.clock = &clock;
    auto table = open_table(name, options);
    EXPECT_TRUE(table) << table.error().describe();
    return table.value_or(nullptr);
  }
  static std::string value(const TablePtr& table, std::string_view key) {
    const auto found = table->lookup(key);
    if (!found) return "error";
    return found->value_or("none");
  }
  // Replaced as editors and postmap do, so the inode tells too.
  void replace(const std::string& name, const std::string& text) {
    dir.write(name + ".new", text);
    std::filesystem::rename(dir / (name + ".new"), dir / name);
  }
  void next_second() { clock.advance(std::chrono::seconds(2)); }

  TempDir dir;
  ManualClock clock;
  TableOptions options;
};

TEST_F(TableFileTest, ChangesAreSeenAfterTheRecheckInterval) {
  const auto table = open("hash:" + dir.write("t", "a 1\n"));
  EXPECT_EQ(value(table, "a"), "1");
  replace("t", "a 2\n");
  EXPECT_EQ(value(table, "a"), "1") << "not before the interval";
  next_second();
  EXPECT_EQ(value(table, "a"), "2");
}

TEST_F(TableFileTest, EveryTextTypeFollowsItsFile) {
  for (const std::string type : {"hash", "btree", "texthash", "regexp", "pcre", "cidr", "lmdb"}) {
    const bool is_pattern = type == "regexp" || type == "pcre";
    const std::string key = is_pattern ? "/192/" : "192.0.2.1";
    const auto table = open(type + ":" + dir.write(type, key + " 1\n"));
    EXPECT_EQ(value(table, "192.0.2.1"), "1") << type;
    EXPECT_EQ(table->is_pattern(), is_pattern || type == "cidr") << type;
    replace(type, key + " 2\n");
    next_second();
    EXPECT_EQ(value(table, "192.0.2.1"), "2") << type;
  }
}

TEST_F(TableFileTest, LmdbIsReadFromTheSourceUntilItIsBuiltAndFromTheFileThen) {
  const auto table = open("lmdb:" + dir.write("l", "a source\n"));
  EXPECT_EQ(value(table, "a"), "source");
  dir.write("l", "a built\n");
  ASSERT_TRUE(build_map("lmdb:" + (dir / "l"), {}));
  next_second();
  EXPECT_EQ(value(table, "a"), "built");
  replace("l", "a edited, not built\n");
  next_second();
  EXPECT_EQ(value(table, "a"), "built");
}

TEST_F(TableFileTest, AMissingOrBrokenFileLeavesTheLastGoodTable) {
  const auto table = open("hash:" + dir.write("t", "a 1\n"));
  std::filesystem::remove(dir / "t");
  next_second();
  EXPECT_EQ(value(table, "a"), "1");
  ASSERT_EQ(::mkfifo((dir / "t").c_str(), 0600), 0);
  next_second();
  EXPECT_EQ(value(table, "a"), "1");
  std::filesystem::remove(dir / "t");
  dir.write("t", "a 3\n");
  next_second();
  EXPECT_EQ(value(table, "a"), "3");
}

TEST_F(TableFileTest, ATornLmdbFileLeavesTheLastGoodTable) {
  const auto source = dir.write("l", "a 1\n");
  ASSERT_TRUE(build_map("lmdb:" + source, {}));
  const auto table = open("lmdb:" + source);
  std::ifstream in(source + ".lmdb", std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{100}, std::size_t{4096}, good.size() - 1}) {
    replace("l.lmdb", good.substr(0, size));
    next_second();
    EXPECT_EQ(value(table, "a"), "1") << size;
  }
  // Rewritten in place and cut under a reader: no SIGBUS.
  dir.write("l.lmdb", good);
  next_second();
  EXPECT_EQ(value(table, "a"), "1");
  ASSERT_EQ(::truncate((source + ".lmdb").c_str(), 0), 0);
  EXPECT_EQ(value(table, "a"), "1");
}

TEST_F(TableFileTest, RandomOctetsInAnLmdbFileNeverCrash) {
  const auto source = dir.write("l", "a 1\nbb 22\nccc 333\n");
  ASSERT_TRUE(build_map("lmdb:" + source, {}));
  std::ifstream in(source + ".lmdb", std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  std::mt19937 random(99);
  for (int round = 0; round < 300; ++round) {
    auto bad = good;
    // Page headers and the two meta pages, where the numbers are that LMDB believes.
    for (int flips = 0; flips < 3; ++flips)
      bad[random() % 200] = static_cast<char>(random());
    dir.write("bad.lmdb", bad);
    const auto table = open_table("lmdb:" + (dir / "bad"), options);
    if (table) (void)(*table)->lookup("a");
  }
}

TEST_F(TableFileTest, ReadersNeverSeeAHalfTable) {
  options.recheck_interval = std::chrono::nanoseconds(0);
  options.clock = &Clock::system();
  dir.write("t", "a 0\nb 0\n");
  auto opened = open_table("hash:" + (dir / "t"), options);
  ASSERT_TRUE(opened);
  const TablePtr table = *opened;
  std::atomic<bool> stop{false};
  std::atomic<int> missing{0};
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i)
      readers.emplace_back([&] {
        while (!stop)
          missing += value(table, "a") == "none" || value(table, "b") == "none" ? 1 : 0;
      });
    for (int i = 0; i < 200; ++i)
      replace("t", fmt::format("a {}\nb {}\n", i, i));
    stop = true;
  }
  EXPECT_EQ(missing, 0);
}

TEST_F(TableFileTest, Bounds) {
  dir.write("t", "abcdef 1\n");
  options.max_file_bytes = 9;
  EXPECT_TRUE(open_table("hash:" + (dir / "t"), options));
  options.max_file_bytes = 8;
  EXPECT_EQ(open_table("hash:" + (dir / "t"), options).error().kind, ErrorKind::kLimit);
  options = {};
  options.max_line_bytes = 8;
  EXPECT_TRUE(open_table("hash:" + (dir / "t"), options));
  options.max_line_bytes = 7;
  EXPECT_EQ(open_table("hash:" + (dir / "t"), options).error().kind, ErrorKind::kLimit);
  options = {};
  dir.write("t", "a 1\nb 2\nc 3\n");
  options.max_entries = 3;
  EXPECT_TRUE(open_table("hash:" + (dir / "t"), options));
  options.max_entries = 2;
  EXPECT_EQ(open_table("hash:" + (dir / "t"), options).error().kind, ErrorKind::kLimit);
  options = {};
  options.max_key_bytes = 10;
  const auto table = open_table("hash:" + (dir / "t"), options);
  EXPECT_TRUE((*table)->lookup(std::string(10, 'x')));
  for (const std::size_t size : {11u, 10'000u})
    EXPECT_EQ((*table)->lookup(std::string(size, 'x')).error().kind, ErrorKind::kLimit);
}

TEST_F(TableFileTest, ErrorsOfOpening) {
  EXPECT_EQ(open_table("hash:" + (dir / "missing")).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(open_table("hash:" + dir.path()).error().kind, ErrorKind::kInvalid);
  dir.write("bad.lmdb", "not LMDB at all");
  EXPECT_EQ(open_table("lmdb:" + (dir / "bad")).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace postern::maps
