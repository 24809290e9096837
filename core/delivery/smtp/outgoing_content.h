// OutgoingContent: the content of one attempt as one server can take it: which BODY it needs,
// whether it needs SMTPUTF8, and its seven-bit form where the server lacks 8BITMIME; and
// PieceReader, which reads content that is not in memory ahead of the network. On the attempt's
// loop; files are read on the blocking pool.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "core/delivery/smtp/peer_fault.h"
#include "core/delivery/smtp/smtp_client_options.h"
#include "core/net/blocking_pool.h"
#include "core/net/permit.h"
#include "core/smtp/client_commands.h"

namespace postern::delivery {

struct PreparedContent {
  mail::ContentPtr content;
  smtp::OutgoingMessage message;
  bool is_binary = false;  // to be sent octet for octet, by BDAT
};

class OutgoingContent {
 public:
  // `budget`: octets of all conversions that run.
  OutgoingContent(net::Loop& loop, net::BlockingPool& pool, net::Budget& budget,
                  const SmtpClientOptions& options, const mail::Attempt& attempt);

  // A fault is one of the message with this server: 5.3.4 too large, 5.6.7 SMTPUTF8, 5.6.3 no
  // conversion; 4.3.0 content can't be read now.
  net::Task<std::expected<PreparedContent, PeerFault>> prepare(const smtp::Capabilities& peer,
                                                               const PeerLabel& label);

 private:
  net::Task<Result<void>> examine();
  net::Task<std::expected<void, PeerFault>> convert(const PeerLabel& label);

  net::Loop& loop_;
  net::BlockingPool& pool_;
  net::Budget& budget_;
  const SmtpClientOptions& options_;
  const mail::Attempt& attempt_;
  net::Permit permit_;
  bool is_examined_ = false;
  bool is_8bit_ = false;  // for content in memory; else what the envelope says
  bool needs_smtputf8_ = false;
  mail::ContentPtr converted_;  // kept for the next server
};

class PieceReader {
 public:
  PieceReader(net::Loop& loop, net::BlockingPool& pool, mail::ContentPtr content,
              std::size_t piece_octets);

  // Starts to read the next piece, unless one is under way or the end is reached.
  void read_ahead();
  // The next piece; empty: the end.  Valid until the next call.  kIo, kCorrupt, kUnavailable.
  net::Task<Result<std::string_view>> next();
  bool is_last() const { return offset_ >= size_; }  // of what next() gave

 private:
  net::Loop& loop_;
  net::BlockingPool& pool_;
  mail::ContentPtr content_;
  const std::size_t piece_octets_;
  const std::uint64_t size_;
  std::uint64_t offset_ = 0;  // of the octets behind what next() gave
  std::string piece_;
  std::string spare_;  // the buffer that the read under way will fill
  std::optional<net::Completion<Result<std::string>>> reading_;
};

}  // namespace postern::delivery
