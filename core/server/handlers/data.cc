// DATA and BDAT: where the octets of the message begin.  Reading them is the dispatcher's work,
// what is done with them MailIntake's.
#include "core/server/handlers/handlers.h"
#include "core/server/replies.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;

smtp::DataReaderOptions reader_options(const Conversation& conversation) {
  const ServerOptions& options = conversation.options();
  const auto policy = conversation.standing.bare_newline == BareNewline::kReject
                          ? smtp::LineEndPolicy::kReject
                          : smtp::LineEndPolicy::kNormalize;
  return {.bare_lf = policy,
          .bare_cr = policy,
          .reject_nul = options.strictness.reject_nul,
          .max_octets = options.limits.message_size,
          .max_line_octets = options.strictness.max_text_line};
}

void open_intake(Conversation& conversation) {
  Transaction& transaction = *conversation.transaction;
  transaction.intake =
      std::make_unique<MailIntake>(conversation.site(), transaction.envelope, *transaction.message,
                                   conversation.standing.is_submitter);
}

Effect proceed_data(Conversation& conversation, smtp::Command&) {
  open_intake(conversation);
  conversation.transaction->reader.emplace<smtp::DataReader>(reader_options(conversation));
  conversation.reply_ok(replies::kStartData);
  return Effect::kReadData;
}

bool check_chunk(Conversation& conversation, smtp::Command& command) {
  const auto& bdat = std::get<smtp::BdatCommand>(command);
  Transaction& transaction = *conversation.transaction;
  const LimitOptions& limits = conversation.options().limits;
  if (++transaction.chunks > limits.bdat_chunks) {
    conversation.refuse_and_close({552, EnhancedStatus{5, 5, 0}, "Error: too many BDAT commands"},
                                  RefusalReason::kTooBig);
    return false;
  }
  // Sizes are below 2^63, so the sum does not overflow.
  if (limits.message_size != 0 && transaction.octets_read + bdat.size > limits.message_size) {
    conversation.reject({{552, EnhancedStatus{5, 3, 4}, "Error: message file too big"}, {}},
                        RefusalReason::kTooBig, "BDAT");
    return false;
  }
  return true;
}

Effect proceed_chunk(Conversation& conversation, smtp::Command& command) {
  const auto& bdat = std::get<smtp::BdatCommand>(command);
  Transaction& transaction = *conversation.transaction;
  if (!transaction.intake) {
    open_intake(conversation);
    transaction.reader.emplace<smtp::BdatReader>(reader_options(conversation));
  }
  transaction.chunk_size = bdat.size;
  transaction.chunk_is_last = bdat.last;
  std::get<smtp::BdatReader>(transaction.reader).begin_chunk(bdat.size, bdat.last);
  return Effect::kReadChunk;
}

}  // namespace

const Handler kDataHandler{nullptr, CheckPoint::kData, filter::Stage::kData, proceed_data};
const Handler kFirstChunkHandler{check_chunk, CheckPoint::kData, filter::Stage::kData,
                                 proceed_chunk};
const Handler kChunkHandler{check_chunk, CheckPoint::kNone, filter::Stage::kNone, proceed_chunk};

}  // namespace postern::server
