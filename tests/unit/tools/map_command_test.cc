// postern map beside Debian's postmap(1).
#include "tests/unit/tools/tools_site.h"

namespace postern::tools {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSource =
    "# comment\nUser@Example.com  first\n  continued\nexample.com\tOK\n\"quo ted\"@x.example q\n"
    "dup one\ndup two\n";

TEST(MapCommand, BuildsWhatPostmapReads) {
  ASSERT_TRUE(std::filesystem::exists("/usr/sbin/postmap")) << "needs postfix and postfix-lmdb";
  const ToolsSite site;
  const std::string table = "lmdb:" + site.dir.write("table", kSource);
  const Ran built = site.run("postmap", {table});
  EXPECT_EQ(built.status, EX_OK) << built.err;
  EXPECT_THAT(built.err, HasSubstr("dup"));
  for (const char* key : {"user@example.com", "USER@example.COM", "example.com", "dup"}) {
    const Ran real = run_shell("/usr/sbin/postmap -q '" + std::string(key) + "' " + table);
    const Ran ours = site.run("postmap", {"-q", key, table});
    EXPECT_EQ(ours.out, real.out) << key;
    EXPECT_EQ(ours.status, real.status) << key;
    EXPECT_EQ(ours.status, 0) << key;
  }
  EXPECT_EQ(site.run("postmap", {"-q", "missing", table}).status, 1);
  EXPECT_EQ(run_shell("/usr/sbin/postmap -q missing " + table).status, 1);
}

TEST(MapCommand, ReadsWhatPostmapBuilds) {
  const ToolsSite site;
  const std::string table = "lmdb:" + site.dir.write("table", kSource);
  ASSERT_EQ(run_shell("/usr/sbin/postmap " + table + " 2>&1").status, 0);
  EXPECT_EQ(site.run("postmap", {"-q", "user@example.com", table}).out, "first  continued\n");
  const auto sorted = [](std::string text) {
    std::vector<std::string> lines;
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.erase(0, end + 1))
      lines.push_back(text.substr(0, end));
    std::ranges::sort(lines);
    return lines;
  };
  EXPECT_EQ(sorted(site.run("postmap", {"-s", table}).out),
            sorted(run_shell("/usr/sbin/postmap -s " + table).out));
}

TEST(MapCommand, ManyKeysFromStandardInput) {
  const ToolsSite site;
  const std::string table = "texthash:" + site.dir.write("table", kSource);
  const Ran ran = site.run("postmap", {"-q", "-", table}, "dup\nnone\nexample.com\n");
  EXPECT_EQ(ran.out, "dup\tone\nexample.com\tOK\n");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(site.run("postmap", {"-q", "-", table}, "none\n").status, 1);
}

TEST(MapCommand, InsertsReplacesAndDeletes) {
  const ToolsSite site;
  const std::string table = "lmdb:" + site.dir.write("table", "a 1\nb 2\n");
  ASSERT_EQ(site.run("postmap", {table}).status, EX_OK);
  EXPECT_EQ(site.run("postmap", {"-i", table}, "c 3\n").status, EX_OK);
  EXPECT_EQ(site.run("postmap", {"-q", "c", table}).out, "3\n");
  EXPECT_EQ(site.run("postmap", {"-ir", table}, "a new\n").status, EX_OK);
  EXPECT_EQ(site.run("postmap", {"-q", "a", table}).out, "new\n");
  EXPECT_EQ(site.run("postmap", {"-d", "b", table}).status, EX_OK);
  EXPECT_EQ(site.run("postmap", {"-q", "b", table}).status, 1);
  EXPECT_EQ(site.run("postmap", {"-d", "b", table}).status, 1);
  EXPECT_EQ(site.run("postmap", {"-d", "-", table}, "a\nc\n").status, EX_OK);
  EXPECT_EQ(site.run("postmap", {"-s", table}).out, "");
}

TEST(MapCommand, AliasesAndNewaliases) {
  const ToolsSite plain;
  const std::string source = plain.dir.write("aliases", "root: admin, \"|prog arg\"\n");
  EXPECT_EQ(plain.run("postalias", {"lmdb:" + source}).status, EX_OK);
  EXPECT_THAT(plain.run("postalias", {"-q", "root", "lmdb:" + source}).out, HasSubstr("admin"));
  EXPECT_EQ(run_shell("/usr/sbin/postalias -q root lmdb:" + source).status, 0);

  const ToolsSite site("alias_database = lmdb:" + source + "\n");
  std::filesystem::remove(source + ".lmdb");
  EXPECT_EQ(site.run("newaliases", {}).status, EX_OK);
  EXPECT_TRUE(std::filesystem::exists(source + ".lmdb"));
  std::filesystem::remove(source + ".lmdb");
  EXPECT_EQ(site.run("sendmail", {"-bi"}).status, EX_OK);
  EXPECT_TRUE(std::filesystem::exists(source + ".lmdb"));
}

TEST(MapCommand, UsageAndMissingFiles) {
  const ToolsSite site;
  EXPECT_EQ(site.run("postmap", {}).status, EX_USAGE);
  EXPECT_EQ(site.run("postmap", {"-q", "a", "-s", "lmdb:/x"}).status, EX_USAGE);
  EXPECT_EQ(site.run("postmap", {"-q", "a", "texthash:/nonexistent"}).status, EX_NOINPUT);
  EXPECT_EQ(site.run("postmap", {"-q", "a", "nosuchtype:/x"}).status, EX_DATAERR);
}

}  // namespace
}  // namespace postern::tools
