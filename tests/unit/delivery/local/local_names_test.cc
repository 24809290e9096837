// What strangers choose never becomes a path or shell text.
#include "core/delivery/local/local_names.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/delivery/local/user_command.h"

namespace postern::delivery {
namespace {

const SystemUser kJoe{"joe", "/home/joe", "/bin/sh", {1000, 1000}};

LocalNames names(const std::string& local_part = "joe+ext", const SystemUser* user = &kJoe) {
  return {user, mail::Mailbox(local_part, "example.com"), "+"};
}

TEST(LocalNames, ForwardPathOfPostfix) {
  const std::string pattern = "$home/.forward${recipient_delimiter}${extension}";
  EXPECT_EQ(expand_names(pattern, names()), "/home/joe/.forward+ext");
  EXPECT_EQ(expand_names(pattern, names("joe")), "/home/joe/.forward");
  EXPECT_EQ(expand_names("/var/forward/$user", names()), "/var/forward/joe");
}

TEST(LocalNames, Conditions) {
  EXPECT_EQ(expand_names("${extension?x-$extension}${extension:none}", names()), "x-ext");
  EXPECT_EQ(expand_names("${extension?x-$extension}${extension:none}", names("joe")), "none");
  EXPECT_EQ(expand_names("$(user) $$ $nosuch$", names()), "joe $ $");
  EXPECT_EQ(expand_names("${open", names()), "");
}

TEST(LocalNames, Row091AnExtensionIsNoPathAndNoName) {
  EXPECT_EQ(expand_names("$home/.forward+$extension", names("joe+../../root")),
            "/home/joe/.forward+.._.._root");
  EXPECT_EQ(expand_names("$extension", names("joe+$home")), "_home");
  EXPECT_EQ(expand_names("$extension", names("joe+`id`;$(id)|'\"\n")), "_id____id_____");
  EXPECT_EQ(expand_names("$local", names("a b\xC3\xBC")), "a_b__");
}

TEST(LocalNames, NestingAndSizeEnd) {
  std::string deep = "x";
  for (int i = 0; i < 1000; ++i)
    deep = "${user?" + deep + "}";
  EXPECT_EQ(expand_names(deep, names()), "");
  std::string wide;
  for (int i = 0; i < 100'000; ++i)
    wide += "$home";
  EXPECT_LT(expand_names(wide, names()).size(), 200'000u);
}

TEST(UserCommand, PlainLinesNeedNoShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(command_words("/usr/bin/vacation -a joe", ""),
            (Words{"/usr/bin/vacation", "-a", "joe"}));
  for (const auto line : {"/bin/x \"$EXTENSION\"", "a | b", "exec /bin/x", "A=1 /bin/x", "x; y",
                          "x > y", "cd /tmp", "! x", "x *", "x ~"})
    EXPECT_EQ(command_words(line, ""), (Words{"/bin/sh", "-c", line})) << line;
  EXPECT_EQ(command_words("/bin/x y", "/bin/bash -c"), (Words{"/bin/bash", "-c", "/bin/x y"}));
}

TEST(UserCommand, Row087EnvironmentHoldsNoShellText) {
  mail::Envelope envelope;
  envelope.reverse_path = mail::Mailbox(";sleep 66;", "");
  envelope.client.helo = "() { :;}; touch /tmp/x";
  const auto environment =
      command_environment({"PATH=/bin"}, names("joe+`x`"), envelope, "\"$(id)\"@example.com");
  for (const auto& each : environment) {
    const auto value = each.substr(each.find('=') + 1);
    if (each.starts_with("HOME=") || each.starts_with("SHELL=") || each.starts_with("PATH="))
      continue;
    EXPECT_EQ(value.find_first_of(";`$(){}|<>'\"\\ \n"), std::string::npos) << each;
  }
  const auto has = [&](std::string_view line) {
    return std::ranges::find(environment, line) != environment.end();
  };
  EXPECT_TRUE(has("SENDER=_sleep_66_"));
  EXPECT_TRUE(has("HOME=/home/joe"));
  EXPECT_TRUE(has("USER=joe"));
  EXPECT_TRUE(has("EXTENSION=_x_"));
  EXPECT_TRUE(has("DOMAIN=example.com"));
  envelope.reverse_path = std::nullopt;
  const auto of_null_sender = command_environment({}, names(), envelope, "");
  EXPECT_TRUE(std::ranges::find(of_null_sender, "SENDER=MAILER-DAEMON") != of_null_sender.end());
}

}  // namespace
}  // namespace postern::delivery
