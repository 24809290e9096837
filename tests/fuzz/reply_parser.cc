// Replies of a server that may be anything: the parser is bounded, does not depend on the pieces,
// and what it takes prints and parses as itself.
#include "core/smtp/reply_parser.h"

#include "core/smtp/capabilities.h"
#include "core/smtp/ehlo_reply.h"
#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

using smtp::ReplyParser;

std::string transcript(const std::vector<std::string_view>& pieces,
                       const smtp::ReplyParserOptions& options) {
  ReplyParser parser(options);
  std::string out;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const auto status = parser.feed(piece);
      if (status == ReplyParser::Status::kNeedMore) {
        POSTERN_INVARIANT(piece.empty());
        break;
      }
      // Of several faults in one reply, which comes first may depend on the pieces.
      if (status == ReplyParser::Status::kFault) return out + "fault";
      const mail::Reply& reply = parser.reply();
      POSTERN_INVARIANT(reply.code() >= 200 && reply.code() <= 599);
      POSTERN_INVARIANT(reply.lines().size() <= options.max_lines);
      for (const std::string& line : reply.lines())
        POSTERN_INVARIANT(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
      out += reply.to_log() + "\n";
    }
  }
  return out;
}

void check_round_trip(const mail::Reply& reply) {
  std::string wire;
  reply.append_to(wire);
  ReplyParser parser;
  std::string_view rest = wire;
  POSTERN_INVARIANT(parser.feed(rest) == ReplyParser::Status::kReply);
  POSTERN_INVARIANT(rest.empty());
  POSTERN_INVARIANT(parser.reply().code() == reply.code());
  POSTERN_INVARIANT(parser.reply().lines().size() == reply.lines().size());
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  smtp::ReplyParserOptions options;
  options.max_line_octets = 20 + (bits & 63u);
  options.max_lines = 1 + (bits >> 6);
  options.max_reply_octets = 300;
  POSTERN_INVARIANT(fuzz::transcript({input.rest()}, options) ==
                    fuzz::transcript(fuzz::cut(input.rest(), bits), options));
  smtp::ReplyParser parser;
  std::string_view rest = input.rest();
  while (!rest.empty() && parser.feed(rest) == smtp::ReplyParser::Status::kReply) {
    fuzz::check_round_trip(parser.reply());
    if (parser.reply().code() == 250) smtp::parse_capabilities(parser.reply());
  }
  return 0;
}
