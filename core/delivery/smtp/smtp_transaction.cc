#include "core/delivery/smtp/smtp_transaction.h"

#include <algorithm>
#include <utility>

#include "core/delivery/smtp/xforward.h"

namespace postern::delivery {
namespace {

bool is_ok(const mail::Reply& reply) { return reply.code() >= 200 && reply.code() < 300; }

}  // namespace

SmtpTransaction::SmtpTransaction(Context context, SmtpConnection& connection,
                                 std::vector<std::size_t> positions)
    : context_(context),
      connection_(connection),
      positions_(std::move(positions)),
      is_answered_(positions_.size()) {}

std::vector<std::size_t> SmtpTransaction::postponed() const {
  std::vector<std::size_t> out;
  for (const std::size_t index : postponed_)
    out.push_back(positions_[index]);
  return out;
}

Seconds SmtpTransaction::timeout_of(SmtpStage stage) const {
  const SmtpTimeouts& timeouts = context_.options.timeouts;
  switch (stage) {
    case SmtpStage::kRset: return timeouts.rset;
    case SmtpStage::kRcpt: return timeouts.rcpt;
    case SmtpStage::kData: return timeouts.data_init;
    case SmtpStage::kContent: return timeouts.data_xfer;
    case SmtpStage::kEndOfData: return timeouts.data_done;
    default: return timeouts.mail;
  }
}

bool SmtpTransaction::uses_chunking(const PreparedContent& prepared) const {
  return !context_.options.is_lmtp && connection_.capabilities.chunking &&
         (prepared.is_binary || context_.options.use_chunking);
}

net::Task<SmtpTransaction::End> SmtpTransaction::run() {
  const auto prepared =
      co_await context_.content.prepare(connection_.capabilities, connection_.peer());
  if (!prepared) {
    refuse_rest(prepared.error());
    co_return End::kDone;
  }
  ++connection_.uses;
  co_await send_envelope(*prepared);
  if (is_stale_) co_return End::kStale;
  if (has_ended_) co_return End::kDone;
  if (mail_refused_ || accepted_.empty()) {
    co_await end_without_recipients();
  } else if (uses_chunking(*prepared)) {
    if (!chunk_was_sent_) co_await send_chunks(*prepared);
  } else if (has_354_) {
    co_await send_data(*prepared);
  }
  co_return End::kDone;
}

void SmtpTransaction::add(SmtpStage stage, std::string_view line, std::size_t index) {
  connection_.out += line;
  steps_.push_back({stage, index});
}

// Content that is small and in memory goes with the commands before it: one round trip in all.
bool SmtpTransaction::add_whole_chunk(const PreparedContent& prepared) {
  const std::string_view memory = prepared.content->in_memory();
  if (memory.empty() || memory.size() > context_.options.content_piece_octets) return false;
  std::string wire;
  if (prepared.is_binary) {
    wire = memory;
  } else {
    smtp::DataWriter writer({context_.options.line_length_limit, false});
    writer.append(memory, wire);
    writer.finish(wire);
  }
  add(SmtpStage::kEndOfData, smtp::bdat_line(wire.size(), true));
  connection_.out += wire;
  chunk_was_sent_ = true;
  return true;
}

net::Task<void> SmtpTransaction::send_envelope(const PreparedContent& prepared) {
  const mail::Envelope& envelope = *context_.attempt.envelope;
  const smtp::Capabilities& peer = connection_.capabilities;
  connection_.out.clear();
  if (connection_.needs_rset) {
    add(SmtpStage::kRset, "RSET\r\n");
    co_await send_commands(false);
  }
  if (context_.options.send_xforward && !has_ended_) {
    for (const std::string& line : xforward_lines(context_.attempt, peer))
      add(SmtpStage::kXforward, line);
    co_await send_commands(false);
  }
  if (has_ended_) co_return;
  connection_.needs_rset = true;
  add(SmtpStage::kMail, smtp::mail_line(envelope, prepared.message, peer));
  co_await send_commands(false);
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (has_ended_ || mail_refused_) co_return;
    const std::uint32_t recipient = context_.attempt.recipients[positions_[i]];
    add(SmtpStage::kRcpt, smtp::rcpt_line(envelope.recipients[recipient], peer), i);
    co_await send_commands(false);
  }
  if (has_ended_ || mail_refused_) co_return;
  const bool is_chunked = uses_chunking(prepared);
  // Without PIPELINING all is answered by now, and who has no recipients sends no DATA.
  if (!peer.pipelining && accepted_.empty()) co_return;
  if (is_chunked) {
    if (peer.pipelining) add_whole_chunk(prepared);
  } else {
    add(SmtpStage::kData, "DATA\r\n");
  }
  co_await send_commands(true);
}

// Writes and reads where the server can't be given more at once.  The number of commands that wait
// for replies is bounded: a server that stops reading because nobody reads its replies would make
// both sides wait for ever (RFC 2920 s3.1).
net::Task<void> SmtpTransaction::send_commands(bool is_end_of_group) {
  if (steps_.empty()) co_return;
  const bool pipelines = connection_.capabilities.pipelining;
  if (pipelines && !is_end_of_group && steps_.size() < context_.options.max_pipelined_commands)
    co_return;
  const SmtpStage stage = steps_.front().stage;
  if (!co_await write(stage, timeout_of(stage))) co_return;
  co_await read_replies();
}

// False: the session has ended.
net::Task<bool> SmtpTransaction::write(SmtpStage stage, Seconds timeout) {
  const auto written = co_await connection_.write(connection_.out, stage, timeout);
  connection_.out.clear();
  if (written) co_return true;
  // The server may have said why before it went.
  const mail::Reply* const last_words = connection_.reply_at_hand();
  if (last_words != nullptr && last_words->code() >= 400) {
    PeerFault fault = refused(connection_.peer(), stage, *last_words);
    fault.ends_connection = true;
    ++replies_;
    end_session(fault);
  } else {
    end_session(written.error());
  }
  co_return false;
}

net::Task<void> SmtpTransaction::read_replies() {
  const std::vector<Step> steps = std::exchange(steps_, {});
  for (const Step& step : steps) {
    const auto reply = co_await connection_.read_reply(step.stage, timeout_of(step.stage));
    if (!reply) {
      end_session(reply.error());
      co_return;
    }
    ++replies_;
    take(step, **reply);
    if (has_ended_) co_return;
  }
}

void SmtpTransaction::take(const Step& step, const mail::Reply& reply) {
  switch (step.stage) {
    case SmtpStage::kRset:
      if (is_ok(reply)) {
        connection_.needs_rset = false;
      } else {  // what state the server is in nobody knows
        connection_.is_usable = false;
        is_stale_ = has_ended_ = true;
      }
      return;
    case SmtpStage::kXforward:
      if (reply.code() == 421) end_session(refused(connection_.peer(), step.stage, reply));
      return;
    case SmtpStage::kMail:
      if (is_ok(reply)) return;
      mail_refused_ = true;
      connection_.needs_rset = false;
      break;
    case SmtpStage::kRcpt:
      if (!mail_refused_) take_recipient(step.index, reply);
      return;
    case SmtpStage::kData:
      has_354_ = reply.code() >= 300 && reply.code() < 400;
      // With no recipient it is refused as it should be, and each has its answer.
      if (has_354_ || mail_refused_ || accepted_.empty()) {
        if (reply.code() == 421) has_ended_ = true;
        return;
      }
      break;
    case SmtpStage::kEndOfData:
      connection_.needs_rset = false;
      if (!mail_refused_ && !accepted_.empty()) finish_accepted(reply);
      return;
    default: break;
  }
  const PeerFault fault = refused(connection_.peer(), step.stage, reply);
  fault.ends_connection ? end_session(fault) : refuse_rest(fault);
}

void SmtpTransaction::take_recipient(std::size_t index, const mail::Reply& reply) {
  if (is_ok(reply)) {
    accepted_.push_back(index);
    return;
  }
  const PeerFault fault = refused(connection_.peer(), SmtpStage::kRcpt, reply);
  if (fault.ends_connection) {
    end_session(fault);
    return;
  }
  is_answered_[index] = true;
  context_.ledger.refuse(positions_[index], fault);
  const bool is_one_too_many = reply.code() == 452 || reply.code() == 552;
  if (is_one_too_many && !accepted_.empty()) postponed_.push_back(index);
}

void SmtpTransaction::finish_accepted(const mail::Reply& reply) {
  if (!is_ok(reply)) {
    const PeerFault fault = refused(connection_.peer(), SmtpStage::kEndOfData, reply);
    fault.ends_connection ? end_session(fault) : refuse_rest(fault);
    return;
  }
  for (const std::size_t index : accepted_) {
    is_answered_[index] = true;
    context_.ledger.deliver(positions_[index], reply, connection_.peer(),
                            !connection_.capabilities.dsn);
    ++delivered_;
  }
}

void SmtpTransaction::refuse_rest(const PeerFault& fault) {
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (is_answered_[i]) continue;
    is_answered_[i] = true;
    context_.ledger.refuse(positions_[i], fault);
  }
}

void SmtpTransaction::end_session(const PeerFault& fault) {
  connection_.is_usable = false;
  has_ended_ = true;
  // A server closes idle connections when it likes.  Nothing was heard and no content was sent, so
  // nothing can have been delivered: the message goes over another connection as if this had not
  // been.
  if (connection_.uses > 1 && replies_ == 0 && !chunk_was_sent_) {
    is_stale_ = true;
    return;
  }
  site_ = fault.site;
  refuse_rest(fault);
}

void SmtpTransaction::content_failed(const Error& error) {
  // No final dot: the server must not take half a message for a whole one.
  connection_.abort();
  has_ended_ = true;
  refuse_rest(local_fault(connection_.peer(), "4.3.0",
                          fmt::format("message content: {}", error.describe())));
}

net::Task<void> SmtpTransaction::send_data(const PreparedContent& prepared) {
  PieceReader reader(context_.loop, context_.pool, prepared.content,
                     context_.options.content_piece_octets);
  smtp::DataWriter writer({context_.options.line_length_limit, true});
  bool is_last = false;
  while (!is_last) {
    const auto piece = co_await reader.next();
    if (!piece) {
      content_failed(piece.error());
      co_return;
    }
    is_last = reader.is_last();
    writer.append(*piece, connection_.out);
    if (is_last) writer.finish(connection_.out);
    reader.read_ahead();
    const SmtpStage stage = is_last ? SmtpStage::kEndOfData : SmtpStage::kContent;
    if (!co_await write(stage, context_.options.timeouts.data_xfer)) co_return;
  }
  co_await end_of_data();
}

net::Task<void> SmtpTransaction::send_chunks(const PreparedContent& prepared) {
  PieceReader reader(context_.loop, context_.pool, prepared.content,
                     context_.options.content_piece_octets);
  smtp::DataWriter writer({context_.options.line_length_limit, false});
  std::string wire;
  bool is_last = false;
  while (!is_last) {
    const auto piece = co_await reader.next();
    if (!piece) {
      content_failed(piece.error());
      co_return;
    }
    is_last = reader.is_last();
    wire.clear();
    if (prepared.is_binary) {
      wire = *piece;
    } else {
      writer.append(*piece, wire);
      if (is_last) writer.finish(wire);
    }
    reader.read_ahead();
    connection_.out = smtp::bdat_line(wire.size(), is_last);
    connection_.out += wire;
    const SmtpStage stage = is_last ? SmtpStage::kEndOfData : SmtpStage::kContent;
    if (!co_await write(stage, context_.options.timeouts.data_xfer)) co_return;
    if (is_last) break;
    const auto reply = co_await connection_.read_reply(stage, timeout_of(stage));
    if (!reply) {
      end_session(reply.error());
      co_return;
    }
    ++replies_;
    if (is_ok(**reply)) continue;
    const PeerFault fault = refused(connection_.peer(), stage, **reply);
    fault.ends_connection ? end_session(fault) : refuse_rest(fault);
    co_return;
  }
  co_await end_of_data();
}

net::Task<void> SmtpTransaction::end_of_data() {
  if (!context_.options.is_lmtp) {
    steps_.push_back({SmtpStage::kEndOfData});
    co_await read_replies();
    co_return;
  }
  // RFC 2033 s4.2: one reply for each recipient that was taken, in the order of RCPT.
  for (const std::size_t index : accepted_) {
    const auto reply =
        co_await connection_.read_reply(SmtpStage::kEndOfData, timeout_of(SmtpStage::kEndOfData));
    if (!reply) {
      end_session(reply.error());
      co_return;
    }
    ++replies_;
    if (is_ok(**reply)) {
      context_.ledger.deliver(positions_[index], **reply, connection_.peer(),
                              !connection_.capabilities.dsn);
      ++delivered_;
    } else {
      const PeerFault fault = refused(connection_.peer(), SmtpStage::kEndOfData, **reply);
      if (fault.ends_connection) {
        end_session(fault);
        co_return;
      }
      context_.ledger.refuse(positions_[index], fault);
    }
    is_answered_[index] = true;
  }
  connection_.needs_rset = false;
}

// RFC 2920 s3.1: a server may answer 354 to a DATA that was sent along, though it took no
// recipient.  It gets an empty message, and whatever it says to that is nobody's result.
net::Task<void> SmtpTransaction::end_without_recipients() {
  if (!has_354_) co_return;
  if (context_.options.is_lmtp) {  // how many replies would come?
    connection_.abort();
    co_return;
  }
  connection_.out = ".\r\n";
  const auto written = co_await connection_.write(connection_.out, SmtpStage::kEndOfData,
                                                  context_.options.timeouts.data_xfer);
  connection_.out.clear();
  if (!written) co_return;
  const auto reply =
      co_await connection_.read_reply(SmtpStage::kEndOfData, timeout_of(SmtpStage::kEndOfData));
  if (reply) connection_.needs_rset = false;
}

}  // namespace postern::delivery
