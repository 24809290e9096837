// Transaction: one mail transaction, from MAIL to the reply after the data.  All that a message
// leaves behind in a session is in here, so forgetting it is destroying this object.
// Owned by one session; for its loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/base/units.h"
#include "core/mail/envelope.h"
#include "core/server/mail_intake.h"
#include "core/server/mail_sink.h"
#include "core/smtp/data_reader.h"

namespace postern::server {

struct Transaction {
  mail::Envelope envelope;  // moved from once the message is being committed
  std::size_t committed_recipients = 0;
  // From the first recipient on; its id then names the transaction in the log.
  std::unique_ptr<IncomingMessage> message;
  std::string id_text;  // of message, or ""
  std::unique_ptr<MailIntake> intake;
  std::variant<std::monostate, smtp::DataReader, smtp::BdatReader> reader;
  std::uint64_t octets_read = 0;  // of data, as they came
  std::uint64_t chunks = 0;
  std::uint64_t chunk_size = 0;  // of the BDAT under way
  bool chunk_is_last = false;
  SteadyTime data_ended{};
};

}  // namespace postern::server
