// Commands and engine over a real unix socket.
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/unique_fd.h"
#include "core/tools/admin_client.h"
#include "tests/unit/tools/admin_site.h"

namespace postern::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AdminRoundTrip, ListsTheQueue) {
  AdminSite engine;
  engine.start();
  const std::string one = engine.put({"u1@c.example", "u2@d.example"}).to_string();
  const std::string two = engine.put({"u3@c.example"}, "").to_string();
  const Ran all = engine.site.run("mailq", {});
  EXPECT_EQ(all.status, EX_OK) << all.err;
  EXPECT_EQ(all.err, "");
  EXPECT_THAT(all.out, HasSubstr(one + "!"));
  EXPECT_THAT(all.out, HasSubstr(two + "!"));
  EXPECT_THAT(all.out, HasSubstr("MAILER-DAEMON"));
  EXPECT_THAT(all.out, HasSubstr("-- 0 Kbytes in 2 Requests.\n"));
  EXPECT_EQ(engine.site.run("postqueue", {"-p"}).out.size(), all.out.size());

  const Ran json = engine.site.run("postqueue", {"-j"});
  EXPECT_EQ(std::ranges::count(json.out, '\n'), 2);
  EXPECT_THAT(engine.site.run("postern list", {"--sender", "A@home.example"}).out,
              ::testing::AllOf(HasSubstr(one), Not(HasSubstr(two))));
  EXPECT_THAT(engine.site.run("postern list", {"--sender="}).out,
              ::testing::AllOf(HasSubstr(two), Not(HasSubstr(one))));
  EXPECT_THAT(engine.site.run("postern list", {"--recipient", "u3@c.example"}).out,
              ::testing::AllOf(HasSubstr(two), Not(HasSubstr(one))));
  EXPECT_THAT(engine.site.run("postern list", {"--destination", "d.example"}).out,
              ::testing::AllOf(HasSubstr(one), Not(HasSubstr(two))));
  EXPECT_THAT(engine.site.run("postern list", {one}).out, Not(HasSubstr(two)));
}

TEST(AdminRoundTrip, AMessageOfManyRecipientsComesInParts) {
  AdminSite engine;
  engine.start();
  std::vector<std::string> to;
  for (int i = 0; i < 20'000; ++i)
    to.push_back(fmt::format("recipient-{}@domain.example", i));
  const QueueId id = engine.put(to);
  const auto client = AdminClient::connect(engine.socket());
  ASSERT_TRUE(client) << client.error().describe();
  std::vector<QueuedMessage> seen;
  ASSERT_TRUE((*client)->list({}, [&seen](QueuedMessage message) {
    seen.push_back(std::move(message));
    return true;
  }));
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].queue_id, id.to_string());
  ASSERT_EQ(seen[0].recipients.size(), to.size());
  EXPECT_EQ(seen[0].recipients.back().forward_path, to.back());
}

TEST(AdminRoundTrip, ManyMessagesAndAListingThatIsLeft) {
  AdminSite engine;
  engine.start();
  for (int i = 0; i < 700; ++i)
    engine.put({"u@c.example"});
  const auto client = AdminClient::connect(engine.socket());
  ASSERT_TRUE(client);
  std::size_t count = 0;
  ASSERT_TRUE((*client)->list({}, [&count](const QueuedMessage&) { return ++count < 10; }));
  EXPECT_EQ(count, 10u);
  count = 0;
  ASSERT_TRUE((*client)->list({}, [&count](const QueuedMessage&) { return ++count > 0; }));
  EXPECT_EQ(count, 700u);
  const auto summary = (*client)->summarize({});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->domains.at("c.example").total, 700u);
}

TEST(AdminRoundTrip, ShowsEnvelopeAndContent) {
  AdminSite engine;
  engine.start();
  const std::string body(300'000, 'x');
  const std::string id =
      engine.put({"u1@c.example"}, "a@home.example", "Subject: x\r\nA: b\r\n\r\n" + body + "\r\n")
          .to_string();
  const Ran all = engine.site.run("postcat", {"-q", id});
  EXPECT_EQ(all.status, EX_OK) << all.err;
  EXPECT_THAT(all.out, HasSubstr("*** ENVELOPE RECORDS " + id + " ***\nmessage_size:"));
  EXPECT_THAT(all.out, HasSubstr("\nnamed_attribute: log_client_address=192.0.2.7\n"));
  EXPECT_THAT(all.out, HasSubstr("\nsender: a@home.example\n"));
  EXPECT_THAT(all.out, HasSubstr("\nrecipient: u1@c.example\n*** MESSAGE CONTENTS"));
  EXPECT_THAT(all.out, HasSubstr("*** MESSAGE FILE END " + id + " ***\n"));
  EXPECT_EQ(engine.site.run("postcat", {"-hq", id}).out, "Subject: x\nA: b\n");
  EXPECT_EQ(engine.site.run("postcat", {"-bq", id}).out, "\n" + body + "\n");
  EXPECT_EQ(engine.site.run("postcat", {"-bhq", id}).out, "Subject: x\nA: b\n\n" + body + "\n");
  EXPECT_THAT(engine.site.run("postcat", {"-eq", id}).out, Not(HasSubstr("xxx")));
  const auto json = nlohmann::json::parse(engine.site.run("postern show", {"--json", id}).out);
  EXPECT_EQ(json["client"]["address"], "192.0.2.7");
  EXPECT_EQ(engine.site.run("postcat", {"-q", "12345"}).status, EX_NOINPUT);
  EXPECT_EQ(engine.site.run("postcat", {"-q", "../x"}).status, EX_DATAERR);
}

TEST(AdminRoundTrip, VerbsChangeTheQueue) {
  AdminSite engine;
  engine.start();
  const std::string one = engine.put({"u1@c.example"}).to_string();
  const std::string two = engine.put({"u2@d.example"}).to_string();
  const std::string three = engine.put({"u3@e.example"}, "b@x.example").to_string();
  const Ran deleted = engine.site.run("postsuper", {"-d", one});
  EXPECT_EQ(deleted.status, EX_OK) << deleted.err;
  EXPECT_EQ(deleted.err, "postsuper: Deleted: 1 message\n");
  EXPECT_EQ(engine.site.run("postsuper", {"-d", one}).err, "postsuper: Deleted: 0 messages\n");
  EXPECT_EQ(engine.site.run("postern release", {two}).out, "Released from hold: 1 message\n");
  EXPECT_EQ(engine.site.run("postern hold", {"--destination", "d.example"}).out,
            "Placed on hold: 1 message\n");
  // Ids as mailq prints them, with their marks and what stands behind.
  EXPECT_EQ(engine.site.run("postsuper", {"-d", "-"}, two + "!  133 Wed Nov\n\n").err,
            "postsuper: Deleted: 1 message\n");
  EXPECT_EQ(engine.site.run("postern delete", {"--sender", "b@x.example"}).out,
            "Deleted: 1 message\n");
  EXPECT_EQ(engine.site.run("mailq", {}).out, "Mail queue is empty\n");
}

TEST(AdminRoundTrip, AVerbNeedsToBeToldWhat) {
  AdminSite engine;
  engine.start();
  const std::string id = engine.put({"u1@c.example"}).to_string();
  EXPECT_EQ(engine.site.run("postern delete", {}).status, EX_USAGE);
  EXPECT_EQ(engine.site.run("postern delete", {"--sender", "x", id}).status, EX_USAGE);
  EXPECT_EQ(engine.site.run("postsuper", {"-d", "all"}).status, EX_DATAERR);
  EXPECT_EQ(engine.site.run("postsuper", {"-d", "-"}, id + "\nnonsense\n").status, EX_DATAERR);
  EXPECT_EQ(engine.site.run("postsuper", {"-d", "ALL", "deferred"}).status, EX_DATAERR);
  EXPECT_THAT(engine.site.run("mailq", {}).out, HasSubstr(id));
  EXPECT_EQ(engine.site.run("postsuper", {"-d", "ALL"}).err, "postsuper: Deleted: 1 message\n");
}

TEST(AdminRoundTrip, FlushDeliversNowAndTheReasonIsShown) {
  AdminSite engine;
  engine.start();
  const std::string id = engine.put({"u1@c.example"}).to_string();
  EXPECT_EQ(engine.site.run("postern release", {id}).status, EX_OK);
  // The attempt runs on other threads; it is waited for by asking.
  for (int i = 0; i < 2000; ++i)
    if (engine.site.run("mailq", {}).out.find("Connection refused)") != std::string::npos) break;
  const Ran listed = engine.site.run("mailq", {});
  EXPECT_THAT(listed.out, HasSubstr("(connect to mx.example[192.0.2.1]:25: Connection refused)"));
  EXPECT_EQ(engine.site.run("postqueue", {"-f"}).status, EX_OK);
  EXPECT_EQ(engine.site.run("sendmail", {"-q"}).status, EX_OK);
  EXPECT_EQ(engine.site.run("postqueue", {"-i", id}).status, EX_OK);
  EXPECT_EQ(engine.site.run("postqueue", {"-i", "12345"}).status, EX_NOINPUT);
  EXPECT_EQ(engine.site.run("postqueue", {"-s", "c.example"}).status, EX_OK);
  EXPECT_THAT(engine.site.run("postern lanes", {}).out, HasSubstr("c.example"));
}

TEST(AdminRoundTrip, StatusAndReload) {
  AdminSite engine;
  engine.start();
  engine.put({"u1@c.example"});
  const Ran status = engine.site.run("postern status", {});
  EXPECT_EQ(status.status, EX_OK) << status.err;
  EXPECT_THAT(status.out, HasSubstr("1.2.3 running since"));
  EXPECT_THAT(status.out, HasSubstr("0 waiting, 0 active, 1 held"));
  EXPECT_EQ(nlohmann::json::parse(engine.site.run("postern status", {"--json"}).out)["sessions"],
            7);
  const Ran good = engine.site.run("postern reload", {});
  EXPECT_EQ(good.status, EX_OK);
  EXPECT_THAT(good.err, HasSubstr("main.cf:1: warning: a word"));
  engine.is_reload_good = false;
  EXPECT_EQ(engine.site.run("postern reload", {}).status, EX_CONFIG);
}

TEST(AdminRoundTrip, WithoutAnEngineTheSpoolIsRead) {
  AdminSite engine;
  engine.start();
  const std::string id = engine.put({"u1@c.example"}).to_string();
  engine.stop_engine();
  const Ran listed = engine.site.run("mailq", {});
  EXPECT_EQ(listed.status, EX_OK) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr(id + "!"));
  EXPECT_THAT(listed.err, HasSubstr("Mail system is down -- accessing queue directly"));
  EXPECT_EQ(engine.site.run("postcat", {"-bhq", id}).out, "Subject: x\n\nbody\n");
  EXPECT_THAT(engine.site.run("postern summary", {}).out, HasSubstr("c.example"));
  EXPECT_EQ(engine.site.run("postsuper", {"-d", id}).status, EX_UNAVAILABLE);
  const Ran status = engine.site.run("postern status", {});
  EXPECT_EQ(status.status, EX_UNAVAILABLE);
  EXPECT_THAT(status.out, HasSubstr("queued:      1\n"));
  EXPECT_EQ(engine.site.run("postern reload", {}).status, EX_UNAVAILABLE);

  const TempDir out;
  const Ran exported = engine.site.run("postern queue", {"export", "-d", out.path()});
  EXPECT_EQ(exported.out, "Exported: 1 message\n") << exported.err;
  EXPECT_EQ(run_shell("cat '" + (out / (id + ".eml")) + "'").out, "Subject: x\r\n\r\nbody\r\n");
  const auto json = nlohmann::json::parse(run_shell("cat '" + (out / (id + ".json")) + "'").out);
  EXPECT_EQ(json["recipients"][0]["forward_path"], "u1@c.example");
  // Nothing that is there already is overwritten.
  EXPECT_EQ(engine.site.run("postern queue", {"export", "-d", out.path()}).status, EX_CANTCREAT);
  EXPECT_EQ(engine.site.run("postern queue", {"corrupt"}).status, EX_OK);
}

TEST(AdminRoundTrip, WithoutAnEngineAndWithoutASpool) {
  const ToolsSite site;
  EXPECT_EQ(site.run("mailq", {}).out, "Mail queue is empty\n");
  EXPECT_EQ(site.run("postern status", {}).status, EX_UNAVAILABLE);
}

TEST(AdminAccess, ByUserAndGroup) {
  engine::AdminOptions options;
  options.changers = {1001};
  options.reader_group = 2000;
  using engine::AdminAccess;
  constexpr uid_t kEngine = 500;
  const auto access = [&](uid_t user, gid_t group, std::vector<gid_t> groups) {
    return engine::access_of({user, group, std::move(groups)}, options, kEngine);
  };
  EXPECT_EQ(access(0, 9, {}), AdminAccess::kChange);
  EXPECT_EQ(access(kEngine, 9, {}), AdminAccess::kChange);
  EXPECT_EQ(access(1001, 9, {}), AdminAccess::kChange);
  EXPECT_EQ(access(1002, 2000, {}), AdminAccess::kRead);
  EXPECT_EQ(access(1002, 9, {1, 2000}), AdminAccess::kRead);
  EXPECT_EQ(access(1002, 9, {1, 2}), AdminAccess::kNone);
  options.reader_group.reset();
  EXPECT_EQ(access(1002, 2000, {2000}), AdminAccess::kNone);
}

// Runs `work` as another user in a child, where what it returns is the exit status.
int as_user(uid_t user, gid_t group, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// gRPC can't go on after fork(2), so the child starts the program; a copy, since other users may
// not get at the build's directory.
int tool_as(uid_t user, gid_t group, const ToolsSite& site, const char* name,
            std::vector<std::string> arguments) {
  const std::string program = site.dir / name;
  std::filesystem::copy_file(
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "postern", program,
      std::filesystem::copy_options::overwrite_existing);
  return as_user(user, group, [&] {
    arguments.insert(arguments.begin(),
                     {program, std::string(name) == "mailq" ? "-C" : "-c", site.dir.path()});
    std::vector<char*> argv;
    for (std::string& each : arguments)
      argv.push_back(each.data());
    argv.push_back(nullptr);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd)
      ::dup2(null, fd);
    ::execv(program.c_str(), argv.data());
    return 98;
  });
}

TEST(AdminAccess, TheKernelDecidesWhoMay) {
  ASSERT_EQ(::geteuid(), 0u) << "needs root";
  AdminSite engine;
  static constexpr gid_t kReaders = 54321;
  engine.start([](engine::AdminOptions& options) {
    options.changers = {40001};
    options.reader_group = kReaders;
  });
  for (const std::string& each : {engine.site.dir.path(), engine.site.queue + "/private"})
    std::filesystem::permissions(each, std::filesystem::perms(0755));
  const std::string id = engine.put({"u1@c.example"}).to_string();
  // A stranger: hung up on.
  EXPECT_EQ(tool_as(40002, 40002, engine.site, "mailq", {}), EX_UNAVAILABLE);
  EXPECT_EQ(tool_as(40002, 40002, engine.site, "postsuper", {"-d", id}), EX_UNAVAILABLE);
  // A reader looks, and changes nothing.
  EXPECT_EQ(tool_as(40002, kReaders, engine.site, "mailq", {}), EX_OK);
  EXPECT_EQ(tool_as(40002, kReaders, engine.site, "postsuper", {"-d", id}), EX_NOPERM);
  EXPECT_THAT(engine.site.run("mailq", {}).out, HasSubstr(id));
  // One of admin_users.
  EXPECT_EQ(tool_as(40001, 40001, engine.site, "postsuper", {"-d", id}), EX_OK);
  EXPECT_EQ(engine.site.run("mailq", {}).out, "Mail queue is empty\n");
}

UniqueFd connect_raw(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

TEST(AdminSocket, GarbageAndSilenceHurtNobody) {
  AdminSite engine;
  engine.start();
  std::vector<UniqueFd> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(connect_raw(engine.socket()));
    if (i % 2 == 0) {
      const std::string garbage(5000, static_cast<char>(i));
      EXPECT_GT(::send(others.back().get(), garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
    }
  }
  EXPECT_EQ(engine.site.run("mailq", {}).out, "Mail queue is empty\n");
}

TEST(AdminSocket, ConnectionsAreBoundedAndGivenBack) {
  AdminSite engine;
  engine.start([](engine::AdminOptions& options) { options.max_connections = 4; });
  for (int round = 0; round < 3; ++round) {
    std::vector<UniqueFd> others;
    for (int i = 0; i < 4; ++i)
      others.push_back(connect_raw(engine.socket()));
    others.clear();
    EXPECT_EQ(engine.site.run("mailq", {}).status, EX_OK);
  }
}

TEST(AdminSocket, OneEngineForEachSocket) {
  AdminSite engine;
  engine.start();
  engine::AdminOptions options;
  options.socket_path = engine.socket();
  const auto second = engine::AdminService::start(engine, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kExists);
  engine.service->stop();
  EXPECT_FALSE(std::filesystem::exists(engine.socket()));
  // What a killed engine leaves is replaced; what is no socket is not.
  {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    engine.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    const UniqueFd left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  engine.start();
  EXPECT_EQ(engine.site.run("mailq", {}).status, EX_OK);
  engine.service.reset();
  std::ofstream(engine.socket()) << "precious";
  EXPECT_EQ(engine::AdminService::start(engine, options).error().kind, ErrorKind::kInvalid);
  options.socket_path = "/" + std::string(200, 'x');
  EXPECT_EQ(engine::AdminService::start(engine, options).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace postern::tools
