// Milter: packet captures of Postfix 2.5 with its own test filter, both directions, and the
// go-milter library's cases, whose filter's actions are made here as its packets.
#include <cctype>

#include "core/mail/envelope_changes.h"
#include "core/milter/dialogue.h"
#include "core/milter/packet_writer.h"
#include "core/milter/reply_parser.h"
#include "core/mime/message_changes.h"
#include "tests/conformance/testdata.h"

namespace postern::conformance {
namespace {

using namespace postern::milter;
using namespace std::string_literals;

// --- captures -----------------------------------------------------------------------------------

struct Write {
  bool is_from_filter = false;
  std::string octets;
};

// The hexadecimal columns of a log; the filter's writes are indented.
std::vector<Write> read_capture(const std::filesystem::path& path) {
  std::vector<Write> out;
  for (const std::string& line : lines_of(path)) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string::npos) continue;
    const std::string_view text = std::string_view(line).substr(indent);
    if (text.starts_with("Data (")) {
      out.push_back({indent > 0, ""});
    } else if (!out.empty() && text.size() > 6 && std::isxdigit(text[0]) && text[4] == ' ') {
      for (std::size_t at = 6; at + 1 < text.size() && std::isxdigit(text[at]); at += 3) {
        out.back().octets +=
            static_cast<char>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16));
        if (at + 2 < text.size() && text[at + 2] != ' ') break;
        if (at >= 6 + 15 * 3) break;
      }
    }
  }
  return out;
}

std::vector<std::string> strings_of(std::string_view data) {
  std::vector<std::string> out;
  while (!data.empty()) {
    const std::size_t end = std::min(data.find('\0'), data.size());
    out.emplace_back(data.substr(0, end));
    data.remove_prefix(std::min(end + 1, data.size()));
  }
  return out;
}

std::uint32_t word_at(std::string_view data, std::size_t at) {
  std::uint32_t out = 0;
  for (const char c : data.substr(at, 4))
    out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

// What Postfix said with `packet`, said by our writer.
void say(PacketWriter& writer, const Packet& packet) {
  const auto strings = strings_of(packet.data);
  switch (static_cast<Command>(packet.letter)) {
    case Command::kNegotiate:
      return writer.negotiate(word_at(packet.data, 0), Actions::from_word(word_at(packet.data, 4)),
                              Steps::from_word(word_at(packet.data, 8)));
    case Command::kMacro: {
      const auto pairs = strings_of(packet.data.substr(1));
      std::vector<MacroValue> values;
      for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
        values.push_back({pairs[i], pairs[i + 1]});
      return writer.macros(static_cast<Command>(packet.data.front()), values);
    }
    case Command::kConnect: {
      const std::string_view rest = packet.data.substr(strings[0].size() + 1);
      const auto port = static_cast<std::uint16_t>(word_at(rest, 0) >> 8 & 0xFFFF);
      return writer.connect(strings[0], static_cast<Family>(rest[0]), port,
                            strings_of(rest.substr(3))[0]);
    }
    case Command::kHelo: return writer.helo(strings[0]);
    case Command::kMail: return writer.mail(strings[0], std::span(strings).subspan(1));
    case Command::kRcpt: return writer.rcpt(strings[0], std::span(strings).subspan(1));
    case Command::kHeader: return writer.header(strings[0], " " + strings[1]);
    case Command::kUnknown: return writer.unknown(strings[0]);
    case Command::kBody: writer.body(packet.data); return;
    case Command::kData: return writer.data();
    case Command::kEndOfHeaders: return writer.end_of_headers();
    case Command::kEndOfBody: return writer.end_of_message();
    case Command::kAbort: return writer.abort();
    case Command::kQuit: return writer.quit();
    case Command::kQuitNewConnection: return writer.quit_new_connection();
  }
  ADD_FAILURE() << "command " << packet.letter;
}

std::optional<Stage> stage_of(char letter) {
  for (std::size_t i = 1; i < kStages; ++i)
    if (command_of(static_cast<Stage>(i)) == static_cast<Command>(letter))
      return static_cast<Stage>(i);
  return std::nullopt;
}

// "reject-with-text-on-eom" of the file's name to the verdict that its last answer is.
VerdictKind expected_verdict(std::string_view name) {
  if (name.find("with-text") != std::string_view::npos) return VerdictKind::kReplyCode;
  if (name.find("-accept-") != std::string_view::npos) return VerdictKind::kAccept;
  if (name.find("-discard-") != std::string_view::npos) return VerdictKind::kDiscard;
  if (name.find("-tempfail-") != std::string_view::npos) return VerdictKind::kTempfail;
  return VerdictKind::kReject;
}

TEST(Milter, CapturesOfPostfix) {
  POSTERN_NEED_TESTDATA(folder, "milter/milter-manager+milter-manager");
  std::size_t count = 0;
  for (const auto& path : files_below(folder)) {
    const std::string name = path.filename().string();
    SCOPED_TRACE(name);
    ++count;
    PacketReader to_filter;
    PacketReader to_mta;
    std::optional<Offer> offer;
    std::optional<Dialogue> dialogue;
    Verdict last;
    for (const Write& write : read_capture(path)) {
      PacketReader& reader = write.is_from_filter ? to_mta : to_filter;
      reader.feed(write.octets);
      PacketWriter ours;
      for (;;) {
        const auto packet = reader.next();
        ASSERT_TRUE(packet) << packet.error().context;
        if (!*packet) break;
        if (!write.is_from_filter) {
          say(ours, **packet);
          if (static_cast<Command>((*packet)->letter) == Command::kNegotiate) {
            // And without looking at the capture: what we offer for this version.  Postfix 2.5 did
            // not know two of the actions.
            offer = Offer::for_version(word_at((*packet)->data, 0));
            EXPECT_EQ(offer->actions.word() & ~0xC0u, word_at((*packet)->data, 4));
            EXPECT_EQ(offer->steps.word(), word_at((*packet)->data, 8));
          } else if (const auto stage = stage_of((*packet)->letter)) {
            ASSERT_TRUE(dialogue && dialogue->wants(*stage)) << to_string(*stage);
            dialogue->sent(*stage);
          }
          continue;
        }
        const auto reply = parse_reply(**packet);
        ASSERT_TRUE(reply) << reply.error().context;
        if (const auto* answer = std::get_if<NegotiationAnswer>(&*reply)) {
          ASSERT_TRUE(offer);
          const auto profile = negotiate(*offer, *answer);
          ASSERT_TRUE(profile) << profile.error().context;
          dialogue.emplace(*profile);
          continue;
        }
        const auto answer = dialogue->on_reply(*reply);
        ASSERT_TRUE(answer) << answer.error().context;
        last = answer->verdict;
      }
      EXPECT_TRUE(reader.is_idle());
      if (!write.is_from_filter) {
        EXPECT_EQ(ours.buffer(), write.octets);
      }
    }
    ASSERT_TRUE(dialogue);
    EXPECT_FALSE(dialogue->is_waiting());
    EXPECT_EQ(last.kind, expected_verdict(name)) << last.fault;
    if (last.kind == VerdictKind::kReplyCode) {
      EXPECT_EQ(last.reply->to_log(), "554 5.7.1 1 2% 3%");
    }
  }
  EXPECT_EQ(count, 22u);
}

// --- go-milter's cases --------------------------------------------------------------------------

struct Message {
  std::string from = "<from@example.com>";
  std::vector<std::string> recipients;
  std::string header;  // CRLF
  bool operator==(const Message&) const = default;
};

struct Case {
  Message in;
  std::string decision;  // "ACCEPT", "CUSTOM@FROM" ...
  std::string reply;     // of CUSTOM, CRLF between its lines
  std::optional<std::string> from;
  std::vector<std::string> recipients;
  std::optional<std::string> header;
};

// A file holds one or more cases; a DECISION ends the input, what follows is the result.
std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> out;
  bool in_result = true;
  const auto lines = lines_of(path);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const bool is_result_line = line.ends_with(" *");
    const std::string_view text =
        std::string_view(line).substr(0, line.size() - (is_result_line ? 2 : 0));
    if (line.starts_with('#')) continue;
    const bool is_input = !is_result_line && (line.starts_with("FROM") || line.starts_with("TO") ||
                                              line == "STARTTLS" || line.starts_with("AUTH"));
    if (in_result && is_input) {
      out.emplace_back();
      in_result = false;
    }
    Case& one = out.back();
    if (line.starts_with("FROM ")) {
      if (in_result)
        one.from = text.substr(5);
      else
        one.in.from = text.substr(5);
    } else if (line.starts_with("TO ")) {
      (in_result ? one.recipients : one.in.recipients).emplace_back(text.substr(3));
    } else if (line == "HEADER") {
      std::string header;
      for (++i; i < lines.size() && lines[i] != "."; ++i)
        header += lines[i] + "\r\n";
      if (in_result)
        one.header = header;
      else
        one.in.header = header;
    } else if (line.starts_with("DECISION ")) {
      one.decision = line.substr(9);
      in_result = true;
    } else if (in_result && one.decision.starts_with("CUSTOM")) {
      one.reply += (one.reply.empty() ? "" : "\r\n") + line;
    }
  }
  return out;
}

std::string number(std::uint32_t value) { return {0, 0, 0, static_cast<char>(value)}; }

using Packets = std::vector<std::pair<char, std::string>>;

// What that library's test filter sends at the end of the message, by the name of the case.
Packets actions_of(const std::string& name) {
  if (name == "header/add-first")
    return {{'i', number(1) + "X-First2\0Test\0"s}, {'i', number(1) + "X-First1\0Test\0"s}};
  if (name == "header/add-middle")
    return {{'i', number(3) + "X-Middle1\0Test\0"s}, {'i', number(4) + "X-Middle2\0Test\0"s}};
  if (name == "header/change-to")
    return {{'m', number(1) + "To\0<to@example.com>,\n <to@example.org>\0"s}};
  if (name == "header/del") return {{'m', number(1) + "Subject\0\0"s}};
  if (name == "header/multiline") return {{'h', "X-MultiLine\0Line1\n\tLine2\n\tLine3\0"s}};
  if (name == "rcpt-to/add") return {{'+', "<another@example.com>\0"s}};
  return {};
}

Result<Answer> tell(Dialogue& dialogue, char letter, const std::string& data) {
  const auto reply = parse_reply(Packet{letter, data});
  if (!reply) return std::unexpected(reply.error());
  return dialogue.on_reply(*reply);
}

void run_case(const std::string& name, const Case& one) {
  const Offer offer = Offer::for_version(6);
  Dialogue dialogue(*negotiate(offer, {6, offer.actions, {}, {}}));
  const std::string decision = one.decision.substr(0, one.decision.find('@'));
  const bool at_mail = one.decision.ends_with("@FROM");
  mail::Envelope envelope;
  for (const std::string& recipient : one.in.recipients) {
    const std::size_t at = recipient.find('@');
    envelope.recipients.push_back(
        {mail::Mailbox(recipient.substr(1, at - 1),
                       recipient.substr(at + 1, recipient.size() - at - 2)),
         "",
         "",
         {}});
  }
  const auto decide = [&]() -> Result<Answer> {
    if (decision == "CUSTOM") return tell(dialogue, 'y', one.reply + '\0');
    if (decision == "REJECT") return tell(dialogue, 'r', "");
    if (decision == "TEMPFAIL") return tell(dialogue, 't', "");
    if (decision == "DISCARD-OR-QUARANTINE") return tell(dialogue, 'd', "");
    return tell(dialogue, 'c', "");
  };
  dialogue.sent(Stage::kMail);
  auto answer = at_mail ? decide() : tell(dialogue, 'c', "");
  ASSERT_TRUE(answer) << answer.error().context;
  if (!at_mail) {
    dialogue.sent(Stage::kEndOfMessage);
    for (const auto& [letter, data] : actions_of(name))
      ASSERT_TRUE(tell(dialogue, letter, data));
    answer = decide();
    ASSERT_TRUE(answer) << answer.error().context;
  }
  if (decision == "CUSTOM") {
    std::string wire;
    answer->verdict.reply->append_to(wire);
    EXPECT_EQ(wire, one.reply + "\r\n");
    return;
  }
  if (decision != "ACCEPT") {
    EXPECT_EQ(answer->verdict.kind, decision == "REJECT"     ? VerdictKind::kReject
                                    : decision == "TEMPFAIL" ? VerdictKind::kTempfail
                                                             : VerdictKind::kDiscard);
    EXPECT_TRUE(dialogue.take_modifications().empty());
    return;
  }
  const auto modifications = dialogue.take_modifications();
  EXPECT_EQ(modifications.size(), actions_of(name).size());
  if (one.header) {
    mime::HeaderList header(mime::HeaderSection::parse(one.in.header));
    header.prepend_hidden("Received", "placeholder");
    mime::apply(modifications, header);
    EXPECT_EQ(header.to_string(), *one.header);
  }
  if (!one.recipients.empty() &&
      one.recipients != std::vector<std::string>{"<allowed@example.com>"}) {
    mail::apply(modifications, envelope);
    std::vector<std::string> recipients;
    for (const auto& recipient : envelope.recipients)
      recipients.push_back("<" + recipient.forward_path.to_wire() + ">");
    EXPECT_EQ(recipients, one.recipients);
  }
  if (one.from) {
    EXPECT_EQ(one.in.from, *one.from);
  }
}

TEST(Milter, CasesOfGoMilter) {
  POSTERN_NEED_TESTDATA(folder, "milter/d--j+go-milter");
  std::size_t count = 0;
  for (const auto& path : files_below(folder)) {
    const std::string name = path.parent_path().filename().string() + "/" + path.stem().string();
    for (const Case& one : read_cases(path)) {
      SCOPED_TRACE(name);
      ASSERT_NE(one.decision, "");
      run_case(name, one);
      ++count;
    }
  }
  EXPECT_EQ(count, 18u);
}

}  // namespace
}  // namespace postern::conformance
