// The privileged process decodes what the engine, perhaps no longer its own master, sends.
#include "core/delivery/local/order_codec.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::delivery {
namespace {

MailboxOrder mailbox_order() {
  MailboxOrder order;
  order.owner = {1000, 1001};
  order.base = "/var/vmail";
  order.path = "example.com/joe/";
  order.form = MailboxForm::kMbox;
  order.prologue = "Return-Path: <a@b>\n";
  order.reverse_path = "a@b";
  order.arrival = 1'700'000'000;
  order.size_limit = 1 << 20;
  order.quota = "1000S";
  order.host = "mx.example";
  order.use_dotlock = false;
  order.lock_attempts = 7;
  return order;
}

CommandOrder command_order() {
  CommandOrder order;
  order.owner = {1000, 1001};
  order.argv = {"/bin/cat", "", "-x y"};
  order.environment = {"A=1"};
  order.directory = "/tmp";
  order.form.prologue = "X: y\n";
  order.form.line_end = "\r\n";
  order.form.stuff_dots = true;
  order.time_limit_seconds = 9;
  order.size_limit = 77;
  return order;
}

TEST(OrderCodec, OrdersComeBackAsTheyWere) {
  const auto mailbox = decode_order(*encode_order(mailbox_order()));
  ASSERT_TRUE(mailbox);
  const auto& box = std::get<MailboxOrder>(*mailbox);
  EXPECT_EQ(box.owner, (Identity{1000, 1001}));
  EXPECT_EQ(box.base, "/var/vmail");
  EXPECT_EQ(box.path, "example.com/joe/");
  EXPECT_EQ(box.form, MailboxForm::kMbox);
  EXPECT_EQ(box.arrival, 1'700'000'000u);
  EXPECT_EQ(box.quota, "1000S");
  EXPECT_FALSE(box.use_dotlock);
  EXPECT_TRUE(box.use_fcntl_lock);
  EXPECT_EQ(box.lock_attempts, 7u);
  const auto command = decode_order(*encode_order(command_order()));
  ASSERT_TRUE(command);
  const auto& run = std::get<CommandOrder>(*command);
  EXPECT_EQ(run.argv, command_order().argv);
  EXPECT_EQ(run.environment, command_order().environment);
  EXPECT_EQ(run.form.line_end, "\r\n");
  EXPECT_TRUE(run.form.stuff_dots);
  EXPECT_EQ(run.size_limit, 77u);
  const auto read = decode_order(*encode_order(ReadOrder{{5, 6}, "/home/x/.forward", 10, false}));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ReadOrder>(*read).path, "/home/x/.forward");
  EXPECT_FALSE(std::get<ReadOrder>(*read).reject_shared_writable);
}

TEST(OrderCodec, ResultsComeBackWithNulsInTheText) {
  OrderResult result{failed("5.1.1", "no", "ask"), std::string("a\0b", 3), true};
  const auto back = decode_result(encode_result(result));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->outcome.outcome, mail::Outcome::kFailed);
  EXPECT_EQ(back->outcome.status, "5.1.1");
  EXPECT_EQ(back->outcome.remedy, "ask");
  EXPECT_EQ(back->text, result.text);
  EXPECT_TRUE(back->is_missing);
}

TEST(OrderCodec, NothingCutShortOrLengthenedIsTaken) {
  for (const Order& order : {Order(mailbox_order()), Order(command_order()), Order(ReadOrder())}) {
    const auto whole = *encode_order(order);
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode_order(std::string_view(whole).substr(0, size))) << size;
    EXPECT_FALSE(decode_order(whole + '\0'));
    EXPECT_FALSE(decode_order(whole + whole));
  }
}

TEST(OrderCodec, NulOctetsWouldCutPathsShort) {
  auto order = mailbox_order();
  order.path = std::string("joe\0/../root", 12);
  EXPECT_FALSE(decode_order(*encode_order(order)));
  auto command = command_order();
  command.argv[0] = std::string("/bin/sh\0x", 9);
  EXPECT_FALSE(decode_order(*encode_order(command)));
}

TEST(OrderCodec, SizeLimitOnBothSides) {
  auto order = mailbox_order();
  order.prologue.clear();
  const auto room = kMaxOrderOctets - encode_order(order)->size();
  for (const std::size_t size : {room - 1, room}) {
    order.prologue = std::string(size, 'x');
    const auto packet = encode_order(order);
    ASSERT_TRUE(packet) << size;
    EXPECT_TRUE(decode_order(*packet));
  }
  for (const std::size_t size : {room + 1, room * 1000}) {
    order.prologue = std::string(size, 'x');
    EXPECT_FALSE(encode_order(order)) << size;
  }
  EXPECT_FALSE(decode_order(std::string(kMaxOrderOctets + 1, '\0')));
}

TEST(OrderCodec, RandomPacketsNeverCrashAndNeverHoldNuls) {
  std::mt19937 random(20'240'601);
  const std::string seeds[] = {*encode_order(mailbox_order()), *encode_order(command_order()),
                               *encode_order(ReadOrder{{5, 6}, "/x", 10, true})};
  std::size_t taken = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string packet;
    if (round % 3 == 0) {
      packet.resize(random() % 200);
      for (char& c : packet)
        c = static_cast<char>(random());
    } else {
      packet = seeds[random() % 3];
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
        packet[random() % packet.size()] = static_cast<char>(random() % 3 == 0 ? random() : 0xFF);
      if (round % 5 == 0) packet.resize(random() % (packet.size() + 1));
    }
    const auto order = decode_order(packet);
    if (!order) continue;
    ++taken;
    // What was taken says the same again.
    const auto again = decode_order(*encode_order(*order));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->index(), order->index());
    if (const auto* box = std::get_if<MailboxOrder>(&*order)) {
      EXPECT_FALSE(box->path.contains('\0'));
    }
  }
  EXPECT_GT(taken, 0u);
}

TEST(OrderCodec, RandomResultsNeverCrash) {
  std::mt19937 random(7);
  const auto seed = encode_result({delivered("ok"), "text", false});
  for (int round = 0; round < 20'000; ++round) {
    auto octets = seed;
    octets[random() % octets.size()] = static_cast<char>(random());
    octets.resize(random() % (octets.size() + 1));
    (void)decode_result(octets);
  }
}

}  // namespace
}  // namespace postern::delivery
