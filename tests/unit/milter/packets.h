// A filter's packets for the tests, and profiles as negotiated.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/milter/dialogue.h"
#include "core/milter/negotiation.h"
#include "core/milter/packet_reader.h"
#include "core/milter/reply_parser.h"

namespace postern::milter::testing {

using namespace std::string_literals;

inline std::string word(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xFFu);
  return out;
}

inline std::string wire(char letter, std::string_view data = {}) {
  return word(static_cast<std::uint32_t>(data.size() + 1)) + letter + std::string(data);
}

inline Result<Reply> parse(char letter, std::string_view data = {},
                           const ReplyLimits& limits = {}) {
  return parse_reply(Packet{letter, data}, limits);
}

// The error's text, or "" where there is none.
template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().context;
}

inline Profile profile_of(Steps steps = {}, std::uint32_t version = 6) {
  const Offer offer = Offer::for_version(version, kMaxData1M);
  const auto profile = negotiate(offer, {version, offer.actions, steps, {}});
  EXPECT_TRUE(profile) << error_of(profile);
  return profile.value_or(Profile());
}

// Sends `stage` and gives `dialogue` the filter's packet.
inline Result<Answer> answer(Dialogue& dialogue, char letter, std::string_view data = {}) {
  auto reply = parse(letter, data);
  if (!reply) return std::unexpected(reply.error());
  return dialogue.on_reply(*reply);
}
inline Result<Answer> ask(Dialogue& dialogue, Stage stage, char letter,
                          std::string_view data = {}) {
  EXPECT_TRUE(dialogue.wants(stage)) << to_string(stage);
  dialogue.sent(stage);
  return answer(dialogue, letter, data);
}

// A dialogue that waits for the answer to its end of message.
inline Dialogue at_end_of_message(Profile profile = profile_of(), DialogueLimits limits = {}) {
  Dialogue out(std::move(profile), limits);
  for (const Stage stage : {Stage::kConnect, Stage::kHelo, Stage::kMail, Stage::kRcpt})
    EXPECT_TRUE(ask(out, stage, 'c'));
  out.sent(Stage::kEndOfMessage);
  return out;
}

}  // namespace postern::milter::testing
