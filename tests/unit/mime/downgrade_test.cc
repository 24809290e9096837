#include "core/mime/downgrade.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/octets.h"
#include "core/mime/quoted_printable.h"

namespace postern::mime {
namespace {

int digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

// An independent decoder, strict: complains of what RFC 2045 s6.7 forbids.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i, 3) == "=\r\n") {
      i += 2;
    } else {
      EXPECT_LT(i + 2, text.size());
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
  }
  return out;
}

void expect_lines_fit(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    EXPECT_LE(line.size(), 76u);
    EXPECT_FALSE(line.ends_with(' ') || line.ends_with('\t')) << line;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
  }
}

TEST(QuotedPrintableTest, RoundTripOfRandomOctetsWithinTheLineLimit) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string octets;
    for (unsigned size = random() % 300; size > 0; --size)
      octets += random() % 8 == 0
                    ? "\r\n"
                    : std::string(
                          1, static_cast<char>(random() % 3 == 0 ? random() : ' ' + random() % 90));
    std::string encoded;
    append_quoted_printable(encoded, octets);
    ASSERT_EQ(decoded(encoded), octets);
    ASSERT_FALSE(has_8bit(encoded));
    ASSERT_LE(encoded.size(), octets.size() * 4 + 4);
    expect_lines_fit(encoded);
  }
}

TEST(QuotedPrintableTest, LineLengthAtTheLimit) {
  for (const std::size_t size : {75u, 76u, 77u, 76'000u}) {
    std::string encoded;
    append_quoted_printable(encoded, std::string(size, 'x') + "\r\n");
    EXPECT_EQ(encoded.find("=\r\n") != std::string::npos, size > 76) << size;
    expect_lines_fit(encoded);
  }
}

TEST(DowngradeTest, PlainTextWithoutMimeIsLabelled) {
  const auto out = downgrade_to_seven_bit("Subject: t\r\n\r\ngr\xFC\xDF=\r\n");
  EXPECT_EQ(out.message,
            "Subject: t\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=unknown-8bit\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\ngr=FC=DF=3D\r\n");
  EXPECT_TRUE(out.is_seven_bit);
  EXPECT_EQ(out.encoded_parts, 1u);
}

TEST(DowngradeTest, SevenBitMessagesStayOctetForOctet) {
  for (const std::string message :
       {"Subject: t\r\n\r\nbody = \r\n.\r\n", "", "no header at all\r\n", "A: b", "\r\n"}) {
    const auto out = downgrade_to_seven_bit(message);
    EXPECT_EQ(out.message, message);
    EXPECT_EQ(out.encoded_parts, 0u);
  }
}

TEST(DowngradeTest, OnlyTheLeavesThatNeedItAreEncoded) {
  const std::string message =
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\n\r\nplain = here\r\n"
      "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
      "\xC3\xBC\r\n--b--\r\n";
  const auto out = downgrade_to_seven_bit(message);
  EXPECT_EQ(out.message,
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
            "Content-Transfer-Encoding: 7bit\r\n\r\n--b\r\n\r\nplain = here\r\n"
            "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n--b--\r\n");
}

TEST(DowngradeTest, OfTwoEncodingFieldsTheNewOneIsTheFirst) {
  const auto out = downgrade_to_seven_bit(
      "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/plain\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n\xFC\r\n");
  EXPECT_EQ(out.message,
            "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n"
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\n=FC\r\n");
}

TEST(DowngradeTest, WhatMayNotBeEncodedIsRefused) {
  const auto partial = downgrade_to_seven_bit(
      "MIME-Version: 1.0\r\nContent-Type: message/partial; id=x\r\n\r\n\xFC\r\n");
  EXPECT_FALSE(partial.is_seven_bit);
  const auto no_boundary = downgrade_to_seven_bit("Content-Type: multipart/mixed\r\n\r\n\xFC\r\n");
  EXPECT_FALSE(no_boundary.is_seven_bit);
  const auto header = downgrade_to_seven_bit("Subject: \xFC\r\n\r\nx\r\n");
  EXPECT_TRUE(header.header_has_8bit);
}

TEST(DowngradeTest, RandomMessagesComeOutSevenBitInTheirBodies) {
  std::mt19937 random(17);
  const std::string_view words[] = {"\r\n",
                                    "--b\r\n",
                                    "\xFC",
                                    "x",
                                    "\r\n\r\n",
                                    "A: b\r\n",
                                    "Content-Type: multipart/mixed; boundary=b\r\n",
                                    "Content-Type: message/rfc822\r\n",
                                    "Content-Transfer-Encoding: base64\r\n",
                                    "Content-Transfer-Encoding: 8bit\r\n",
                                    "--b--\r\n"};
  for (int round = 0; round < 20'000; ++round) {
    std::string message;
    for (unsigned count = random() % 25; count > 0; --count)
      message += words[random() % std::size(words)];
    const auto out = downgrade_to_seven_bit(message);
    if (out.is_seven_bit && !out.header_has_8bit) {
      ASSERT_FALSE(has_8bit(out.message)) << message;
      // Once is enough.
      ASSERT_EQ(downgrade_to_seven_bit(out.message).message, out.message) << message;
    }
  }
}

}  // namespace
}  // namespace postern::mime
