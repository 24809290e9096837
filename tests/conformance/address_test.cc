// Addresses by people who collected them: what is valid by RFC 5321 is accepted in MAIL and RCPT,
// what is none at all gets 501 or 553, and header lists are read.
#include "core/mime/address_list.h"
#include "core/smtp/command_parser.h"
#include "tests/conformance/testdata.h"

namespace postern::conformance {
namespace {

std::string element(std::string_view text, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const auto begin = text.find(open);
  const auto end = text.find("</" + std::string(name) + ">");
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  return std::string(text.substr(begin + open.size(), end - begin - open.size()));
}

void put_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xe0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

// XML text; control characters are written as U+2400 + n there.
std::string decode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find(';');
    if (text.front() != '&' || end == std::string_view::npos) {
      out.push_back(text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::string_view entity = text.substr(1, end - 1);
    if (entity.starts_with("#x")) {
      const auto code =
          static_cast<std::uint32_t>(std::stoul(std::string(entity.substr(2)), nullptr, 16));
      put_utf8(out, code >= 0x2400 && code < 0x2420 ? code - 0x2400 : code);
    } else {
      out += entity == "amp" ? "&" : entity == "lt" ? "<" : entity == "gt" ? ">" : "\"";
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

struct Case {
  std::string id, address, category, diagnosis;
};

std::vector<Case> isemail_cases(const std::filesystem::path& file) {
  const std::string text = test::read_text(file).value_or("");
  std::vector<Case> out;
  for (std::size_t at = text.find("<test id="); at != std::string::npos;
       at = text.find("<test id=", at + 1)) {
    const std::string_view body = std::string_view(text).substr(at, text.find("</test>", at) - at);
    const auto quote = body.find('"');
    out.push_back({std::string(body.substr(quote + 1, body.find('"', quote + 1) - quote - 1)),
                   decode(element(body, "address")), element(body, "category"),
                   element(body, "diagnosis")});
  }
  return out;
}

TEST(Addresses, IsemailValidBy5321IsAcceptedAndErrorsAreRefused) {
  POSTERN_NEED_TESTDATA(folder, "addresses/dominicsayers+isemail");
  const auto cases = isemail_cases(folder / "tests.xml");
  ASSERT_GT(cases.size(), 60u);
  std::size_t accepted = 0, refused = 0;
  for (const Case& each : cases) {
    const bool is_valid = each.category == "ISEMAIL_VALID_CATEGORY" ||
                          each.category == "ISEMAIL_DNSWARN" || each.category == "ISEMAIL_RFC5321";
    const bool is_error = each.category == "ISEMAIL_ERR";
    for (const std::string_view verb : {"MAIL FROM:<", "RCPT TO:<"}) {
      const std::string line = std::string(verb) + each.address + ">";
      smtp::CommandOptions options;
      // A dot behind the domain is let through as Postfix does; strictly it is none of SMTP's.
      options.allow_trailing_dot = each.diagnosis != "ISEMAIL_ERR_DOT_END";
      const auto command = smtp::parse_command(line, options);
      if (is_valid) {
        EXPECT_TRUE(command) << each.id << ": " << line << " " << each.diagnosis;
        accepted += command ? 1 : 0;
      }
      if (is_error) {
        // <> is a path, if no address.
        if (each.address.empty() && verb.starts_with("MAIL")) continue;
        EXPECT_FALSE(command) << each.id << ": " << line << " " << each.diagnosis;
        if (command) continue;
        const auto code = command.error().reply.code();
        EXPECT_TRUE(code == 501 || code == 553) << each.id << ": " << code << " " << line;
        ++refused;
      }
    }
  }
  EXPECT_GT(accepted, 30u);
  EXPECT_GT(refused, 50u);
}

TEST(Addresses, WhatOnlyAHeaderMayHoldIsRefusedInThePath) {
  POSTERN_NEED_TESTDATA(folder, "addresses/dominicsayers+isemail");
  for (const Case& each : isemail_cases(folder / "tests.xml")) {
    if (each.category != "ISEMAIL_CFWS") continue;
    const auto command = smtp::parse_command("RCPT TO:<" + each.address + ">", {});
    EXPECT_FALSE(command) << each.id << ": " << each.address;
  }
}

TEST(Addresses, MailboxListsAreReadAsHeaderFields) {
  POSTERN_NEED_TESTDATA(folder, "addresses/mailgun+flanker");
  std::size_t lines = 0, read = 0;
  for (const std::string& line : lines_of(folder / "mailbox_valid.txt")) {
    if (line.empty() || line.front() == '#') continue;
    ++lines;
    const auto list = mime::parse_address_list(line);
    read += list.mailboxes.size() == 1 && list.malformed == 0 ? 1 : 0;
    if (list.mailboxes.size() != 1) ADD_FAILURE() << line;
  }
  EXPECT_GT(lines, 20u);
  EXPECT_EQ(read, lines);
}

}  // namespace
}  // namespace postern::conformance
