// Every table type says what Debian's postmap -q says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "core/maps/map_build.h"
#include "core/maps/table.h"
#include "core/maps/table_list.h"
#include "tests/unit/maps/real_postmap.h"

namespace postern::maps {
namespace {

using postern::testing::TempDir;

class PostmapTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(testing::RealPostmap::is_installed()) << "install postfix (deploy/packages)";
  }
  void expect_same(const std::string& table, const std::vector<std::string>& keys) {
    const auto ours = open_table(table);
    ASSERT_TRUE(ours) << table << ": " << ours.error().describe();
    const auto theirs = postmap.query(table, keys);
    for (const auto& key : keys) {
      const auto mine = (*ours)->lookup(key);
      const auto found = theirs.find(key);
      if (!mine) {
        EXPECT_EQ(found, theirs.end()) << table << " " << key << ": " << mine.error().describe();
        continue;
      }
      EXPECT_EQ(mine->value_or("(none)"), found == theirs.end() ? "(none)" : found->second)
          << table << " " << key;
    }
  }

  TempDir dir;
  testing::RealPostmap postmap;
};

constexpr std::string_view kSource =
    "# comment\n"
    "joe@example.com  Joe/ \n"
    "Mixed.Case@EXAMPLE.com\tvalue with  inner   space\n"
    "@example.com catch\n"
    "example.com\n"
    "  continued on\n"
    "# comment in between\n"
    "  two lines\n"
    "\n"
    "\"quoted key\" q\n"
    "\"quoted@key\"@x.test q2\n"
    "b\xC3\xBC"
    "cher.test utf8\n"
    "user+ext plus\n"
    "joe@example.com  second\n"
    "dollar $1 $$\n"
    "hash#inside value#inside\n"
    "spaced : colon\n";

const std::vector<std::string> kKeys = {"joe@example.com",
                                        "JOE@Example.Com",
                                        "mixed.case@example.com",
                                        "@example.com",
                                        "example.com",
                                        "quoted key",
                                        "\"quoted@key\"@x.test",
                                        "quoted@key@x.test",
                                        "b\xC3\xBC"
                                        "cher.test",
                                        "B\xC3\x9C"
                                        "CHER.test",
                                        "user+ext",
                                        "user",
                                        "dollar",
                                        "hash#inside",
                                        "spaced",
                                        "spaced :",
                                        "missing",
                                        "#",
                                        "joe@example.co",
                                        "joe@example.comm"};

TEST_F(PostmapTest, Texthash) { expect_same("texthash:" + dir.write("t", kSource), kKeys); }

TEST_F(PostmapTest, HashAndBtreeAreReadFromTheSourceTheyAreBuiltFrom) {
  for (const std::string type : {"hash", "btree"}) {
    const auto path = dir.write("t-" + type, kSource);
    ASSERT_TRUE(postmap.build(type + ":" + path));
    expect_same(type + ":" + path, kKeys);
  }
}

TEST_F(PostmapTest, LmdbBuiltByThemAndByUs) {
  const auto theirs = dir.write("theirs", kSource);
  ASSERT_TRUE(postmap.build("lmdb:" + theirs));
  expect_same("lmdb:" + theirs, kKeys);
  const auto ours = dir.write("ours", kSource);
  const auto report = build_map("lmdb:" + ours, {});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->path, ours + ".lmdb");
  EXPECT_FALSE(report->warnings.empty()) << "the second joe";
  expect_same("lmdb:" + ours, kKeys);
}

TEST_F(PostmapTest, LmdbOfOneAndOfManyThousands) {
  std::string text;
  std::vector<std::string> keys = {"none"};
  for (int i = 0; i < 20'000; ++i) {
    text += fmt::format("user{}@example.com box/{}/\n", i, i);
    if (i % 97 == 0) keys.push_back(fmt::format("user{}@example.com", i));
  }
  const auto path = dir.write("many", text);
  ASSERT_TRUE(postmap.build("lmdb:" + path));
  expect_same("lmdb:" + path, keys);
  ASSERT_TRUE(build_map("lmdb:" + path, {}));
  expect_same("lmdb:" + path, keys);
}

TEST_F(PostmapTest, Inline) {
  expect_same("inline:{ a=b, {key = value with space, comma}, {X=Y} }",
              {"a", "key", "x", "X", "b", "c"});
}

TEST_F(PostmapTest, Static) {
  expect_same("static:value", {"a", "anything@all"});
  expect_same("static:{ two words }", {"a"});
}

TEST_F(PostmapTest, Cidr) {
  const auto path = dir.write("cidr",
                              "192.0.2.0/24 net\n"
                              "192.0.2.77 never: the first wins\n"
                              "! 10.0.0.0/8 not ten\n"
                              "2001:db8::/32 six\n"
                              "192.0.2.300 bad\n"
                              "198.51.100.1/24 bits\n"
                              "if 203.0.113.0/24\n"
                              "203.0.113.7 seven\n"
                              "endif\n");
  expect_same("cidr:" + path, {"192.0.2.1", "192.0.2.77", "192.0.3.1", "10.1.2.3", "2001:db8::1",
                               "2001:db9::1", "203.0.113.7", "198.51.100.9"});
  const auto guarded = dir.write("guarded",
                                 "if 203.0.113.0/24\n!203.0.113.7 other\nif 203.0.113.0/28\n"
                                 "203.0.113.7 seven\nendif\nendif\n0.0.0.0/0 all\n");
  expect_same("cidr:" + guarded, {"203.0.113.7", "203.0.113.8", "192.0.2.1", "::1"});
}

constexpr std::string_view kRules =
    "/^(.*)-outgoing@(.*)$/!/^owner-/ 550 Use ${1}@${2} instead\n"
    "/^joe@(example|test)\\.com$/ $1-$(1)-${1}\n"
    "!/@/ no at sign\n"
    "if /^a/\n"
    "/b$/ a to b\n"
    "!/c/ a without c\n"
    "endif\n"
    "if !/^z/\n"
    "/zz/ has zz\n"
    "endif\n"
    "/CASE/i sensitive\n"
    "/dollar/ costs $$5\n"
    "/bad(/ skipped\n"
    "/group/ $1 out of range\n"
    "|^pipe/| other delimiter\n"
    "/(x)|(y)@/ <$1$2>\n";

const std::vector<std::string> kSubjects = {"list-outgoing@example.com",
                                            "owner-list-outgoing@x",
                                            "joe@example.com",
                                            "JOE@TEST.com",
                                            "noat",
                                            "a@b",
                                            "a@c",
                                            "a@d",
                                            "z@zz",
                                            "y@zz",
                                            "case@x",
                                            "CASE@x",
                                            "dollar@x",
                                            "group@q",
                                            "pipe/@x",
                                            "x@",
                                            "y@",
                                            "q@q"};

TEST_F(PostmapTest, Regexp) { expect_same("regexp:" + dir.write("regexp", kRules), kSubjects); }

TEST_F(PostmapTest, Pcre) {
  const std::string text(kRules);
  expect_same(
      "pcre:" + dir.write("pcre", text + "/^(?<name>n+)@\\d+$/ named $1\n/\\bw\\b/x word\n"), [] {
        auto keys = kSubjects;
        keys.insert(keys.end(), {"nnn@12", "nnn@ab", "a w b@", "awb@"});
        return keys;
      }());
}

TEST_F(PostmapTest, UnixPasswdAndGroup) {
  expect_same("unix:passwd.byname", {"root", "nobody", "no-such-user"});
  expect_same("unix:group.byname", {"root", "mail", "no-such-group"});
  // proxy: needs a running proxymap(8) there; here it is the table itself.
  const auto proxied = open_table("proxy:unix:passwd.byname");
  ASSERT_TRUE(proxied);
  EXPECT_TRUE((*proxied)->lookup("root")->value_or("").starts_with("root:"));
}

TEST_F(PostmapTest, UnionmapAndPipemap) {
  expect_same("unionmap:{inline:{a=1,b=2},inline:{b=3,c=4},static:5}", {"a", "b", "c", "d"});
  expect_same("pipemap:{inline:{a=x,b=y},inline:{x=1}}", {"a", "b", "x"});
}

TEST_F(PostmapTest, RandmapGivesOneOfItsValues) {
  const auto table = open_table("randmap:{one, two}");
  ASSERT_TRUE(table);
  std::map<std::string, int> seen;
  for (int i = 0; i < 200; ++i)
    ++seen[(*table)->lookup("any")->value_or("none")];
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen.count("none"), 0u);
}

// Postfix asks one table for several keys, the daemons do; postmap -q answers each of them.
TEST_F(PostmapTest, PartialKeysOfAnAddressInPostfixsOrder) {
  const auto path =
      dir.write("partial",
                "joe+ext@example.com whole\njoe@example.com plain\njoe+ext bare-ext\n"
                "joe bare\n@example.com domain\nann bare-ann\n\"a b\"@example.com q\n");
  const auto list = TableList::open("texthash:" + path);
  ASSERT_TRUE(list);
  struct Row {
    std::string local_part, quoted;
  };
  for (const bool is_local : {false, true}) {
    for (const Row& row :
         {Row{"joe+ext", "joe+ext"}, Row{"joe+other", "joe+other"}, Row{"joe", "joe"},
          Row{"ann", "ann"}, Row{"ann+x", "ann+x"}, Row{"eve", "eve"}, Row{"a b", "\"a b\""}}) {
      const auto base = row.local_part.substr(0, row.local_part.find('+'));
      std::vector<std::string> keys = {row.quoted + "@example.com", base + "@example.com"};
      if (is_local) keys.insert(keys.end(), {row.local_part, base});
      keys.push_back("@example.com");
      const auto answers = postmap.query("texthash:" + path, keys);
      std::string expected = "none";
      for (const auto& key : keys)
        if (expected == "none" && answers.contains(key)) expected = answers.at(key);
      const auto found = list->find_address({.local_part = row.local_part,
                                             .quoted_local_part = row.quoted,
                                             .domain = "example.com",
                                             .delimiters = "+",
                                             .domain_is_local = is_local});
      ASSERT_TRUE(found);
      EXPECT_EQ(*found ? (*found)->value : "none", expected) << row.local_part << is_local;
    }
  }
}

TEST_F(PostmapTest, InsertAndDeleteAsPostmapDoes) {
  const auto path = dir.write("changed", "a 1\nb 2\n");
  const auto table = "lmdb:" + path;
  ASSERT_TRUE(build_map(table, {}));
  MapBuildOptions replacing;
  replacing.duplicates = DuplicatePolicy::kReplace;
  ASSERT_TRUE(insert_entries(table, "c 3\nA 9\n", replacing));
  EXPECT_EQ(postmap.query(table, {"a", "b", "c"}),
            (std::map<std::string, std::string>{{"a", "9"}, {"b", "2"}, {"c", "3"}}));
  const auto removed = delete_keys(table, {"B", "nosuch"}, {});
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, 1u);
  EXPECT_EQ(postmap.query(table, {"a", "b", "c"}).size(), 2u);
  EXPECT_FALSE(insert_entries("hash:" + path, "x y\n", {}));
  EXPECT_FALSE(build_map("regexp:" + path, {}));
  EXPECT_FALSE(build_map("lmdb:" + path + ".missing", {}));
}

TEST_F(PostmapTest, BuiltFilesHaveTheSourcesRightsAndNothingIsLeftBeside) {
  const auto path = dir.write("rights", "a 1\n");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  ASSERT_TRUE(build_map("lmdb:" + path, {}));
  struct stat status{};
  ASSERT_EQ(::stat((path + ".lmdb").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path()))
    ++files;
  EXPECT_EQ(files, 2u);
}

TEST_F(PostmapTest, AKeyTooLongForLmdbFailsAndTheOldFileStays) {
  const auto path = dir.write("long", "a 1\n");
  ASSERT_TRUE(build_map("lmdb:" + path, {}));
  dir.write("long", std::string(510, 'k') + " 2\n");
  EXPECT_TRUE(build_map("lmdb:" + path, {}));
  for (const std::size_t size : {511u, 512u, 511'000u}) {
    dir.write("long", std::string(size, 'k') + " 2\n");
    const auto report = build_map("lmdb:" + path, {});
    ASSERT_FALSE(report) << size;
    EXPECT_EQ(report.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_EQ(postmap.query("lmdb:" + path, {std::string(510, 'k')}).size(), 1u);
}

}  // namespace
}  // namespace postern::maps
