#include "core/delivery/local/expansion.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;
using Kind = Destination::Kind;

// Files in memory, and a record of who read them.
class Files final : public OrderRunner {
 public:
  OrderResult run(const Order& order, const mail::Content&) override {
    const auto& read = std::get<ReadOrder>(order);
    readers[read.path] = read.owner.uid;
    const auto found = texts.find(read.path);
    if (found == texts.end()) return {deferred("4.3.0", "no such file"), {}, true};
    if (found->second == "locked") return {deferred("4.2.0", "not to be read"), {}, false};
    return {delivered("read"), found->second, false};
  }
  std::map<std::string, std::string> texts;
  std::map<std::string, uid_t> readers;
};

class ExpansionTest : public ::testing::Test {
 protected:
  ExpansionTest() {
    site.myorigin = site.mydestination = "local.test";
    site.virtual_alias_domains = "alias.test";
    site.recipient_delimiter = "+";
    options.default_privs = {65'534, 65'534};
    options.find_user = [](const std::string& name) -> Result<std::optional<SystemUser>> {
      if (name == "down") return fail(ErrorKind::kUnavailable, "LDAP is down");
      if (name == "root") return SystemUser{"root", "/root", "/bin/sh", {0, 0}};
      for (const auto known : {"joe", "ann", "bob"})
        if (name == known)
          return SystemUser{
              name, "/home/" + name, "/bin/sh", {static_cast<uid_t>(1000 + name[0]), 100}};
      return std::nullopt;
    };
  }
  Expansion expand(const std::string& local_part) {
    if (!aliases.empty()) site.alias_maps = "inline:{ " + aliases + " }";
    auto opened = routing::Directory::open(site);
    EXPECT_TRUE(opened) << opened.error().describe();
    return Expander(options, **opened, files, "local")
        .expand(mail::Mailbox(local_part, "local.test"));
  }
  // Destinations in short, or the refusal's status and text.
  std::string shown(const std::string& local_part) {
    const auto expansion = expand(local_part);
    if (expansion.refusal) return expansion.refusal->status + " " + expansion.refusal->diagnostic;
    std::string out;
    for (const auto& each : expansion.destinations) {
      if (!out.empty()) out += " / ";
      switch (each.kind) {
        case Kind::kMailbox: out += "box " + each.user->name; break;
        case Kind::kCommand: out += fmt::format("|{} as {}", each.text, each.privileges.uid); break;
        case Kind::kFile: out += fmt::format("{} as {}", each.text, each.privileges.uid); break;
        case Kind::kForward: out += each.address.to_wire(); break;
        case Kind::kUnknown: out += "unknown " + each.address.local_part(); break;
        case Kind::kRefused: out += each.refusal.status + " " + each.refusal.diagnostic; break;
      }
      if (each.list_owner) out += " owner " + each.list_owner->to_wire();
    }
    return out;
  }

  routing::DirectoryOptions site;
  ExpansionOptions options;
  Files files;
  std::string aliases;  // "{joe = ann}, ..."
};

TEST_F(ExpansionTest, UsersAndNobodies) {
  EXPECT_EQ(shown("joe"), "box joe");
  EXPECT_EQ(shown("JOE+ext"), "box joe");
  EXPECT_EQ(shown("eve"), "unknown eve");
  EXPECT_EQ(shown("down").substr(0, 5), "4.3.0");
}

TEST_F(ExpansionTest, AliasesOfEveryKind) {
  aliases =
      "{staff = joe, ann, bob@far.test}, {cmd = |/bin/x y}, {file = /srv/f}, {info+x = ann}, "
      "{info = joe}, {abroad = u@alias.test}";
  EXPECT_EQ(shown("staff"), "box joe / box ann / bob@far.test");
  EXPECT_EQ(shown("Staff+ext"), "box joe / box ann / bob@far.test");
  EXPECT_EQ(shown("cmd"), "|/bin/x y as 65534");
  EXPECT_EQ(shown("file"), "/srv/f as 65534");
  EXPECT_EQ(shown("info+x"), "box ann") << "the whole name is asked first";
  EXPECT_EQ(shown("info+y"), "box joe");
  EXPECT_EQ(shown("abroad"), "u@alias.test");
}

TEST_F(ExpansionTest, AnAliasesFileAsAdministratorsWriteIt) {
  const TempTree tree;
  tree.write("aliases",
             "# who gets what\n"
             "Postmaster: root\n"
             "root:   joe,\n"
             "        \\ann\n"
             "cmd: \"|/bin/x -a 'b, c' \\\"d\\\"\"\n"
             "bare: |/bin/y\n"
             "list: :include:/l, \"/srv/with space\", Bob Other <bob@far.test>\n"
             "\"a b\": joe\n");
  site.alias_maps = "hash:" + (tree / "aliases");
  files.texts["/l"] = "ann # not a comment here\n";
  EXPECT_EQ(shown("postmaster"), "box joe / box ann");
  EXPECT_EQ(shown("cmd"), "|/bin/x -a 'b, c' \"d\" as 65534");
  EXPECT_EQ(shown("bare"), "|/bin/y as 65534");
  EXPECT_EQ(shown("a b"), "box joe");
  EXPECT_NE(shown("list").find("/srv/with space as 65534 / bob@far.test"), std::string::npos)
      << shown("list");
}

TEST_F(ExpansionTest, EachDestinationOnce) {
  aliases = "{a = joe, ann, b}, {b = ann, joe, joe@local.test, JOE}";
  EXPECT_EQ(shown("a"), "box joe / box ann");
}

TEST_F(ExpansionTest, Row181AliasToItself) {
  aliases =
      "{joe = joe}, {ann = \\ann, x@far.test}, {eve = eve}, {a = b}, {b = a}, {c = d}, {d = c, "
      "joe}";
  EXPECT_EQ(shown("joe"), "box joe");
  EXPECT_EQ(shown("ann"), "box ann / x@far.test");
  EXPECT_EQ(shown("eve"), "5.4.6 mail forwarding loop for eve@local.test");
  EXPECT_EQ(shown("a"), "5.4.6 mail forwarding loop for a@local.test");
  EXPECT_EQ(shown("c"), "5.4.6 mail forwarding loop for c@local.test / box joe");
}

TEST_F(ExpansionTest, Row181IncludeLoop) {
  aliases = "{list = :include:/l/a}";
  files.texts["/l/a"] = ":include:/l/b\njoe\n";
  files.texts["/l/b"] = ":include:/l/a\n:include:/l/b\nann\n";
  EXPECT_EQ(shown("list"), "box ann / box joe");
}

TEST_F(ExpansionTest, Row181AMillionAddresses) {
  aliases = "{list = :include:/l}";
  options.destination_limit = 1000;
  const auto list = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += fmt::format("u{}@far.test\n", i);
    return out;
  };
  for (const std::size_t count : {998u, 999u}) {  // and the include itself
    files.texts["/l"] = list(count);
    EXPECT_EQ(expand("list").destinations.size(), count);
  }
  for (const std::size_t count : {1000u, 1'000'000u}) {
    files.texts["/l"] = list(count);
    const auto over = expand("list");
    ASSERT_TRUE(over.refusal) << count;
    EXPECT_EQ(over.refusal->status, "4.6.0");
    EXPECT_TRUE(over.destinations.empty());
  }
}

TEST_F(ExpansionTest, Row181WideTreesCostWhatTheLimitSays) {
  options.destination_limit = 5000;
  for (int i = 0; i < 100; ++i)
    files.texts[fmt::format("/l/{}", i)] = [&] {
      std::string out;
      for (int j = 0; j < 100; ++j)
        out += fmt::format(":include:/l/{}\n", j);
      return out;
    }();
  aliases = "{list = :include:/l/0}";
  EXPECT_EQ(shown("list").substr(0, 5), "4.6.0");
}

TEST_F(ExpansionTest, Row181DepthLimit) {
  const auto chain = [&](std::size_t length) {
    aliases.clear();
    for (std::size_t i = 0; i < length; ++i)
      aliases += fmt::format("{{n{} = n{}}}, ", i, i + 1);
    aliases += fmt::format("{{n{} = joe}}", length);
    return shown("n0");
  };
  options.nesting_limit = 20;
  EXPECT_EQ(chain(18), "box joe");
  EXPECT_EQ(chain(19), "box joe");
  EXPECT_EQ(chain(20), "5.4.6 possible alias database loop for joe@local.test");
  EXPECT_EQ(chain(20'000).substr(0, 5), "5.4.6");
}

TEST_F(ExpansionTest, ForwardFiles) {
  files.texts["/home/joe/.forward"] =
      "\\joe, ann, |/bin/x, \"|/bin/y z\", /mail/f, away@far.test\n";
  EXPECT_EQ(shown("joe"),
            "box joe / box ann / |/bin/x as 1106 / |/bin/y z as 1106 / /mail/f as 1106 / "
            "away@far.test");
  EXPECT_EQ(files.readers["/home/joe/.forward"], 1106u);
  files.texts["/home/joe/.forward+ext"] = "ann";
  EXPECT_EQ(shown("joe+ext"), "box ann");
  EXPECT_EQ(shown("\\joe"), "box joe");
  files.texts["/home/ann/.forward"] = "# nothing\n";
  EXPECT_EQ(shown("ann"), "box ann") << "a comment forwards to nobody";
  files.texts["/home/ann/.forward"] = "\n";
  EXPECT_EQ(shown("ann"), "box ann");
  files.texts["/home/ann/.forward"] = "locked";
  EXPECT_EQ(shown("ann"), "4.2.0 not to be read");
}

TEST_F(ExpansionTest, ForwardFilesThatPointAtEachOtherEnd) {
  files.texts["/home/joe/.forward"] = "ann";
  files.texts["/home/ann/.forward"] = "joe";
  EXPECT_EQ(shown("joe"), "box joe");
  files.texts["/home/joe/.forward"] = "joe";
  EXPECT_EQ(shown("joe"), "box joe");
}

TEST_F(ExpansionTest, RootsFilesAreNotRead) {
  files.texts["/root/.forward"] = "joe";
  EXPECT_EQ(shown("root"), "box root");
  EXPECT_TRUE(files.readers.empty());
}

TEST_F(ExpansionTest, Row091AnExtensionOpensNoOtherFile) {
  (void)shown("joe+../../etc/passwd");
  for (const auto& [path, uid] : files.readers) {
    EXPECT_TRUE(path.starts_with("/home/joe/.forward")) << path;
    EXPECT_EQ(path.find('/', 10), std::string::npos) << path;
  }
}

TEST_F(ExpansionTest, WhoMayNameCommandsAndFiles) {
  aliases = "{a = |x}, {b = /f}, {c = :include:/l}";
  files.texts["/l"] = "|x\n/f\njoe\n";
  EXPECT_EQ(shown("c"),
            "5.7.1 mail to command is restricted / 5.7.1 mail to file is restricted / box joe");
  options.commands = *SourceSet::parse({"include"});
  options.files = *SourceSet::parse({});
  EXPECT_EQ(shown("a"), "5.7.1 mail to command is restricted");
  EXPECT_EQ(shown("b"), "5.7.1 mail to file is restricted");
  EXPECT_EQ(shown("c"), "|x as 65534 / 5.7.1 mail to file is restricted / box joe");
  EXPECT_FALSE(SourceSet::parse({"alias", "everything"}));
}

TEST_F(ExpansionTest, IncludesAreReadAndRunAsTheirOwner) {
  const TempTree tree;
  ASSERT_EQ(::getuid(), 0u) << "needs root, to give a file away";
  tree.write("list", "");
  ASSERT_EQ(::chown((tree / "list").c_str(), 4711, 4712), 0);
  options.commands.include = true;
  files.texts[tree / "list"] = "|x\n";
  aliases = "{l = :include:" + (tree / "list") + "}";
  EXPECT_EQ(shown("l"), "|x as 4711");
  EXPECT_EQ(files.readers[tree / "list"], 4711u);
  // Named by a user it is read with that user's rights, whoever owns it.
  files.texts["/home/joe/.forward"] = ":include:" + (tree / "list");
  EXPECT_EQ(shown("joe"), "|x as 1106");
  EXPECT_EQ(files.readers[tree / "list"], 1106u);
}

TEST_F(ExpansionTest, MissingAndRelativeIncludesWaitForTheOperator) {
  aliases = "{a = :include:/missing, joe}, {b = :include:relative}";
  EXPECT_EQ(shown("a"), "4.3.0 no such file");
  EXPECT_EQ(shown("b").substr(0, 5), "4.3.5");
}

TEST_F(ExpansionTest, OwnersOfLists) {
  aliases =
      "{list = joe, x@far.test}, {owner-list = ann}, {outer = list, bob}, {owner-outer = "
      "boss@far.test}, {owner-owner-list = eve}, {none = joe}";
  EXPECT_EQ(shown("list"),
            "box joe owner owner-list@local.test / x@far.test owner owner-list@local.test");
  EXPECT_EQ(shown("outer"),
            "box joe owner owner-list@local.test / x@far.test owner owner-list@local.test / box "
            "bob owner owner-outer@local.test");
  EXPECT_EQ(shown("owner-list"), "box ann") << "an owner has no owner";
  EXPECT_EQ(shown("none"), "box joe");
  options.expand_owner_alias = true;
  EXPECT_EQ(shown("outer").substr(0, 33), "box joe owner ann@local.test / x@");
  options.owner_request_special = false;
  EXPECT_EQ(shown("list"), "box joe / x@far.test");
}

TEST_F(ExpansionTest, BadAddressesFailAlone) {
  aliases = "{a = joe, x@-bad-, @}, {b = \"a}";
  EXPECT_EQ(shown("a"),
            "box joe / 5.1.3 bad address syntax: \"x@-bad-\" / 5.1.3 bad address syntax: \"@\"");
}

TEST_F(ExpansionTest, Row088LocalPartsAreNotExpandedAsMacros) {
  EXPECT_EQ(shown("${run{/bin/touch /tmp/x}}"), "unknown ${run{/bin/touch /tmp/x}}");
  EXPECT_EQ(shown("|/bin/touch /tmp/x"), "unknown |/bin/touch /tmp/x");
  EXPECT_EQ(shown("/tmp/x"), "unknown /tmp/x");
  EXPECT_EQ(shown(":include:/etc/passwd"), "unknown :include:/etc/passwd");
  EXPECT_TRUE(files.readers.empty());
}

}  // namespace
}  // namespace postern::delivery
