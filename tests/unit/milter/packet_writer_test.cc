#include "core/milter/packet_writer.h"

#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

TEST(PacketWriter, EveryCommandHasItsBytes) {
  PacketWriter w;
  const std::vector<std::string> parameters{"SIZE=10", "BODY=8BITMIME"};
  w.negotiate(6, Actions::from_word(0x1FF), Steps::from_word(0x1FFFFF));
  w.connect("mx.example", Family::kInet, 50198, "127.0.0.1");
  w.helo("client.example");
  w.mail("<a@b.example>", parameters);
  w.rcpt("<c@d.example>", {});
  w.data();
  w.unknown("FOO bar");
  w.header("Subject", " hello");
  w.end_of_headers();
  EXPECT_EQ(w.body("text\r\n"), 1u);
  w.end_of_message();
  w.abort();
  w.quit_new_connection();
  w.quit();
  EXPECT_EQ(w.buffer(), wire('O', word(6) + word(0x1FF) + word(0x1FFFFF)) +
                            wire('C',
                                 "mx.example\0"s
                                 "4\xC4\x16"
                                 "127.0.0.1\0"s) +
                            wire('H', "client.example\0"s) +
                            wire('M', "<a@b.example>\0SIZE=10\0BODY=8BITMIME\0"s) +
                            wire('R', "<c@d.example>\0"s) + wire('T') + wire('U', "FOO bar\0"s) +
                            wire('L', "Subject\0hello\0"s) + wire('N') + wire('B', "text\r\n") +
                            wire('E') + wire('A') + wire('K') + wire('Q'));
  EXPECT_EQ(w.cut_texts(), 0u);
}

TEST(PacketWriter, EveryFamily) {
  PacketWriter w;
  w.connect("u", Family::kUnix, 0, "/run/x");
  w.connect("v", Family::kInet6, 25, "2001:db8::1");
  w.connect("w", Family::kUnknown, 25, "ignored");
  EXPECT_EQ(w.buffer(), wire('C', "u\0L\0\0/run/x\0"s) +
                            wire('C',
                                 "v\0"s
                                 "6\0\x19"s
                                 "2001:db8::1\0"s) +
                            wire('C', "w\0U"s));
}

TEST(PacketWriter, MacrosSayWhichCommandTheyBelongTo) {
  PacketWriter none;
  none.macros(Command::kHelo, {});
  EXPECT_EQ(none.buffer(), wire('D', "H"));
  PacketWriter w;
  const std::vector<MacroValue> values{{"i", "4bN"}, {"{mail_addr}", ""}};
  w.macros(Command::kMail, values);
  EXPECT_EQ(w.buffer(), wire('D',
                             "Mi\0"s
                             "4bN\0{mail_addr}\0\0"s));
}

TEST(PacketWriter, ANulCannotForgeAnotherString) {
  PacketWriter w;
  w.mail("<a\0b>"s, std::vector<std::string>{"X\0Y"s});
  EXPECT_EQ(w.buffer(), wire('M', "<a?b>\0X?Y\0"s));
}

TEST(PacketWriter, BodiesAreCutAtTheNegotiatedSize) {
  for (const std::size_t limit : {kMaxData64K, kMaxData256K, kMaxData1M}) {
    for (const std::size_t size : {limit - 1, limit, limit + 1}) {
      PacketWriter w(limit);
      EXPECT_EQ(w.body(std::string(size, 'x')), size > limit ? 2u : 1u);
      EXPECT_EQ(w.buffer().size(), size + (size > limit ? 10 : 5));
    }
  }
  PacketWriter w(10);
  EXPECT_EQ(w.body(std::string(10'000, 'x')), 1000u);
  EXPECT_EQ(w.body(""), 0u);
}

TEST(PacketWriter, TextIsCutAtTheNegotiatedSize) {
  // "N", NUL, value, NUL
  for (const std::size_t value : {6u, 7u, 8u, 10'000u}) {
    PacketWriter w(10);
    w.header("N", std::string(value, 'v'));
    EXPECT_EQ(w.buffer(),
              wire('L', "N\0"s + std::string(std::min<std::size_t>(value, 7), 'v') + '\0'));
    EXPECT_EQ(w.cut_texts(), value > 7 ? 1u : 0u);
  }
  PacketWriter w(10);
  w.rcpt("<a>", std::vector<std::string>{"TOOLONG", "ABCDE"});
  w.macros(Command::kRcpt, std::vector<MacroValue>{{"i", "1234567"}, {"j", "12"}});
  EXPECT_EQ(w.buffer(), wire('R', "<a>\0ABCDE\0"s) + wire('D',
                                                          "Rj\0"s
                                                          "12\0"s));
  EXPECT_EQ(w.cut_texts(), 2u);
  PacketWriter names(10);
  names.header(std::string(100, 'n'), "v");
  EXPECT_EQ(names.buffer(), wire('L', std::string(8, 'n') + "\0\0"s));
}

}  // namespace
}  // namespace postern::milter::testing
