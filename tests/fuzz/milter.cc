// A filter that may be anything: what it sends goes through packet reader, reply parser and
// dialogue.  The outcome does not depend on the pieces, bounds hold, nothing takes effect before
// the final reply, and a dialogue that broke stays so.
#include "core/mail/envelope_changes.h"
#include "core/milter/dialogue.h"
#include "core/milter/packet_reader.h"
#include "core/milter/reply_parser.h"

#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

using namespace postern::milter;

constexpr std::size_t kMaxData = 200;
constexpr DialogueLimits kLimits{
    .max_progress = 3,
    .modifications = {.max_modifications = 5, .max_text_octets = 100, .max_body_octets = 150}};
constexpr Stage kOrder[] = {Stage::kConnect,      Stage::kHelo, Stage::kMail,
                            Stage::kRcpt,         Stage::kData, Stage::kHeader,
                            Stage::kEndOfHeaders, Stage::kBody, Stage::kEndOfMessage};

Profile profile_for(std::uint8_t bits) {
  const Offer offer = Offer::for_version(6);
  const Steps steps = (bits & 1) != 0 ? Steps(Step::kSkip) : Steps();
  const Actions actions = (bits & 2) != 0 ? Actions(Action::kAddHeaders) : offer.actions;
  return *negotiate(offer, {6, actions, steps, {}});
}

void check(const mail::Modifications& modifications) {
  POSTERN_INVARIANT(modifications.size() <= kLimits.modifications.max_modifications);
  for (const mail::Modification& one : modifications) {
    if (const auto* body = std::get_if<mail::ReplaceBody>(&one)) {
      POSTERN_INVARIANT(body->octets.empty() || body->octets.ends_with("\r\n"));
      POSTERN_INVARIANT(body->octets.size() <= 2 * kLimits.modifications.max_body_octets + 2);
    } else if (const auto* add = std::get_if<mail::AddHeader>(&one)) {
      POSTERN_INVARIANT(add->name.find_first_of("\r\n: ") == std::string::npos);
      for (std::size_t at = 0; (at = add->value.find('\n', at)) != std::string::npos; ++at)
        POSTERN_INVARIANT(at + 1 < add->value.size() &&
                          (add->value[at + 1] == ' ' || add->value[at + 1] == '\t'));
    }
  }
  mail::Envelope envelope;
  mail::apply(modifications, envelope);
}

// One session: messages in a row, each stage sent when the one before is answered.
class Session {
 public:
  explicit Session(std::uint8_t bits) : dialogue_(profile_for(bits)) {
    dialogue_ = Dialogue(profile_for(bits), kLimits);
    step();
  }

  bool feed(std::string_view piece) {
    reader_.feed(piece);
    for (;;) {
      const auto packet = reader_.next();
      if (!packet) return end("length");
      if (!*packet) return true;
      POSTERN_INVARIANT((*packet)->data.size() <= kMaxData);
      const auto reply = parse_reply(**packet, {.max_reply_lines = 3});
      if (!reply) return end(reply.error().context);
      if (const auto* answer = std::get_if<NegotiationAnswer>(&*reply))
        negotiate(Offer::for_version(6), *answer);
      const auto answer = dialogue_.on_reply(*reply);
      if (!answer) return end(answer.error().context);
      log_ += fmt::format("{}:{};", to_string(answer->stage), static_cast<int>(answer->kind));
      if (answer->kind == Answer::Kind::kVerdict) {
        const bool is_final = answer->stage == Stage::kEndOfMessage;
        const auto modifications = dialogue_.take_modifications();
        POSTERN_INVARIANT(is_final || modifications.empty());
        check(modifications);
        if (answer->verdict.reply) POSTERN_INVARIANT(answer->verdict.reply->code() >= 400);
        step();
      }
      if (dialogue_.must_close() || dialogue_.is_done()) return end("closed");
    }
  }
  const std::string& log() const { return log_; }

 private:
  bool end(std::string_view why) {
    log_ += why;
    dialogue_.give_up();
    POSTERN_INVARIANT(dialogue_.take_modifications().empty() && !dialogue_.is_waiting());
    return false;
  }

  void step() {
    for (std::size_t tries = 0; tries < 2 * std::size(kOrder) && !dialogue_.is_waiting(); ++tries) {
      if (next_ == std::size(kOrder)) {
        if (dialogue_.needs_abort()) dialogue_.aborted();
        next_ = 2;
      }
      if (const Stage stage = kOrder[next_++]; dialogue_.wants(stage)) dialogue_.sent(stage);
    }
  }

  Dialogue dialogue_;
  PacketReader reader_{{.max_data_octets = kMaxData}};
  std::string log_;
  std::size_t next_ = 0;
};

std::string transcript(std::uint8_t bits, const std::vector<std::string_view>& pieces) {
  Session session(bits);
  for (const std::string_view piece : pieces)
    if (!session.feed(piece)) break;
  return session.log();
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  POSTERN_INVARIANT(fuzz::transcript(bits, {input.rest()}) ==
                    fuzz::transcript(bits, fuzz::cut(input.rest(), bits)));
  return 0;
}
