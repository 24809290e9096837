#include "core/tools/config_edit.h"
#include "tests/unit/tools/tools_site.h"

namespace postern::tools {
namespace {

using ::testing::HasSubstr;

std::vector<Edit> set(std::string name, std::string value) {
  return {{EditKind::kSet, std::move(name), std::move(value)}};
}

TEST(ConfigEdit, ChangesInPlaceAndKeepsTheRest) {
  EXPECT_EQ(edit_text("# top\na = 1\nb = 2\n  more\n# c\nc = 3\n", set("b", "new")),
            "# top\na = 1\nb = new\n# c\nc = 3\n");
  EXPECT_EQ(edit_text("a = 1\n", set("b", "2")), "a = 1\nb = 2\n");
  EXPECT_EQ(edit_text("", set("b", "2")), "b = 2\n");
  EXPECT_EQ(edit_text("a = 1", set("b", "2")), "a = 1\nb = 2\n");
  EXPECT_EQ(edit_text("ab = 1\n", set("a", "2")), "ab = 1\na = 2\n");
}

TEST(ConfigEdit, TheLastOfSeveralCounts) {
  EXPECT_EQ(edit_text("a = 1\nb = x\na = 2\n", set("a", "3")), "b = x\na = 3\n");
}

TEST(ConfigEdit, CommentsInsideASettingStay) {
  EXPECT_EQ(edit_text("a = 1\n# why\n  2\nb = 1\n", set("a", "3")), "a = 3\n# why\nb = 1\n");
}

TEST(ConfigEdit, RemovesAndCommentsOut) {
  EXPECT_EQ(edit_text("a = 1\n 2\nb = 1\n", {{EditKind::kRemove, "a", ""}}), "b = 1\n");
  EXPECT_EQ(edit_text("a = 1\n 2\nb = 1\n", {{EditKind::kCommentOut, "a", ""}}),
            "#a = 1\n# 2\nb = 1\n");
}

TEST(ConfigEdit, RefusesWhatWouldBeTwoSettings) {
  EXPECT_FALSE(parse_edit("a"));
  EXPECT_FALSE(parse_edit("a b = c"));
  EXPECT_FALSE(parse_edit("a = b\nc = d"));
  EXPECT_TRUE(parse_edit("a ="));
}

TEST(ConfigCommand, EditsTheFileAndKeepsItsRights) {
  const ToolsSite site;
  std::filesystem::permissions(site.dir / "main.cf", std::filesystem::perms(0640));
  EXPECT_EQ(site.run("postconf", {"-e", "relayhost = [mx.example]", "myorigin=x.example"}).status,
            EX_OK);
  EXPECT_EQ(site.run("postconf", {"-h", "relayhost", "myorigin"}).out, "[mx.example]\nx.example\n");
  EXPECT_EQ(std::filesystem::status(site.dir / "main.cf").permissions(),
            std::filesystem::perms(0640));
  EXPECT_EQ(site.run("postconf", {"-X", "relayhost"}).status, EX_OK);
  EXPECT_EQ(site.run("postconf", {"relayhost"}).out, "relayhost =\n");
}

TEST(ConfigCommand, DefaultsNamesAndOverrides) {
  const ToolsSite site;
  EXPECT_EQ(site.run("postconf", {"-d", "smtpd_timeout"}).out.substr(0, 16), "smtpd_timeout = ");
  EXPECT_EQ(site.run("postconf", {"-o", "myhostname=o.example", "-x", "myorigin"}).out,
            "myorigin = o.example\n");
  const Ran unknown = site.run("postconf", {"nosuch"});
  EXPECT_EQ(unknown.status, EX_OK);
  EXPECT_EQ(unknown.out, "");
  EXPECT_THAT(unknown.err, HasSubstr("nosuch: unknown parameter"));
  EXPECT_EQ(site.run("postconf", {"-z"}).status, EX_USAGE);
}

TEST(ConfigCommand, ReferenceNamesEveryParameter) {
  const std::string page = run_tool({"postern", "config", "--reference"}).out;
  for (const char* name : {"myhostname", "smtpd_recipient_restrictions", "queue_durability"})
    EXPECT_THAT(page, HasSubstr(name));
  EXPECT_THAT(run_tool({"postern", "config", "--sample"}).out, HasSubstr("smtpd_banner"));
}

TEST(Commands, UnknownAndMissing) {
  EXPECT_EQ(run_tool({"postern"}).status, EX_USAGE);
  EXPECT_EQ(run_tool({"postern", "frobnicate"}).status, EX_USAGE);
  for (const char* command : {"check", "lanes", "status"})
    EXPECT_EQ(run_tool({"postern", command, "superfluous"}).status, EX_USAGE) << command;
  EXPECT_EQ(run_tool({"postern", "help"}).status, EX_OK);
  for (const Command& each : all_commands())
    EXPECT_THAT(run_tool({"postern", "help"}).out, HasSubstr(std::string(each.help))) << each.name;
  EXPECT_EQ(run_tool({"/usr/sbin/mailq", "-C", "/nonexistent"}).status, EX_NOINPUT);
}

}  // namespace
}  // namespace postern::tools
