// SmtpTransaction: one message over one connection, from MAIL to the reply to the final dot.
//   RSET (where the last transaction was left open), XFORWARD, MAIL, RCPT..., DATA in as few writes
//   as PIPELINING allows; the content; then one reply, or with LMTP one for each recipient taken.
// Every recipient gets its own result in the ledger.  RFC 5321 s3.3, RFC 2920, RFC 2033, RFC 3030.
// On the connection's loop; one transaction each.
#pragma once

#include <string>
#include <vector>

#include "core/delivery/smtp/outgoing_content.h"
#include "core/delivery/smtp/recipient_ledger.h"
#include "core/delivery/smtp/smtp_connection.h"
#include "core/smtp/data_writer.h"

namespace postern::delivery {

class SmtpTransaction {
 public:
  enum class End {
    kDone,   // the ledger says what came of it
    kStale,  // a connection that was used before had gone: nothing happened, try another one
  };

  struct Context {
    net::Loop& loop;
    net::BlockingPool& pool;
    const SmtpClientOptions& options;
    const mail::Attempt& attempt;
    OutgoingContent& content;
    RecipientLedger& ledger;
  };
  // What is referred to outlives it.  `positions`: the recipients, at least one.
  SmtpTransaction(Context context, SmtpConnection& connection, std::vector<std::size_t> positions);

  net::Task<End> run();

  std::size_t delivered() const { return delivered_; }
  // Recipients that were one too many for this transaction (452) while others were taken: they may
  // go in the next one on the same connection (RFC 5321 s4.5.3.1.10).
  std::vector<std::size_t> postponed() const;
  mail::SiteVerdict site() const { return site_; }

 private:
  struct Step {
    SmtpStage stage;
    std::size_t index = 0;  // of RCPT: into positions_
  };

  net::Task<void> send_envelope(const PreparedContent& prepared);
  net::Task<void> send_commands(bool is_end_of_group);
  net::Task<void> read_replies();
  net::Task<void> send_data(const PreparedContent& prepared);
  net::Task<void> send_chunks(const PreparedContent& prepared);
  net::Task<void> end_of_data();
  net::Task<void> end_without_recipients();
  net::Task<bool> write(SmtpStage stage, Seconds timeout);

  void add(SmtpStage stage, std::string_view line, std::size_t index = 0);
  bool add_whole_chunk(const PreparedContent& prepared);
  void take(const Step& step, const mail::Reply& reply);
  void take_recipient(std::size_t index, const mail::Reply& reply);
  void finish_accepted(const mail::Reply& reply);
  // For every recipient that has no answer of its own.
  void refuse_rest(const PeerFault& fault);
  void end_session(const PeerFault& fault);
  void content_failed(const Error& error);
  Seconds timeout_of(SmtpStage stage) const;
  bool uses_chunking(const PreparedContent& prepared) const;

  Context context_;
  SmtpConnection& connection_;
  const std::vector<std::size_t> positions_;
  std::vector<bool> is_answered_;       // parallel to positions_
  std::vector<std::size_t> accepted_;   // indexes into positions_, in the order of RCPT
  std::vector<std::size_t> postponed_;  // indexes into positions_
  std::vector<Step> steps_;             // commands that were sent and not answered
  std::size_t replies_ = 0;
  std::size_t delivered_ = 0;
  bool mail_refused_ = false;
  bool has_354_ = false;
  bool chunk_was_sent_ = false;  // with the envelope
  bool has_ended_ = false;       // no more on this connection, or nothing more to say
  bool is_stale_ = false;
  mail::SiteVerdict site_ = mail::SiteVerdict::kGood;
};

}  // namespace postern::delivery
