// Command lines: the line reader whatever the pieces, the parser, and print-parse of what it found.
#include "core/smtp/command_parser.h"

#include "core/smtp/line_reader.h"
#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

using smtp::LineReader;

// Everything a reader says about `pieces`, as text.
std::string transcript(const std::vector<std::string_view>& pieces,
                       const smtp::LineReaderOptions& options) {
  LineReader reader(options);
  std::string out;
  for (std::string_view piece : pieces) {
    while (true) {
      const auto status = reader.feed(piece);
      if (status == LineReader::Status::kNeedMore) break;
      out += static_cast<char>('0' + static_cast<int>(status));
      if (status == LineReader::Status::kLine) {
        const std::size_t line_end = options.bare_lf == smtp::LineEndPolicy::kNormalize ? 1 : 2;
        POSTERN_INVARIANT(reader.line().size() + line_end <= options.max_line_octets);
        POSTERN_INVARIANT(reader.line().find('\n') == std::string_view::npos);
        out += fmt::format("{}:{}", reader.line().size(), reader.line());
      }
      if (status == LineReader::Status::kFatal) return out;
    }
  }
  return out;
}

std::string print(const smtp::MailCommand& mail) {
  std::string out = "MAIL FROM:<" + mail::to_wire(mail.path) + ">";
  if (mail.size) out += fmt::format(" SIZE={}", *mail.size);
  if (mail.body == mail::BodyType::kEightBitMime) out += " BODY=8BITMIME";
  if (mail.smtputf8) out += " SMTPUTF8";
  if (mail.ret == mail::DsnReturn::kFull) out += " RET=FULL";
  if (mail.ret == mail::DsnReturn::kHeaders) out += " RET=HDRS";
  return out;
}

void check_command(std::string_view line, const smtp::CommandOptions& options) {
  const auto command = smtp::parse_command(line, options);
  if (!command) {
    const auto code = command.error().reply.code();
    POSTERN_INVARIANT(code >= 500 && code < 560);
    POSTERN_INVARIANT(!command.error().reply.lines().empty());
    return;
  }
  POSTERN_INVARIANT(smtp::verb_of(*command) == smtp::verb_of(line));
  if (const auto* mail = std::get_if<smtp::MailCommand>(&*command)) {
    const auto again = smtp::parse_command(print(*mail), options);
    POSTERN_INVARIANT(again.has_value());
    const auto& other = std::get<smtp::MailCommand>(*again);
    POSTERN_INVARIANT(other.path == mail->path);
    POSTERN_INVARIANT(other.size == mail->size);
    POSTERN_INVARIANT(other.ret == mail->ret);
  }
  if (const auto* rcpt = std::get_if<smtp::RcptCommand>(&*command)) {
    const auto again = smtp::parse_command("RCPT TO:<" + rcpt->path.to_wire() + ">", options);
    POSTERN_INVARIANT(again.has_value());
    POSTERN_INVARIANT(std::get<smtp::RcptCommand>(*again).path == rcpt->path);
  }
  if (const auto* hello = std::get_if<smtp::HelloCommand>(&*command))
    POSTERN_INVARIANT(hello->name.size() <= 255);
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  smtp::LineReaderOptions reading;
  reading.max_line_octets = 64 + 8u * (bits & 7);
  reading.max_discard_octets = 256;
  if ((bits & 8) != 0) reading.bare_lf = smtp::LineEndPolicy::kNormalize;
  POSTERN_INVARIANT(fuzz::transcript({input.rest()}, reading) ==
                    fuzz::transcript(fuzz::cut(input.rest(), bits), reading));
  smtp::CommandOptions options;
  options.auth = (bits & 16) != 0;
  options.smtputf8 = (bits & 32) == 0;
  options.transaction_uses_smtputf8 = (bits & 64) != 0 && options.smtputf8;
  options.allow_bare_local_part = (bits & 128) != 0;
  std::string_view rest = input.rest();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    fuzz::check_command(rest.substr(0, end), options);
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return 0;
}
