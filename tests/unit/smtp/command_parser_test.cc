#include "core/smtp/command_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "core/smtp/foreign_protocol.h"

namespace postern::smtp {
namespace {

using namespace std::string_literals;

template <typename T>
T parsed(std::string_view line, const CommandOptions& options = {}) {
  auto command = parse_command(line, options);
  EXPECT_TRUE(command) << line;
  if (!command || !std::holds_alternative<T>(*command)) {
    ADD_FAILURE() << line;
    return {};
  }
  return std::get<T>(*command);
}

int code_of(std::string_view line, const CommandOptions& options = {}) {
  const auto command = parse_command(line, options);
  return command ? 250 : command.error().reply.code();
}

TEST(CommandParser, VerbsAreFoundInAnyCase) {
  EXPECT_EQ(parsed<HelloCommand>("ehlo Client.Example").name, "Client.Example");
  EXPECT_TRUE(parsed<HelloCommand>("EHLO client.example").is_valid_name);
  EXPECT_FALSE(parsed<HelloCommand>("HELO what!ever").is_valid_name);
  EXPECT_TRUE(parsed<HelloCommand>("LHLO [192.0.2.1]").is_valid_name);
  EXPECT_EQ(parsed<HelloCommand>("LHLO x").verb, Verb::kLhlo);
  parsed<DataCommand>("dAtA");
  parsed<RsetCommand>("RSET ");
  parsed<NoopCommand>("NOOP anything at all");
  parsed<QuitCommand>("QUIT");
  parsed<StartTlsCommand>("STARTTLS");
  EXPECT_EQ(parsed<HelpCommand>("HELP MAIL").argument, "MAIL");
  EXPECT_EQ(parsed<UnknownCommand>("XYZZY now").verb, "XYZZY");
  EXPECT_EQ(parsed<UnknownCommand>("").verb, "");
  EXPECT_EQ(parsed<UnknownCommand>("MAILFROM:<a@b>").verb, "MAILFROM:<a@b>");
}

TEST(CommandParser, VerbOfACommandIsTheVerbOfItsLine) {
  for (const char* line : {"HELO a", "EHLO a", "LHLO a", "MAIL FROM:<>", "RCPT TO:<a@b>", "DATA",
                           "BDAT 1", "RSET", "NOOP", "QUIT", "VRFY a", "EXPN a", "HELP", "STARTTLS",
                           "AUTH PLAIN", "ETRN a.b", "XCLIENT NAME=a", "XFORWARD NAME=a", "WHAT"}) {
    const auto command = parse_command(line, {});
    ASSERT_TRUE(command) << line;
    EXPECT_EQ(verb_of(*command), verb_of(std::string_view(line))) << line;
  }
}

TEST(CommandParser, MissingAndSuperfluousArguments) {
  for (const char* line : {"EHLO",
                           "HELO ",
                           "EHLO a b",
                           "MAIL",
                           "MAIL FROM",
                           "MAIL FROM:",
                           "MAIL <a@b>",
                           "RCPT TO:",
                           "RCPT FROM:<a@b>",
                           "DATA now",
                           "RSET x",
                           "QUIT x",
                           "STARTTLS x",
                           "VRFY",
                           "EXPN",
                           "AUTH",
                           "AUTH PLAIN a b",
                           "ETRN",
                           "MAIL FROM:<a@b>SIZE=1",
                           "MAIL FROM:<a@b>x",
                           "XCLIENT",
                           "XFORWARD NAME",
                           "RCPT TO:<>",
                           "MAIL FROM:a@b"})
    EXPECT_EQ(code_of(line), 501) << line;
}

TEST(CommandParser, MailTakesItsParameters) {
  const auto mail =
      parsed<MailCommand>("MAIL FROM: <a@b> SIZE=1000 body=8bitmime RET=HDRS ENVID=x+2By SMTPUTF8");
  EXPECT_EQ(mail.path->to_wire(), "a@b");
  EXPECT_EQ(mail.size, 1000u);
  EXPECT_EQ(mail.body, mail::BodyType::kEightBitMime);
  EXPECT_EQ(mail.ret, mail::DsnReturn::kHeaders);
  EXPECT_EQ(mail.envid, "x+y");
  EXPECT_TRUE(mail.smtputf8);
  EXPECT_FALSE(parsed<MailCommand>("MAIL FROM:<>").path);
  EXPECT_EQ(parsed<MailCommand>("MAIL FROM:<> AUTH=<>", {.auth = true}).auth, "");
  EXPECT_EQ(parsed<MailCommand>("MAIL FROM:<> AUTH=e+3Dmc2@x.example", {.auth = true}).auth,
            "e=mc2@x.example");
}

TEST(CommandParser, RcptTakesItsParameters) {
  const auto rcpt =
      parsed<RcptCommand>("RCPT TO:<@r:\"a b\"@c> NOTIFY=SUCCESS,delay ORCPT=rfc822;a+2Bb@c");
  EXPECT_EQ(rcpt.path.to_wire(), "\"a b\"@c");
  EXPECT_EQ(rcpt.as_given, "@r:\"a b\"@c");
  EXPECT_EQ(rcpt.notify, mail::DsnNotify::kSuccess | mail::DsnNotify::kDelay);
  EXPECT_EQ(rcpt.orcpt, "rfc822;a+b@c");
  EXPECT_EQ(parsed<RcptCommand>("RCPT TO:<postmaster>").path.to_wire(), "postmaster");
  EXPECT_EQ(parsed<RcptCommand>("RCPT TO:<a@b> ORCPT=utf-8;\\x{FC}@c").orcpt, "utf-8;\xC3\xBC@c");
}

TEST(CommandParser, Row022BareCarriageReturnIsOneBadCommand) {
  EXPECT_EQ(code_of("MAIL FROM:<a@b>\rRCPT TO:<c@d>"), 501);
  EXPECT_EQ(code_of("MAIL FROM:<a@b>\nRCPT TO:<c@d>"), 501);
  EXPECT_EQ(code_of("NOOP\r"), 501);
}

TEST(CommandParser, Row023And040OctetsThatNoCommandMayHold) {
  for (const std::string& line :
       {"NOOP \0"s, "\0"s, "MAIL\0FROM:<a@b>"s, "NOOP \xFF"s, "\xC3\xBC"s, "EHLO \xC3\xBC.example"s,
        "NOOP \x1B[2J"s, "NOOP\tx"s, "\x7F"s, "MAIL FROM:<a\xFF@b>"s})
    EXPECT_EQ(code_of(line), 501) << line;
}

TEST(CommandParser, Row032NonAsciiVrfyNeedsSmtputf8) {
  EXPECT_EQ(code_of("VRFY \xC3\xBC@d"), 553);
  EXPECT_TRUE(parsed<VrfyCommand>("VRFY \xC3\xBC@d SMTPUTF8").smtputf8);
  EXPECT_EQ(parsed<ExpnCommand>("EXPN list SMTPUTF8").argument, "list");
  EXPECT_EQ(code_of("VRFY \xC3\xBC@d SMTPUTF8", {.smtputf8 = false}), 553);
}

TEST(CommandParser, Utf8AddressesNeedTheParameter) {
  EXPECT_EQ(code_of("MAIL FROM:<\xC3\xBC@d>"), 553);
  EXPECT_EQ(code_of("MAIL FROM:<\xC3\xBC@d> SMTPUTF8"), 250);
  EXPECT_EQ(code_of("MAIL FROM:<a@d> SMTPUTF8", {.smtputf8 = false}), 555);
  EXPECT_EQ(code_of("MAIL FROM:<a@d> SMTPUTF8=1"), 501);
  EXPECT_EQ(code_of("RCPT TO:<\xC3\xBC@d>"), 553);
  EXPECT_EQ(code_of("RCPT TO:<\xC3\xBC@d>", {.transaction_uses_smtputf8 = true}), 250);
}

TEST(CommandParser, Row036BdatSizes) {
  EXPECT_EQ(parsed<BdatCommand>("BDAT 0 LAST").last, true);
  EXPECT_EQ(parsed<BdatCommand>("bdat 10 last").size, 10u);
  EXPECT_EQ(parsed<BdatCommand>("BDAT 9223372036854775807").size, 9223372036854775807u);
  for (const char* line :
       {"BDAT", "BDAT -1", "BDAT +5", "BDAT 1e9", "BDAT 9223372036854775808", "BDAT 0x10",
        "BDAT 11111111111111111111", "BDAT 5 6", "BDAT 5 LAST x", "BDAT 5LAST", "BDAT LAST"})
    EXPECT_EQ(code_of(line), 501) << line;
}

TEST(CommandParser, Row042RepeatedAndUnknownParameters) {
  for (const char* line :
       {"MAIL FROM:<a@b> SIZE=1 SIZE=1", "MAIL FROM:<a@b> SIZE=abc", "MAIL FROM:<a@b> SIZE",
        "MAIL FROM:<a@b> SIZE=", "MAIL FROM:<a@b> SIZE=-1", "MAIL FROM:<a@b> BODY=9BIT",
        "MAIL FROM:<a@b> RET=ALL", "MAIL FROM:<a@b> BODY=BINARYMIME",
        "RCPT TO:<a@b> NOTIFY=NEVER,DELAY", "RCPT TO:<a@b> NOTIFY=DELAY,DELAY",
        "RCPT TO:<a@b> NOTIFY=", "RCPT TO:<a@b> NOTIFY=DELAY,",
        "RCPT TO:<a@b> NOTIFY=DELAY NOTIFY=DELAY"})
    EXPECT_EQ(code_of(line), 501) << line;
  for (const char* line : {"MAIL FROM:<a@b> FOO", "MAIL FROM:<a@b> FOO=1", "RCPT TO:<a@b> SIZE=1",
                           "MAIL FROM:<a@b> AUTH=<>", "MAIL FROM:<a@b> =", "RCPT TO:<a@b> x y"})
    EXPECT_EQ(code_of(line), 555) << line;
  EXPECT_EQ(code_of("MAIL FROM:<a@b> SIZE=1", {.size = false}), 555);
  EXPECT_EQ(code_of("RCPT TO:<a@b> NOTIFY=NEVER", {.dsn = false}), 555);
}

TEST(CommandParser, Row043DsnParametersAreBoundedAndClean) {
  EXPECT_EQ(code_of("MAIL FROM:<a@b> ENVID=" + std::string(100, 'x')), 250);
  for (const std::string& value :
       {"+00"s, "a+0Ab"s, std::string(101, 'x'), std::string(10'240, 'x'), ""s})
    EXPECT_EQ(code_of("MAIL FROM:<a@b> ENVID=" + value), 501) << value;
  EXPECT_EQ(code_of("RCPT TO:<a@b> ORCPT=rfc822;" + std::string(493, 'x')), 250);
  for (const std::string& value :
       {"rfc822;+00"s, "rfc822;a+0Ab"s, "rfc822;" + std::string(494, 'x'), "rfc822"s, "rfc822;"s,
        ";a@b"s, "rfc822;" + std::string(10'240, 'x'), "utf-8;\\x{0A}"s})
    EXPECT_EQ(code_of("RCPT TO:<a@b> ORCPT=" + value), 501) << value;
}

TEST(CommandParser, Row081And087BadPathsAre501) {
  for (const std::string& path : {"<a b@c>"s, "<<>>"s, "a@b"s, "<a@b"s, "<;sleep 66;>"s,
                                  "<u@ext:25>"s, "<user>"s, "<a@[0x7f.1]>"s}) {
    EXPECT_EQ(code_of("MAIL FROM:" + path), 501) << path;
    EXPECT_EQ(code_of("RCPT TO:" + path), 501) << path;
  }
  EXPECT_EQ(code_of("RCPT TO:<user>", {.allow_bare_local_part = true}), 250);
}

TEST(CommandParser, Row086EtrnTakesOnlyDomains) {
  EXPECT_EQ(parsed<EtrnCommand>("ETRN @example.com").domain, "@example.com");
  EXPECT_EQ(code_of("ETRN a';--"), 501);
  EXPECT_EQ(code_of("ETRN " + std::string(10'240, 'a')), 501);
}

TEST(CommandParser, AuthTakesMechanismAndInitialResponse) {
  const auto auth = parsed<AuthCommand>("AUTH plain AGEAYg==");
  EXPECT_EQ(auth.mechanism, "PLAIN");
  EXPECT_EQ(auth.initial_response, "AGEAYg==");
  EXPECT_FALSE(parsed<AuthCommand>("AUTH LOGIN").initial_response);
  EXPECT_EQ(code_of("AUTH PL;AIN"), 501);
  EXPECT_EQ(code_of("AUTH " + std::string(21, 'A')), 501);
}

TEST(CommandParser, XclientAttributesAreDecodedAndBounded) {
  const auto xclient = parsed<XclientCommand>("XCLIENT NAME=a+2Bb addr=IPV6:::1 LOGIN=");
  ASSERT_EQ(xclient.attributes.size(), 3u);
  EXPECT_EQ(xclient.attributes[0], (std::pair<std::string, std::string>("NAME", "a+b")));
  EXPECT_EQ(xclient.attributes[1].first, "ADDR");
  for (const std::string& line :
       {"XCLIENT NAME=a+0Ab"s, "XCLIENT FOO=1"s, "XFORWARD NAME=" + std::string(256, 'a')})
    EXPECT_EQ(code_of(line), 501) << line;
}

TEST(CommandParser, Row097LongArgumentsAreLinear) {
  EXPECT_EQ(code_of("NOOP " + std::string(2'000'000, 'x')), 250);
  EXPECT_EQ(code_of("MAIL FROM:<" + std::string(2'000'000, 'x') + "@b>"), 501);
  EXPECT_EQ(code_of("MAIL FROM:<a@b>" + std::string(2'000'000, ' ')), 250);
}

TEST(ForeignProtocol, Row041OtherProtocolsAreTold) {
  using enum ForeignProtocol;
  EXPECT_EQ(detect_foreign_protocol("GET / HTTP/1.1"), kHttp);
  EXPECT_EQ(detect_foreign_protocol("post / HTTP/1.1"), kHttp);
  EXPECT_EQ(detect_foreign_protocol("CONNECT a:25 HTTP/1.0"), kHttp);
  EXPECT_EQ(detect_foreign_protocol("Subject: x"), kMessageHeader);
  EXPECT_EQ(detect_foreign_protocol("Host:x"), kMessageHeader);
  EXPECT_EQ(detect_foreign_protocol("\x16\x03\x01\x02"), kTls);
  for (const char* line : {"EHLO a", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "", ":", "GETX"})
    EXPECT_EQ(detect_foreign_protocol(line), kNone) << line;
}

}  // namespace
}  // namespace postern::smtp
